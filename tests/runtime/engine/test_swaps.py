"""A running case goes on under another version: what is open keeps its id, its due time and what was said."""

from datetime import timedelta

import pytest

from app.runtime import engine
from tests.runtime.engine.bpmn import boundary, call, catch, end, gateway, process, service, start, sub, user
from tests.runtime.engine.play import NOON, Desk, again, begin, complete, define, tasks, token


def order(minutes: int = 30, *, mail: bool = False) -> bytes:
    """The payment wait; the new version changes the time and adds a task behind."""
    tail = "e > paid > mail > end" if mail else "e > paid > end"
    more = [user("mail")] if mail else []
    return process(
        start(), user("fill"), gateway("e", "eventBased"), catch("paid", message="paid", key="= no"),
        catch("late", duration=f"PT{minutes}M"), *more, end(), end("end2"),
        flows=f"start > fill > e; {tail}; e > late > end2",
    )  # fmt: skip


def test_an_open_timer_keeps_its_due_time_and_the_new_way_is_taken():
    case, desk = begin(define(order()), no="DD1")
    complete(case, "fill", desk, amount=5)
    before = case.waiting()
    case = again(case)
    case.swap(define(order(90, mail=True)))
    after = again(case).waiting()
    assert [(t.token, t.due_at) for t in after.timers] == [(before.timers[0].token, NOON + timedelta(minutes=30))]
    assert [(m.token, m.name, m.key) for m in after.messages] == [(before.messages[0].token, "paid", "DD1")]
    assert case.data == {"no": "DD1", "fill": {"amount": 5}}
    case.deliver(before.messages[0].token, "paid", {}, desk)
    assert tasks(case) == ["mail"]


def test_what_is_not_yet_reached_takes_the_new_time():
    case, desk = begin(define(order()), no="DD1")
    case.swap(define(order(90)))
    complete(case, "fill", desk)
    assert case.waiting().timers[0].due_at == NOON + timedelta(minutes=90)


def test_a_task_keeps_its_token_and_due_and_takes_the_new_form_and_role():
    old = process(start(), user("a", form="old", due="P1D"), end(), flows="start > a > end")
    new = process(
        start(), user("a", form="new", due="P9D"), user("b"), end(), flows="start > a > b > end", role="auditor"
    )
    case, desk = begin(define(old))
    was = case.waiting().tasks[0]
    case.swap(define(new))
    (task,) = case.waiting().tasks
    assert (task.token, task.due) == (was.token, was.due)
    assert (task.element.form, task.element.role) == ("new", "auditor")
    complete(case, "a", desk)
    assert tasks(case) == ["b"]


# fmt: off
def scoped(*more: str, flows: str = "", cancel: bool = True) -> bytes:
    return process(
        start(), user("a"), boundary("late", "a", duration="P1D", interrupting=cancel), *more, end(), end("end2"),
        flows=f"start > a > end; late > end2{flows}",
    )


def forked(*more: str, flows: str = "") -> bytes:
    return process(
        start(), gateway("f", "parallel"), user("a"), user("b"), *more, gateway("j", "parallel"), end(),
        flows=f"start > f; f > a > j; f > b > j; j > end{flows}",
    )


def nested(name: str = "s", inside: str = "a") -> bytes:
    return process(
        start(), sub(name, start("s1"), user(inside), end("e1"), flows=f"s1 > {inside} > e1"), end(),
        flows=f"start > {name} > end",
    )


def calling(called: str = "q") -> bytes:
    return process(start(), call("c", called), end(), flows="start > c > end")


def called(name: str = "q") -> bytes:
    return process(start("q1"), user("a"), end("q2"), id=name, flows="q1 > a > q2")


ONE = process(start(), user("a"), end(), flows="start > a > end")
OTHER = process(start(), user("z"), end(), flows="start > z > end")
ASK = process(start(), service("s", "ask"), end(), flows="start > s > end")
TELL = process(start(), service("s", "tell"), end(), flows="start > s > end")
TWO_EVENTS = order()
THREE_EVENTS = process(
    start(), user("fill"), gateway("e", "eventBased"), catch("paid", message="paid", key="= no"),
    catch("late", duration="PT30M"), catch("stop", message="stop"), end(), end("end2"),
    flows="start > fill > e; e > paid > end; e > late > end2; e > stop > end2",
)
# fmt: on


@pytest.mark.parametrize(
    ("old", "new", "element", "reason"),
    [
        ([ONE], [OTHER], "a", "没有这个图形"),
        ([ONE], [process(start(), service("a", "ask"), end(), flows="start > a > end")], "a", "种类"),
        ([ONE], [nested()], "a", "另一个流程"),
        ([ASK], [TELL], "s", "尚未答复"),
        ([scoped()], [ONE], "a", "边界事件"),
        ([ONE], [scoped()], "a", "边界事件"),
        ([scoped()], [scoped(boundary("stop", "a", message="stop"), flows="; stop > end2")], "a", "边界事件"),
        ([scoped()], [scoped(cancel=False)], "late", "中断"),
        ([TWO_EVENTS], [THREE_EVENTS], "e", "等待的事件"),
        ([nested()], [nested("t")], "s", "没有这个流程"),
        ([nested()], [nested("s", "b")], "a", "没有这个图形"),
        ([calling(), called()], [calling("r"), called("r")], "q", "没有这个流程"),
        ([ONE], [ONE.replace(b'id="p"', b'id="p2"')], "p", "没有这个流程"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused_with_the_shape(old, new, element, reason):
    case, desk = begin(define(*old), Desk(ask=engine.OUTSIDE), no="1")
    if "fill" in tasks(case):
        complete(case, "fill", desk)
    before = case.dump()
    with pytest.raises(engine.Refused, match=reason) as refused:
        case.swap(define(*new))
    assert element in [finding.element_id for finding in refused.value.findings]
    assert case.dump() == before


def test_a_join_that_one_branch_has_reached_must_keep_its_ways():
    case, desk = begin(define(forked()))
    complete(case, "a", desk)
    with pytest.raises(engine.Refused, match="来路") as refused:
        case.swap(define(forked(user("c"), flows="; f > c > j")))
    assert [finding.element_id for finding in refused.value.findings] == ["j"]
    case.swap(define(forked()))
    complete(case, "b", desk)
    assert case.ended


def test_everything_open_at_once_is_carried_over():
    drawing = process(
        start(), gateway("f", "parallel"),
        sub("s", start("s1"), user("a"), end("e1"), flows="s1 > a > e1"), boundary("late", "s", duration="P7D"),
        user("b"), boundary("remind", "b", interrupting=False, cycle="R3/PT1H"), service("ask", "ask"), call("c", "q"),
        gateway("j", "parallel"), end(), end("e2"), end("e3"),
        flows="start > f; f > s > j; f > b > j; f > ask > j; f > c > j; j > end; late > e2; remind > e3",
    )  # fmt: skip
    files = drawing, process(start("q1"), user("x"), end("q2"), id="q", flows="q1 > x > q2")
    case, desk = begin(define(*files), Desk(ask=engine.OUTSIDE))
    case.fire(token(case, "remind"), "remind", desk.later(hours=1))
    before = case.waiting()
    renamed = tuple(file.replace(b'name="a"', b'name="A"') for file in files)
    case.swap(define(*renamed))
    after = case.waiting()
    assert [t.token for t in after.tasks] == [t.token for t in before.tasks]
    assert [(t.token, t.due_at) for t in after.timers] == [(t.token, t.due_at) for t in before.timers]
    assert [(c.token, c.operation) for c in after.calls] == [(c.token, c.operation) for c in before.calls]
    for element in ("a", "b", "x"):
        complete(case, element, desk)
        case = again(case)
    case.settle(token(case, "ask"), {}, desk)
    assert case.ended


def test_a_draft_and_the_numbers_go_on():
    case, desk = begin(define(ONE), seen={"x": [1]})
    blob, first = case.dump(), token(case, "a")
    case.swap(define(process(start(), user("a"), user("b"), end(), flows="start > a > b > end")))
    assert case.dump() == blob
    complete(case, "a", desk)
    assert int(token(case, "b")) > int(first)
