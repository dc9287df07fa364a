"""等待支付: paid, not paid, abandoned, and what happens to the lot meanwhile."""

from datetime import timedelta

import pytest

from app import clock
from app.protocol.calls import A4, A5, A15
from tests.orders.scene import PREMIUM, YANCHI, Scene


@pytest.fixture
def no(scene: Scene) -> str:
    """An order that awaits its payment."""
    no = scene.apply()
    scene.passes(no)
    return no


@pytest.mark.both_databases
def test_thirty_minutes_without_a_payment_cancel_after_closing_and_asking(scene: Scene, no: str) -> None:
    scene.wait(minutes=29, seconds=50)
    assert scene.state(no) == "等待支付"
    scene.wait(seconds=10)
    assert scene.state(no) == "已取消"
    assert [call for call, _ in scene.counter.order(no).asked] == ["A2", "A5", "A4"]
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：未在规定时间内支付。"
    assert scene.audit(no)[-2:] == ["等待支付 → 取消中", "取消中 → 已取消"]
    assert scene.ledger(no) == {}
    assert scene.incidents(no) == []
    assert scene.quiet(no)
    assert scene.state(scene.apply()) == "核保中"


def test_an_order_that_awaits_payment_may_be_abandoned(scene: Scene, no: str) -> None:
    assert "是否放弃申请该保函" in scene.page(no, "/abandon")
    assert "取消成功" in scene.abandon(no).text
    assert scene.state(no) == "订单关闭"
    assert [body["reason"] for body in scene.asked(no, A5)] == ["ABANDON"]
    assert scene.told(no)[-1] == "订单关闭"
    assert not any("放弃" in text for text in scene.texts(no))
    assert scene.quiet(no)
    scene.wait(minutes=31)
    assert scene.state(no) == "订单关闭"


def test_a_paid_order_can_not_be_abandoned(scene: Scene, no: str) -> None:
    scene.paid(no)
    assert scene.client().post(f"/orders/{no}/abandon").status_code == 409
    assert scene.state(no) == "出函中"
    scene.issues(no)


def test_the_bid_deadline_cancels_before_the_thirty_minutes_are_over(scene: Scene) -> None:
    scene.wait(days=9, hours=23, minutes=45)
    no = scene.apply()
    scene.passes(no)
    scene.wait(minutes=15)
    assert scene.state(no) == "已取消"
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：投标截止前未支付。"
    assert scene.quiet(no)


def test_a_bid_deadline_that_was_moved_cancels_nothing(scene: Scene) -> None:
    scene.wait(days=9, hours=23, minutes=45)
    no = scene.apply()
    scene.lot(version=2)
    scene.passes(no)
    scene.wait(minutes=20)
    assert scene.state(no) == "等待支付"
    scene.paid(no)
    scene.issues(no)


@pytest.mark.both_databases
def test_a_bid_deadline_moved_into_the_past_cancels_at_once(scene: Scene, no: str) -> None:
    waiting = scene.apply(who=YANCHI)
    scene.lot(version=2, bid_deadline=clock.now().replace(microsecond=0) - timedelta(hours=1))
    scene.work()
    assert [scene.state(one) for one in (no, waiting)] == ["已取消", "已取消"]
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：投标截止前未支付。"
    assert scene.quiet(no)


@pytest.mark.parametrize("event", ["TERMINATED", "FAILED"])
def test_the_lots_end_cancels_what_is_not_paid(scene: Scene, no: str, event: str) -> None:
    scene.lot_event(event)
    assert scene.state(no) == "已取消"
    assert scene.texts(no)[-1] == f"您的保函订单{no}已取消，原因：招标项目已终止或流标。"
    assert scene.quiet(no)


@pytest.mark.parametrize("event", ["TERMINATED", "FAILED"])
def test_the_lots_end_repays_what_is_found_to_be_paid(scene: Scene, no: str, event: str) -> None:
    txn = scene.paid(no, tell=False)
    scene.lot_event(event)
    assert scene.state(no) == "退款中"
    assert [body["reason"] for body in scene.asked(no, A15)] == ["TERMINATED"]
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
    assert scene.texts(no)[-2:] == [
        f"您的保函订单{no}所付款项正在由机构退回，原因：招标项目已终止或流标。您可另选其他机构重新申请。",
        f"您的保函订单{no}所付款项已由机构退回原账户，请查收。",
    ]
    assert scene.quiet(no)


@pytest.mark.both_databases
def test_a_suspension_stops_the_payment_clock_until_the_lot_is_resumed(scene: Scene, no: str) -> None:
    scene.wait(minutes=20)
    scene.lot_event("SUSPENDED")
    assert scene.timers(no) == {"suspended_long": timedelta(days=90)}
    scene.wait(days=3)
    assert scene.state(no) == "等待支付"
    scene.lot_event("RESUMED")
    assert scene.timers(no) == {"payment_timeout": timedelta(minutes=30)}
    scene.wait(minutes=30)
    assert scene.state(no) == "已取消"


def test_a_payment_during_a_suspension_is_taken(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.wait(hours=1)
    scene.paid(no)
    assert scene.state(no) == "出函中"
    scene.issues(no)
    assert scene.state(no) == "成功出函"


def test_an_order_may_be_abandoned_during_a_suspension(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.abandon(no)
    assert scene.state(no) == "订单关闭"
    assert scene.quiet(no)


def test_a_lot_that_ends_during_its_suspension_cancels(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.wait(days=2)
    scene.lot_event("TERMINATED")
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "招标项目已终止或流标"


def test_a_suspension_of_ninety_days_cancels(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.wait(days=90)
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "标段暂停超过 90 天"


def test_a_lot_resumed_after_its_bid_deadline_cancels(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.wait(days=11)
    assert scene.state(no) == "等待支付"
    scene.lot_event("RESUMED")
    assert scene.state(no) == "已取消"
    assert scene.order(no).reason == "投标截止前未支付"


def test_a_lot_resumed_with_a_later_bid_deadline_goes_on(scene: Scene, no: str) -> None:
    scene.lot_event("SUSPENDED")
    scene.wait(days=9)
    scene.lot(version=2)
    scene.wait(days=4)
    scene.lot_event("RESUMED")
    assert scene.timers(no) == {"payment_timeout": timedelta(minutes=30)}
    scene.paid(no)
    scene.issues(no)
    assert scene.state(no) == "成功出函"


@pytest.mark.parametrize("amount", [PREMIUM - 100, PREMIUM + 100])
def test_a_wrong_amount_is_repaid_and_seen(scene: Scene, no: str, amount: int) -> None:
    txn = scene.paid(no, amount, issues="NONE")
    assert scene.state(no) == "退款中"
    assert scene.incidents(no) == ["支付金额与保费不一致，已转退款"]
    assert scene.ledger(no) == {"bidder": -amount, "repaying": amount}
    (asked,) = scene.asked(no, A15)
    assert (asked["pay_txn_no"], asked["amount"]) == (txn, amount)
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
    assert scene.quiet(no)


def test_a_payment_that_failed_is_no_payment(scene: Scene, no: str) -> None:
    from app import clock
    from app.protocol.calls import B2

    failed = {
        "pay_txn_no": "T0", "amount": PREMIUM, "channel": "企业网银", "paid_at": clock.now().replace(microsecond=0),
        "status": "FAILED",
    }  # fmt: skip
    scene.say(B2, no, failed)
    assert scene.state(no) == "等待支付"
    scene.wait(minutes=31)
    assert scene.state(no) == "已取消"
    assert scene.asked(no, A4)
    scene.wait(hours=1)
    assert scene.incidents(no) == []
    assert scene.quiet(no)
