"""取消中: close at the institution, then ask it; nothing is cancelled that may have been paid."""

import pytest

from app.protocol.calls import A2, A4, A5
from app.protocol.codes import Code, Refusal
from tests.orders.scene import PREMIUM, Scene


@pytest.fixture
def no(scene: Scene) -> str:
    no = scene.apply()
    scene.passes(no)
    return no


def silent(scene: Scene) -> None:
    scene.counter.manners |= {"A4": "down", "A5": "down"}


def answers(scene: Scene) -> None:
    scene.counter.manners.clear()


@pytest.mark.both_databases
def test_a_payment_whose_news_was_lost_is_found_before_cancelling(scene: Scene, no: str) -> None:
    scene.paid(no, tell=False)
    scene.wait(minutes=30)
    assert scene.state(no) == "出函中"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "held": PREMIUM}
    assert "已取消" not in "".join(scene.texts(no))
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


def test_a_payment_and_a_guarantee_whose_news_were_lost_are_found(scene: Scene, no: str) -> None:
    scene.paid(no, tell=False)
    scene.issues(no, tell=False)
    scene.wait(minutes=30)
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


def test_a_payment_told_while_closing_is_taken(scene: Scene, no: str) -> None:
    silent(scene)
    scene.wait(minutes=40)
    assert scene.state(no) == "取消中"
    scene.paid(no)
    assert scene.state(no) == "出函中"
    answers(scene)
    scene.issues(no)
    assert scene.state(no) == "成功出函"
    assert scene.quiet(no)


def test_an_institution_that_answers_late_is_asked_until_it_does(scene: Scene, no: str) -> None:
    silent(scene)
    scene.wait(minutes=40)
    assert scene.state(no) == "取消中"
    answers(scene)
    scene.wait(minutes=10)
    assert scene.state(no) == "已取消"
    assert scene.quiet(no)
    assert scene.incidents(no) == []


def test_an_answer_lost_on_the_way_is_asked_again_under_the_same_request(scene: Scene, no: str) -> None:
    scene.counter.manners["A5"] = "deaf"
    scene.wait(minutes=31)
    assert scene.state(no) == "取消中"
    assert len(scene.asked(no, A5)) >= 2
    answers(scene)
    scene.wait(minutes=5)
    assert scene.state(no) == "已取消"


def test_an_order_the_institution_does_not_know_is_cancelled(scene: Scene) -> None:
    scene.counter.manners["A2"] = "down"
    no = scene.apply()
    scene.lot_event("TERMINATED")
    assert scene.asked(no, A2) == scene.asked(no, A5) == []
    assert scene.state(no) == "已取消"


def test_an_order_that_is_neither_closed_nor_paid_is_not_cancelled(scene: Scene, no: str) -> None:
    """It could be paid a moment later: a person asks."""
    scene.counter.manners["A5"] = Refusal(Code.STATE_CONFLICT, "订单处理中，不能关闭")
    scene.wait(minutes=61)
    assert scene.state(no) == "取消中"
    assert scene.tasks(no) == ["核实支付状态"]
    answers(scene)
    scene.decide(no, outcome="again")
    assert scene.state(no) == "已取消"


@pytest.fixture
def asked_in_vain(scene: Scene, no: str) -> str:
    """Two hours without an answer: an operator is to find out."""
    silent(scene)
    scene.wait(minutes=30)
    scene.wait(hours=2)
    assert scene.state(no) == "取消中"
    assert scene.tasks(no) == ["核实支付状态"]
    answers(scene)
    return no


def test_an_operator_who_hears_that_nothing_was_paid_cancels(scene: Scene, asked_in_vain: str) -> None:
    scene.decide(asked_in_vain, outcome="unpaid")
    assert scene.state(asked_in_vain) == "已取消"
    assert scene.texts(asked_in_vain)[-1] == f"您的保函订单{asked_in_vain}已取消，原因：未在规定时间内支付。"
    assert "办理：核实支付状态" in scene.audit(asked_in_vain)
    assert scene.quiet(asked_in_vain)


def test_an_operator_has_the_institution_asked_again(scene: Scene, asked_in_vain: str) -> None:
    scene.paid(asked_in_vain, tell=False)
    scene.decide(asked_in_vain, outcome="again")
    assert scene.state(asked_in_vain) == "出函中"
    scene.issues(asked_in_vain)
    assert scene.state(asked_in_vain) == "成功出函"


def test_an_operator_who_hears_that_it_was_paid_waits_for_the_details(scene: Scene, asked_in_vain: str) -> None:
    scene.decide(asked_in_vain, outcome="paid")
    assert scene.state(asked_in_vain) == "取消中"
    scene.paid(asked_in_vain)
    assert scene.state(asked_in_vain) == "出函中"
    scene.issues(asked_in_vain)


def test_details_that_do_not_come_are_the_operators_again(scene: Scene, asked_in_vain: str) -> None:
    scene.decide(asked_in_vain, outcome="paid")
    scene.wait(minutes=30)
    assert scene.tasks(asked_in_vain) == ["核实支付状态"]
    scene.decide(asked_in_vain, outcome="unpaid")
    assert scene.state(asked_in_vain) == "已取消"


def test_a_payment_told_meanwhile_needs_no_operator_any_more(scene: Scene, asked_in_vain: str) -> None:
    scene.paid(asked_in_vain)
    assert scene.state(asked_in_vain) == "出函中"
    assert scene.tasks(asked_in_vain) == []
    scene.issues(asked_in_vain)
    assert scene.quiet(asked_in_vain)


def test_the_operators_task_wants_a_reason(scene: Scene, asked_in_vain: str) -> None:
    with pytest.raises(AssertionError, match="核实情况"):
        scene.decide(asked_in_vain, outcome="unpaid", note="")
    scene.decide(asked_in_vain, outcome="unpaid")


def test_the_incident_of_a_call_that_is_no_longer_needed_is_closed_with_it(scene: Scene, asked_in_vain: str) -> None:
    """The call gave up after its attempts; the order went on without it, so there is nothing left to retry."""
    assert scene.incidents(asked_in_vain) == []
    assert scene.asked(asked_in_vain, A4) == []
    scene.decide(asked_in_vain, outcome="again")
    assert scene.state(asked_in_vain) == "已取消"
