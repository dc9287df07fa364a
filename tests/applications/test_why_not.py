"""A closed action says which condition of the live table stands in the way, what it takes, and when it opens."""

import io
from collections.abc import Callable

from app.audit import SYSTEM
from app.db import transaction
from app.runtime import definitions
from tests.applications.desk import Desk, words
from tests.applications.test_claim import LUGU, Beneficiary
from tests.orders.scene import LOT, XIANGJIAN, YANCHI, Scene

Issued = Callable[..., str]


def redrawn(scene: Scene, policy: str, *changes: tuple[str, str]) -> None:
    """An operator's change of the policy's table of conditions goes live."""
    with scene.app.app_context():
        files = dict(definitions.live(policy).files)
        for old, new in changes:
            assert old in files["eligibility.dmn"], old
            files["eligibility.dmn"] = files["eligibility.dmn"].replace(old, new)
        with transaction():
            definitions.publish(policy, files, by=SYSTEM)


def test_before_opening_cancellation_says_what_it_waits_for_and_until_when(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    page = desk.page(f"/guarantees/{guarantee}")
    assert "项目尚未开标，开标后可以申请注销" in page
    assert "已收到开标通知 现在 否 须为 是" in page
    assert "起可以办理" in page
    assert "还剩 10 天" in page
    assert "data-deadline" in scene.client(XIANGJIAN).get(f"/guarantees/{guarantee}").text


def test_an_open_action_says_until_when_if_the_table_would_close_it(desk: Desk, issued: Issued) -> None:
    page = desk.page(f"/guarantees/{issued()}")
    refund = page[page.index("申请退保") :]
    assert "可办理至" in refund[:40]


def test_a_condition_that_will_not_change_is_told_as_such(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued(product="INS01-TB")
    page = desk.page(f"/guarantees/{guarantee}")
    assert "机构类型 现在 保险公司 须为 “保险公司”以外的值 不会再改变" in page
    assert "这些条件不会再满足，不能再办理" in page
    assert "起可以办理" not in page


def test_after_opening_a_refund_needs_the_lot_to_end(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    page = desk.page(f"/guarantees/{guarantee}")
    assert "项目已开标，不能退保" in page
    assert "标段终止或流标 现在 否 须为 是" in page
    assert "已开标或已到开标时间 现在" not in page


def test_everything_in_the_way_is_told_at_once(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    desk.applied(guarantee, "refund", reason_code="R01", note="不再参加投标")
    page = desk.page(f"/guarantees/{guarantee}/apply/cancellation")
    assert "保函生效中 现在 否 须为 是" in page
    assert "另有申请在办 现在 是 须为 否" in page
    assert "已收到开标通知 现在 否 须为 是" in page


def test_posted_anyway_the_answer_says_the_same(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    shown = desk.page(f"/guarantees/{guarantee}/apply/cancellation")
    proof = {"evidence": (io.BytesIO(scene.papers["BANK01:unsigned"]), "中标公示.pdf")}
    answer = desk.apply(guarantee, "cancellation", **proof)
    assert answer.status_code == 409
    said = "已收到开标通知 现在 否 须为 是"
    assert said in shown
    assert said in words(answer)


def test_another_table_has_other_words(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    redrawn(
        scene,
        "refund",
        ("项目已开标，不能退保", "本省自今日起暂停退保"),
        ("已开标或已到开标时间", "担保金额（元）"),
        ('typeRef="boolean"><text>lot.opening_passed', 'typeRef="number"><text>guarantee.amount'),
        ('r4_i4"><text>true', 'r4_i4"><text>&gt; 500000'),
    )
    page = desk.page(f"/guarantees/{guarantee}")
    assert "本省自今日起暂停退保" in page
    assert "担保金额（元） 现在 600,000 须为 不大于 500,000 或者 标段终止或流标 现在 否 须为 是" in page
    assert "本省自今日起暂停退保" in words(desk.apply(guarantee, "refund", reason_code="R01", note="不再参加投标"))


def test_a_time_in_the_table_tells_when_it_opens(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    redrawn(
        scene,
        "extension",
        ("出函后项目没有变更，无需延期", "投标截止后方可申请延期"),
        ("出函后项目有变更", "已过投标截止时间"),
        ("<text>lot.changed_after_issue", "<text>now() &gt; lot.bid_deadline"),
    )
    page = desk.page(f"/guarantees/{guarantee}")
    assert "已过投标截止时间 现在 否 须为 是" in page
    extension = page[page.index("申请延期") : page.index("申请退保")]
    assert "起可以办理" in extension
    assert "还剩" in extension


def test_a_table_that_cannot_tell_closes_the_action(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    redrawn(
        scene,
        "refund",
        ('hitPolicy="FIRST">\n      <input id="refund_e', 'hitPolicy="UNIQUE">\n      <input id="refund_e'),
    )
    scene.lot_event("TERMINATED", LOT)
    page = desk.page(f"/guarantees/{guarantee}")
    assert "办理条件暂时无法判断，请稍后再试" in page


def test_in_english_the_conditions_are_english(scene: Scene, desk: Desk, issued: Issued) -> None:
    page = desk.page(f"/guarantees/{issued()}?lang=en")
    assert "Bids have not been opened; discharge can be requested afterwards" in page
    assert "Opening reported now No must be Yes" in page


def test_a_tenderers_list_says_for_each_guarantee_whether_it_may_be_claimed_on(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    first, second = issued(), issued(who=YANCHI)
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    tenderer = Beneficiary(scene, "tenderer", LUGU)
    no = tenderer.claims(first)
    page = tenderer.page(f"/guarantees/lots/{LOT}")
    assert "申请理赔 保函不在生效中，不能理赔 为什么 保函生效中 现在 否 须为 是 另有申请在办 现在 是 须为 否" in page
    assert f'href="/guarantees/{second}/apply/claim"' in tenderer.client.get(f"/guarantees/lots/{LOT}").text
    desk.decide(no, result="REJECTED", reject_code="N02", reason="索赔材料不符合保函约定")
