"""核保中: the institution passes, refuses, asks another premium, is silent; the bidder and the lot have their say."""

from datetime import timedelta

import pytest

from app.protocol.calls import A2, A4, A5
from app.protocol.codes import Code, Refusal
from tests.orders.counter import DOWN
from tests.orders.scene import PREMIUM, XIANGJIAN, Scene


@pytest.mark.both_databases
def test_a_refusal_ends_the_order_with_its_reason_and_another_institution_may_be_tried(scene: Scene) -> None:
    no = scene.apply()
    scene.rejects(no)
    assert scene.state(no) == "核保不通过"
    assert (scene.order(no).reason_code, scene.order(no).reason) == ("U03", "担保金额超出可用授信额度")
    assert scene.texts(no) == [
        f"您的保函订单{no}核保不通过，原因：担保金额超出可用授信额度。您可另选其他机构重新申请。"
    ]
    assert "另选机构重新申请" in scene.page(no)
    assert scene.quiet(no)
    assert scene.ledger(no) == {}
    assert scene.state(scene.apply(product="INS01-TB")) == "核保中"


def test_an_order_the_institution_does_not_take_is_refused_with_its_reason(scene: Scene) -> None:
    scene.counter.manners["A2"] = Refusal(Code.INSTITUTION_UNAVAILABLE, "该产品额度已用完")
    no = scene.apply()
    assert scene.state(no) == "核保不通过"
    assert (scene.order(no).reason_code, scene.order(no).reason) == ("3010", "该产品额度已用完")
    assert scene.quiet(no)


@pytest.mark.parametrize(("product", "hours"), [("BANK01-TB", 24), ("INS01-TB", 4), ("GUA01-TB", 8)])
def test_silence_past_the_tables_deadline_is_a_refusal(scene: Scene, product: str, hours: int) -> None:
    no = scene.apply(product=product)
    scene.wait(hours=hours, minutes=-1)
    assert scene.state(no) == "核保中"
    scene.wait(minutes=1)
    assert scene.state(no) == "核保不通过"
    assert scene.order(no).reason == "机构未在时限内答复，请另选其他机构"
    assert scene.texts(no) == [f"您的保函订单{no}核保不通过，原因：机构未在时限内答复。您可另选其他机构重新申请。"]
    assert [body["reason"] for body in scene.asked(no, A5)] == ["ABANDON"]
    assert scene.quiet(no)


def test_a_verdict_after_the_deadline_changes_nothing(scene: Scene) -> None:
    no = scene.apply(product="INS01-TB")
    scene.wait(hours=4)
    scene.passes(no)
    assert scene.state(no) == "核保不通过"
    scene.wait(hours=2)
    assert scene.quiet(no)
    assert scene.incidents(no) == []


def test_an_order_reaches_an_institution_that_was_down_when_it_was_placed(scene: Scene) -> None:
    scene.counter.manners["A2"] = "down"
    no = scene.apply()
    scene.wait(seconds=30)
    assert scene.asked(no, A2) == []
    del scene.counter.manners["A2"]
    scene.wait(minutes=2)
    assert len(scene.asked(no, A2)) == 1
    scene.passes(no)
    assert scene.state(no) == "等待支付"


def test_an_institution_that_is_down_for_good_is_an_incident_and_then_silence(scene: Scene) -> None:
    scene.counter.manners["A2"] = "down"
    no = scene.apply()
    scene.wait(hours=2)
    assert len(scene.incidents(no)) == 1
    assert scene.state(no) == "核保中"
    scene.wait(hours=22)
    assert scene.state(no) == "核保不通过"
    scene.wait(hours=6)
    assert scene.quiet(no)


def test_another_premium_needs_the_bidders_yes(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no, PREMIUM + 20_000)
    assert scene.state(no) == "核保中"
    assert scene.tasks(no) == ["确认新的保费"]
    assert scene.texts(no) == [
        f"您的保函订单{no}，机构核定的保费为2000.00元，与申请时不同。请登录保函接收系统确认或放弃申请。"
    ]
    page = scene.page(no, f"/tasks/{scene.task(no).id}")
    assert "¥1,800.00" in page
    assert "¥2,000.00" in page
    assert "提交成功" in scene.consent(no, "yes").text
    assert scene.state(no) == "等待支付"
    assert scene.premium(no) == PREMIUM + 20_000
    scene.paid(no)
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -200_000, "earned": 200_000}
    assert "确认新的保费" in scene.audit(no)


def test_a_no_to_another_premium_closes_the_order(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no, PREMIUM + 20_000)
    assert scene.consent(no, "").status_code == 422
    scene.consent(no, "no")
    assert scene.state(no) == "订单关闭"
    assert scene.premium(no) == PREMIUM
    assert [body["reason"] for body in scene.asked(no, A5)] == ["ABANDON"]
    assert scene.quiet(no)


def test_a_day_without_an_answer_to_another_premium_cancels(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no, PREMIUM + 20_000)
    scene.wait(hours=24)
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "未在规定时间内确认新的保费"
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：未在规定时间内确认新的保费。"
    assert scene.quiet(no)


def test_an_answer_to_another_premium_is_given_once(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no, PREMIUM + 20_000)
    task = scene.task(no).id
    scene.consent(no, "yes")
    answer = scene.client().post(f"/orders/{no}/tasks/{task}", data={"agree": "no"})
    assert answer.status_code == 409
    assert scene.state(no) == "等待支付"


@pytest.mark.parametrize("asked_premium", [None, PREMIUM + 20_000])
@pytest.mark.both_databases
def test_an_order_may_be_abandoned_while_it_is_underwritten(scene: Scene, asked_premium: int | None) -> None:
    no = scene.apply()
    if asked_premium:
        scene.passes(no, asked_premium)
    assert "是否放弃申请该保函" in scene.page(no, "/abandon")
    assert "取消成功" in scene.abandon(no).text
    assert scene.state(no) == "订单关闭"
    assert scene.told(no)[-1] == "订单关闭"
    assert [body["reason"] for body in scene.asked(no, A5)] == ["ABANDON"]
    assert scene.tasks(no) == []
    assert scene.quiet(no)
    assert scene.client().post(f"/orders/{no}/abandon").status_code == 409
    scene.passes(no)
    assert scene.state(no) == "订单关闭"


@pytest.mark.parametrize("event", ["TERMINATED", "FAILED"])
@pytest.mark.parametrize("asked_premium", [None, PREMIUM + 20_000])
def test_the_lots_end_cancels_an_order_that_is_underwritten(
    scene: Scene, event: str, asked_premium: int | None
) -> None:
    no = scene.apply()
    if asked_premium:
        scene.passes(no, asked_premium)
    scene.lot_event(event)
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "招标项目已终止或流标"
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：招标项目已终止或流标。"
    assert (len(scene.asked(no, A5)), len(scene.asked(no, A4))) == (1, 1)
    assert scene.quiet(no)


@pytest.mark.parametrize("asked_premium", [None, PREMIUM + 20_000])
def test_the_bid_deadline_cancels_an_order_that_is_underwritten(scene: Scene, asked_premium: int | None) -> None:
    scene.wait(days=9, hours=20)
    no = scene.apply()
    if asked_premium:
        scene.passes(no, asked_premium)
    scene.wait(hours=4)
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "投标截止前未支付"
    assert scene.quiet(no)


@pytest.mark.parametrize("hours", [0, 3])
def test_a_lot_suspended_during_underwriting_stops_the_payment_clock_however_long_ago(scene: Scene, hours: int) -> None:
    no = scene.apply()
    scene.lot_event("SUSPENDED")
    scene.wait(hours=hours)
    scene.passes(no)
    assert scene.state(no) == "等待支付"
    assert "payment_timeout" not in scene.timers(no)
    scene.wait(hours=2)
    scene.lot_event("RESUMED")
    assert scene.timers(no)["payment_timeout"] == timedelta(minutes=30)
    scene.paid(no)
    scene.issues(no)
    assert scene.state(no) == "成功出函"


def test_a_lot_suspended_and_resumed_during_underwriting_leaves_no_trace(scene: Scene) -> None:
    no = scene.apply()
    scene.lot_event("SUSPENDED")
    scene.lot_event("RESUMED")
    scene.passes(no)
    assert scene.timers(no)["payment_timeout"] == timedelta(minutes=30)
    scene.wait(minutes=30)
    assert scene.state(no) == "已取消"


def test_the_trading_platform_is_asked_whether_the_bidder_may_bid(scene: Scene) -> None:
    scene.counter.barred[XIANGJIAN["uscc"]] = "该投标人处于限制投标期"
    no = scene.apply()
    assert scene.state(no) == "核保不通过"
    assert "交易平台告知：该投标人处于限制投标期" in scene.page(no)
    assert scene.counter.order(no).bodies(A2) == [], "the institution hears nothing of it"
    scene.counter.barred.clear()
    assert scene.state(scene.apply()) == "核保中"


def test_a_trading_platform_that_does_not_answer_keeps_nobody_from_applying(scene: Scene) -> None:
    scene.counter.manners["C5"] = DOWN
    no = scene.apply()
    assert (scene.state(no), scene.counter.order(no).bodies(A2)) == ("核保中", [])
    scene.wait(minutes=3)
    assert len(scene.counter.order(no).bodies(A2)) == 1
    scene.passes(no)
    assert scene.state(no) == "等待支付"


def test_a_lot_the_trading_platform_does_not_know_keeps_nobody_either(scene: Scene) -> None:
    scene.counter.manners["C5"] = Refusal(Code.UNKNOWN)
    assert len(scene.counter.order(scene.apply()).bodies(A2)) == 1


def test_one_may_give_up_while_the_trading_platform_is_silent(scene: Scene) -> None:
    scene.counter.manners["C5"] = DOWN
    no = scene.apply()
    scene.abandon(no)
    assert scene.state(no) == "订单关闭"
