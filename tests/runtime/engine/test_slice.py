"""The first walk through: every kind of wait, once, with a rest in the store between steps."""

from datetime import timedelta

import pytest

from app.runtime import engine
from tests.runtime.engine.bpmn import boundary, catch, end, gateway, process, service, start, user
from tests.runtime.engine.play import NOON, Desk, again, begin, complete, define, tasks, token

ORDER = process(
    start(), service("open", "orders/open", result="opened", amount="=amount"), gateway("large", default="large-pay"),
    user("review", due="P3D", result="decision"), gateway("pay", "eventBased"), catch("paid", message="payment"),
    catch("late", duration="PT30M"), service("ask", "orders/ask", result="answer"), end(), end("expired"),
    flows="start > open > large; large > review [opened.amount > 80]; large > pay; review > pay;"
    "pay > paid > ask > end; pay > late > expired",
)  # fmt: skip


def desk() -> Desk:
    return Desk(orders__open=lambda amount: {"amount": amount}, orders__ask=engine.OUTSIDE)


def test_a_large_order_is_reviewed_paid_and_answered():
    case, host = begin(define(ORDER), desk(), amount=100)
    assert tasks(case) == ["review"]
    assert case.waiting().tasks[0].due == NOON + timedelta(days=3)
    case = again(case)
    complete(case, "review", host, ok=True)
    case = again(case)
    waiting = case.waiting()
    assert [(t.timer_id, t.due_at) for t in waiting.timers] == [("late", NOON + timedelta(minutes=30))]
    assert [(m.name, m.token) for m in waiting.messages] == [("payment", waiting.timers[0].token)]
    case.deliver(waiting.messages[0].token, "payment", {"no": "T1"}, host)
    case = again(case)
    assert [(c.operation, c.params) for c in case.waiting().calls] == [("orders/ask", {})]
    case.settle(token(case, "ask"), {"yes": 1}, host)
    assert case.ended
    assert again(case).data == {
        "amount": 100,
        "opened": {"amount": 100},
        "decision": {"ok": True},
        "payment": {"no": "T1"},
        "answer": {"yes": 1},
    }
    assert host.path() == [
        "start-open", "open-large", "large-review", "review-pay", "pay-paid", "paid-ask", "ask-end",
    ]  # fmt: skip


def test_a_small_order_expires_unpaid_when_its_timer_is_fired():
    case, host = begin(define(ORDER), desk(), amount=1)
    case = again(case)
    case.fire(token(case, "late"), "late", host.later(minutes=30))
    assert case.ended
    assert host.path()[-1] == "late-expired"


def test_a_boundary_timer_takes_the_task_away():
    drawing = process(
        start(), user("work"), boundary("overdue", "work", duration="P1D"), user("chase"), end(), end("end2"),
        flows="start > work > end; overdue > chase > end2",
    )  # fmt: skip
    case, host = begin(define(drawing))
    case = again(case)
    first = token(case, "work")
    case.fire(token(case, "overdue"), "overdue", host)
    assert tasks(case) == ["chase"]
    with pytest.raises(engine.NotWaiting):
        again(case).complete(first, {}, host)
