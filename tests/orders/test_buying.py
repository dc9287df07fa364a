"""From 提交保函申请 to 成功出函, as the bidder sees it."""

import pytest

from app.protocol.calls import A2, A3
from tests.orders.scene import LOT, PREMIUM, XIANGJIAN, YANCHI, Scene

both = pytest.mark.both_databases


@both
def test_a_bidder_buys_a_guarantee(scene: Scene) -> None:
    no = scene.apply()
    assert scene.state(no) == "核保中"
    (told,) = scene.asked(no, A2)
    assert (told["mode"], told["guarantee_amount"], told["premium"]) == ("SEALED", 60_000_000, PREMIUM)
    assert told["expires_at"] - scene.order(no).created_at <= scene.timers(no)["underwriting_timeout"]
    scene.passes(no)
    assert scene.state(no) == "等待支付"
    assert scene.pay(no).location == f"{scene.counter.url}/pay/{no}"
    (link,) = scene.asked(no, A3)
    assert 29 * 60 < (link["expires_at"] - scene.order(no).state_since).total_seconds() <= 30 * 60
    scene.paid(no)
    assert scene.state(no) == "出函中"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "held": PREMIUM}
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.told(no) == ["核保通过，等待支付", "支付成功，出函中", "成功出函"]
    assert scene.texts(no) == [
        f"您的保函订单{no}已核保通过，请尽快登录保函接收系统完成支付，逾期将自动取消订单。",
        f"您的保函订单{no}已成功出函，请登录保函接收系统查看和下载电子保函。",
    ]
    assert {text["phone"] for text in scene.counter.texts} == {XIANGJIAN["handler"]["phone"]}
    assert scene.audit(no) == [
        "提交保函申请", "核保中 → 等待支付", "收到支付结果", "等待支付 → 出函中", "出函中 → 成功出函",
    ]  # fmt: skip
    assert scene.incidents(no) == []
    assert scene.quiet(no)


def test_the_order_page_says_where_it_stands_and_what_to_do(scene: Scene) -> None:
    no = scene.apply()
    assert "机构正在核保" in scene.page(no)
    scene.passes(no)
    page = scene.page(no)
    assert "获取支付" in page
    assert "放弃申请" in page
    scene.paid(no)
    page = scene.page(no)
    assert "机构正在出函" in page
    assert "放弃申请" not in page
    scene.issues(no)
    page = scene.page(no)
    assert "成功出函" in page
    assert f"/guarantees/of/{no}" in page


def test_back_from_the_payment_page_the_result_is_being_confirmed_until_the_institution_says(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.pay(no)
    (link,) = scene.asked(no, A3)
    back = link["return_url"].partition(scene.app.config["PUBLIC_URL"])[2]
    assert "支付结果确认中" in scene.client().get(back, follow_redirects=True).text
    scene.paid(no)
    assert "支付结果确认中" not in scene.client().get(back, follow_redirects=True).text
    scene.issues(no)


def test_the_payment_link_is_the_same_for_a_second_click(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    assert scene.pay(no).location == scene.pay(no).location
    scene.lot_event("SUSPENDED")
    assert scene.pay(no).location == scene.pay(no).location
    assert len(scene.asked(no, A3)) == 4
    scene.lot_event("RESUMED")


def test_a_payment_link_that_can_not_be_had_is_said_so(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.counter.manners["A3"] = "down"
    answer = scene.client().get(f"/orders/{no}/pay", follow_redirects=True)
    assert "暂时无法获取支付链接" in answer.text
    scene.paid(no)
    assert scene.pay(no).status_code == 409
    scene.issues(no)


def test_two_bidders_buy_for_the_same_lot_and_know_nothing_of_each_other(scene: Scene) -> None:
    one, other = scene.apply(), scene.apply(who=YANCHI)
    for no in (one, other):
        scene.passes(no)
    assert scene.client(YANCHI).get(f"/orders/{one}").status_code == 404
    assert one not in scene.client(YANCHI).get("/orders/").text
    refs = {scene.asked(no, A2)[0]["lot_ref"] for no in (one, other)}
    assert len(refs) == 2
    assert LOT not in "".join(refs)
    for no in (one, other):
        scene.paid(no)
        scene.issues(no, guarantee_no=f"BH-{no}")
    assert [scene.state(no) for no in (one, other)] == ["成功出函"] * 2
