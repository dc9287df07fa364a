"""延期记录, 退保记录, 注销记录, 理赔记录: what each tells, and what stands there while there is nothing."""

from collections.abc import Callable

from tests.applications.desk import Desk, words
from tests.applications.test_claim import LUGU, Beneficiary, paid
from tests.orders.scene import Scene

Issued = Callable[..., str]


def test_refunds_tell_their_reason_and_why_they_were_refused(desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", reason_code="R01", note="不再参加本项目投标")
    page = desk.page("/applications/?kind=refund")
    assert f"申请编号 保函编号 退保原因 退保说明 提交时间 办结时间 状态 {no} {guarantee}" in page
    assert "不再参加本项目投标" in page
    assert "– 退保中" in page
    desk.decide(no, result="REJECTED", reject_code="N01", reason="不符合合同约定的退保条件")
    assert "退保失败 不符合合同约定的退保条件" in desk.page("/applications/?kind=refund")
    assert "退保失败" not in desk.page("/applications/?kind=extension")
    assert "申请编号 保函编号 申请类型" in desk.page("/applications/")


def test_a_bidder_has_no_claims_and_a_tenderer_nothing_else(scene: Scene, desk: Desk) -> None:
    bidder = desk.page("/applications/")
    assert "延期记录 退保记录 注销记录" in bidder
    assert "理赔记录" not in bidder
    assert "在“我的保函”中选择一份保函，可以申请延期、退保或注销。" in bidder
    tenderer = words(Beneficiary(scene, "tenderer", LUGU).client.get("/applications/?kind=claim"))
    assert "退保记录" not in tenderer
    assert "在“我的保函”中选择已开标标段的一份保函，可以申请理赔。" in tenderer


def test_claims_tell_what_was_claimed_and_what_was_approved(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee, tenderer = issued(), Beneficiary(scene, "tenderer", LUGU)
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    no = tenderer.claims(guarantee)
    assert "¥600,000.00 中标人无正当理由不与招标人订立合同 –" in tenderer.page("/applications/?kind=claim")
    desk.decide(no, result="APPROVED", approved_amount="500000.00")
    page = tenderer.page("/applications/?kind=claim")
    assert "申请编号 保函编号 索赔金额（元） 索赔原因 赔付金额 提交时间 办结时间 状态" in page
    assert "¥500,000.00" in page
    assert "待赔付" in page
    paid(scene, desk, no)
    assert "已赔付" in tenderer.page("/applications/?kind=claim")
