"""Money after the end: it is matched to its order and reinstates it or is repaid; second money is always repaid."""

import pytest

from app.protocol.calls import A4, A15
from tests.orders.scene import PREMIUM, Scene


@pytest.fixture
def no(scene: Scene) -> str:
    """An order cancelled because it was not paid."""
    no = scene.apply()
    scene.passes(no)
    scene.wait(minutes=30)
    assert scene.state(no) == "已取消"
    return no


@pytest.mark.both_databases
def test_late_money_reinstates_the_order_if_the_institution_agrees(scene: Scene, no: str) -> None:
    scene.paid(no, issues="PENDING")
    assert scene.state(no) == "出函中"
    assert scene.texts(no)[-1] == f"您的保函订单{no}在取消后收到了款项，机构同意继续出函，订单已恢复。"
    assert "已取消 → 出函中" in scene.audit(no)
    assert "您在该标段已有一笔有效的保函订单" in scene.applied().text
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.incidents(no) == []
    assert scene.quiet(no)


@pytest.mark.both_databases
def test_late_money_is_repaid_if_the_institution_does_not_agree(scene: Scene, no: str) -> None:
    txn = scene.paid(no, issues="NONE")
    assert scene.state(no) == "退款中"
    (asked,) = scene.asked(no, A15)
    assert (asked["pay_txn_no"], asked["amount"], asked["reason"]) == (txn, PREMIUM, "LATE")
    assert scene.texts(no)[-1].endswith("原因：订单结束后才收到款项。您可另选其他机构重新申请。")
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
    assert scene.payments(no)[0].repaid_txn_no == f"R-{txn}"
    assert scene.texts(no)[-1] == f"您的保函订单{no}所付款项已由机构退回原账户，请查收。"
    assert scene.quiet(no)


def test_money_after_the_bid_deadline_is_repaid_without_asking(scene: Scene, no: str) -> None:
    scene.wait(days=10)
    asked = len(scene.asked(no, A4))
    txn = scene.paid(no, issues="PENDING")
    assert scene.state(no) == "退款中"
    assert len(scene.asked(no, A4)) == asked
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    assert scene.quiet(no)


def test_money_for_a_lot_that_has_ended_is_repaid(scene: Scene, no: str) -> None:
    scene.lot_event("FAILED")
    txn = scene.paid(no, issues="PENDING")
    assert scene.state(no) == "退款中"
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"


def test_an_institution_that_does_not_answer_within_the_hour_repays(scene: Scene, no: str) -> None:
    scene.counter.manners["A4"] = "down"
    txn = scene.paid(no, issues="PENDING")
    assert scene.state(no) == "已取消"
    scene.wait(hours=1)
    assert scene.state(no) == "退款中"
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"


def test_late_money_of_a_wrong_amount_is_repaid(scene: Scene, no: str) -> None:
    txn = scene.paid(no, PREMIUM - 1, issues="NONE")
    assert scene.state(no) == "退款中"
    scene.repays(no, txn)
    assert scene.ledger(no) == {}


def test_late_money_does_not_bring_back_an_order_the_bidder_has_replaced(scene: Scene, no: str) -> None:
    other = scene.apply(product="INS01-TB")
    txn = scene.paid(no, issues="PENDING")
    assert scene.state(no) == "退款中"
    assert scene.state(other) == "核保中"
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    scene.rejects(other)


@pytest.mark.parametrize("end", ["abandon", "reject", "silent"])
def test_money_for_an_order_that_ended_otherwise_is_late_money_too(scene: Scene, end: str) -> None:
    no = scene.apply()
    if end == "abandon":
        scene.passes(no)
        scene.abandon(no)
    elif end == "reject":
        scene.rejects(no)
    else:
        scene.wait(hours=24)
        scene.passes(no, tell=False)
    scene.paid(no, issues="PENDING")
    assert scene.state(no) == "出函中"
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


def test_an_order_abandoned_a_moment_after_it_was_paid_is_found_and_goes_on(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no, tell=False)
    scene.abandon(no)
    assert scene.state(no) == "出函中"
    scene.issues(no)
    assert scene.state(no) == "成功出函"


@pytest.mark.both_databases
def test_second_money_is_repaid_while_the_guarantee_is_awaited_and_does_not_hold_it_up(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    second = scene.paid(no)
    assert scene.state(no) == "出函中"
    (asked,) = scene.asked(no, A15)
    assert (asked["pay_txn_no"], asked["reason"]) == (second, "DUPLICATE")
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM, "held": PREMIUM, "repaying": PREMIUM}
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM, "earned": PREMIUM, "repaying": PREMIUM}
    scene.repays(no, second)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.texts(no)[-1] == f"您的保函订单{no}收到了多付的款项，机构已退回原账户，请查收。"
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


def test_second_money_that_came_together_with_the_first_is_repaid(scene: Scene) -> None:
    no = scene.apply()
    scene.paid(no)
    second = scene.paid(no)
    assert scene.state(no) == "核保中"
    scene.passes(no)
    assert scene.state(no) == "出函中"
    assert [body["pay_txn_no"] for body in scene.asked(no, A15)] == [second]
    scene.repays(no, second)
    scene.issues(no)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}


def test_second_money_after_the_guarantee_is_repaid(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    second, third = scene.paid(no), scene.paid(no)
    scene.repays(no, second)
    scene.repays(no, third)
    assert [(body["pay_txn_no"], body["reason"]) for body in scene.asked(no, A15)] == [
        (second, "DUPLICATE"), (third, "DUPLICATE"),
    ]  # fmt: skip
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.quiet(no)


def test_an_order_is_looked_after_until_all_its_money_has_a_place(scene: Scene) -> None:
    """The thirty days after issuance were over, and with them whoever could have booked the repayment."""
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    scene.wait(days=10)
    second = scene.paid(no)
    scene.wait(days=25)
    assert "处理未退款项" in scene.tasks(no)
    scene.repays(no, second)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.tasks(no) == []


def test_second_money_while_the_first_is_repaid_is_repaid_too(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    first = scene.paid(no)
    scene.refuses_issue(no)
    assert scene.state(no) == "退款中"
    second = scene.paid(no)
    scene.repays(no, second)
    assert scene.state(no) == "退款中"
    scene.repays(no, first)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
    assert scene.quiet(no)


def test_money_after_everything_was_repaid_is_repaid(scene: Scene, no: str) -> None:
    txn = scene.paid(no, issues="NONE")
    scene.repays(no, txn)
    again = scene.paid(no)
    assert scene.state(no) == "已退款"
    scene.repays(no, again)
    assert scene.ledger(no) == {}
    assert scene.quiet(no)


def test_a_repayment_that_is_not_told_is_found_by_asking(scene: Scene, no: str) -> None:
    txn = scene.paid(no, issues="NONE")
    scene.repays(no, txn, tell=False)
    scene.wait(hours=1)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}


@pytest.fixture
def unrepaid(scene: Scene, no: str) -> tuple[str, str]:
    """Late money the institution has not given back for a day."""
    txn = scene.paid(no, issues="NONE")
    scene.wait(hours=24)
    assert scene.tasks(no) == ["处理未退款项"]
    return no, txn


def test_an_operator_has_the_repayment_asked_for_again(scene: Scene, unrepaid: tuple[str, str]) -> None:
    no, txn = unrepaid
    scene.decide(no, outcome="again")
    assert len(scene.asked(no, A15)) == 2
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"


def test_an_operator_enters_a_repayment_made_by_hand(scene: Scene, unrepaid: tuple[str, str]) -> None:
    no, _txn = unrepaid
    scene.decide(no, outcome="offline", repay_txn_no="HAND-1")
    assert scene.state(no) == "已退款"
    assert scene.payments(no)[0].repaid_txn_no == "HAND-1"
    assert scene.ledger(no) == {}


def test_a_repayment_told_meanwhile_needs_no_operator_any_more(scene: Scene, unrepaid: tuple[str, str]) -> None:
    no, txn = unrepaid
    scene.repays(no, txn)
    assert scene.state(no) == "已退款"
    assert scene.tasks(no) == []


def test_a_repayment_that_failed_is_an_operators_task(scene: Scene, no: str) -> None:
    txn = scene.paid(no, issues="NONE")
    scene.repays(no, txn, result="FAILED")
    assert scene.state(no) == "退款中"
    assert scene.tasks(no) == ["处理未退款项"]
    scene.decide(no, outcome="offline", repay_txn_no="HAND-1")
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
