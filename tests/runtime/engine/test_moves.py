"""An operator takes tokens up and sets one down elsewhere: through branches, sub-processes and calls."""

from dataclasses import astuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.runtime import engine
from tests.runtime.engine.bpmn import boundary, call, catch, end, gateway, process, service, start, sub, user
from tests.runtime.engine.drawings import DRAWINGS
from tests.runtime.engine.lockstep import Outside, act, opened
from tests.runtime.engine.play import Desk, again, begin, complete, define, tasks, token
from tests.runtime.engine.sketches import sketches

steps = st.lists(st.tuples(st.booleans(), st.integers(0, 999)), max_size=12)  # move or act, and which
# fmt: off
LINE = process(start(), user("a"), user("b"), user("c"), end(), flows="start > a > b > c > end")
FORK = process(
    start(), user("before"), gateway("f", "parallel"), user("a"), user("a2"), user("b"), gateway("j", "parallel"),
    user("after"), end(), flows="start > before > f; f > a > a2 > j; f > b > j; j > after > end",
)
NEST = process(
    start(), user("before"),
    sub("s", start("s1"), gateway("f", "parallel"), user("a"), user("b"), gateway("j", "parallel"), user("c"),
        end("e1"), flows="s1 > f; f > a > j; f > b > j; j > c > e1"),
    boundary("late", "s", duration="P7D"), user("after"), end(), end("end2"),
    flows="start > before > s > after > end; late > end2",
)
DEEP = [
    process(
        start(), user("before"),
        sub("s", start("s1"), call("c", "q"), user("x"), end("e1"), flows="s1 > c > x > e1"),
        boundary("stop", "s", message="stop"), user("after"), end(), end("end2"),
        flows="start > before > s > after > end; stop > end2",
    ),
    process(start("q1"), user("a"), user("b"), end("q2"), id="q", flows="q1 > a > b > q2"),
]
# fmt: on


def move(case: engine.Case, desk: Desk, to: str, *elements: str) -> engine.Case:
    case = again(case)
    case.move([token(case, element) for element in elements], to, desk)
    return again(case)


def finish(case: engine.Case, desk: Desk) -> list[str]:
    """Complete whatever is open until the case ends; the elements in order."""
    done = []
    while not case.ended:
        done.append(tasks(case)[0])
        complete(case, done[-1], desk)
        case = again(case)
        assert len(done) < 20
    return done


def test_back_and_forth_on_a_line():
    case, desk = begin(define(LINE))
    complete(case, "a", desk)
    first = token(case, "b")
    case = move(case, desk, "a", "b")
    assert tasks(case) == ["a"]
    with pytest.raises(engine.NotWaiting):
        again(case).complete(first, {}, desk)
    assert case.data == {"a": {}}  # what was said stays known
    case = move(case, desk, "c", "a")
    assert finish(case, desk) == ["c"]


@pytest.mark.parametrize(
    ("done", "taken", "to", "then"),
    [
        ("", ["a", "b"], "before", ["before", "a", "a2", "b", "after"]),
        ("", ["a"], "a2", ["a2", "b", "after"]),
        ("b", ["a"], "before", ["before", "a", "a2", "b", "after"]),  # b's token at the join is from the old round
        ("b", ["a"], "a2", ["a2", "after"]),  # b is done and stays done
        ("b", ["a"], "after", ["after"]),  # nothing can complete the join any more
        ("b", ["a", "j"], "after", ["after"]),
        ("", ["a", "b"], "after", ["after"]),
        ("", ["a", "b"], "end", []),
        ("b", ["a"], "end", []),
    ],
)
def test_through_parallel_branches_no_token_is_lost_or_left_behind(done, taken, to, then):
    case, desk = begin(define(FORK))
    complete(case, "before", desk)
    for element in done:
        complete(case, element, desk)
    case = move(case, desk, to, *taken)
    assert finish(case, desk) == then


@pytest.mark.parametrize(
    ("done", "taken", "to", "then"),
    [
        (["before"], ["a", "b"], "after", ["after"]),
        (["before"], ["a", "b"], "before", ["before", "a", "b", "c", "after"]),
        (["before", "a"], ["b"], "c", ["c", "after"]),
        (["before", "a"], ["b"], "after", ["after"]),
        ([], ["before"], "c", ["c", "after"]),
        ([], ["before"], "s", ["a", "b", "c", "after"]),
        (["before", "a", "b", "c"], ["after"], "c", ["c", "after"]),
    ],
)
def test_into_and_out_of_a_sub_process(done, taken, to, then):
    case, desk = begin(define(NEST))
    for element in done:
        complete(case, element, desk)
    case = move(case, desk, to, *taken)
    inside = set(tasks(case)) & {"a", "b", "c"}
    assert [timer.timer_id for timer in case.waiting().timers] == (["late"] if inside else [])
    assert finish(case, desk) == then


def test_the_scope_of_a_moved_task_closes_with_it():
    drawing = process(
        start(), user("a"), boundary("late", "a", duration="P1D"),
        boundary("remind", "a", interrupting=False, cycle="R/PT1H"), service("sms", "x"), user("b"),
        end(), end("e2"), end("e3"),
        flows="start > a > b > end; late > e2; remind > sms > e3",
    )  # fmt: skip
    case, desk = begin(define(drawing), Desk(x=engine.OUTSIDE))
    case.fire(token(case, "remind"), "remind", desk)
    case = move(case, desk, "b", "a")
    assert opened(case) == [("call", "sms"), ("task", "b")]  # a message on its way is not called back
    case = move(case, desk, "a", "b")
    assert opened(case) == [("call", "sms"), ("task", "a"), ("timer", "late"), ("timer", "remind")]
    case = move(case, desk, "b", "late")  # a boundary event stands for its activity
    assert opened(case) == [("call", "sms"), ("task", "b")]


def test_through_a_call_inside_a_sub_process():
    case, desk = begin(define(*DEEP))
    case = move(case, desk, "b", "before")
    assert opened(case) == [("message", "stop"), ("task", "b")]
    case = move(case, desk, "a", "b")
    case = move(case, desk, "x", "a")
    assert opened(case) == [("message", "stop"), ("task", "x")]
    case = move(case, desk, "a", "x")
    assert finish(case, desk) == ["a", "b", "x", "after"]
    case, desk = begin(define(*DEEP))
    complete(case, "before", desk)
    case = move(case, desk, "after", "a")
    assert opened(case) == [("task", "after")]


def test_an_event_gateway_is_moved_as_one():
    case, desk = begin(define(*DRAWINGS["first event"]), Outside())
    case.deliver(token(case, "paid"), "paid", {}, desk)
    case = move(case, desk, "e", "a")
    assert opened(case) == [("message", "gone"), ("message", "paid"), ("timer", "late")]
    case = move(case, desk, "a", "late")
    assert opened(case) == [("task", "a")]


@pytest.mark.parametrize(
    ("drawing", "taken", "to", "reason"),
    [
        ([LINE], "a", "nowhere", "没有这个图形"),
        ([FORK], "before", "j", "汇合"),
        (DRAWINGS["boundary timer"], "a", "late", "边界事件"),
        (DRAWINGS["first event"], "paid", "late", "事件网关"),
    ],
)
def test_a_move_without_a_clear_meaning_is_refused_with_the_shape(drawing, taken, to, reason):
    case, desk = begin(define(*drawing))
    with pytest.raises(engine.Refused, match=reason) as refused:
        case.move([token(case, taken)], to, desk)
    assert [finding.element_id for finding in refused.value.findings] == [to]


@pytest.mark.parametrize(
    ("done", "taken", "to", "reason"),
    [
        ("", ["a", "b"], "a", "等不齐"),
        ("", ["a"], "after", "等不齐"),
        ("", ["a"], "f", "“b”仍在进行"),
        ("", ["a"], "before", "“b”仍在进行"),
        ("", ["a"], "b", "等不齐"),
        ("ab", ["a2"], "b", "等不齐"),
    ],
)
def test_a_move_after_which_a_join_would_wait_for_ever_or_go_on_twice_is_refused(done, taken, to, reason):
    case, desk = begin(define(FORK))
    complete(case, "before", desk)
    for element in done:
        complete(case, element, desk)
    with pytest.raises(engine.Refused, match=reason):
        move(case, desk, to, *taken)


def test_into_a_process_that_two_shapes_call_is_refused():
    files = [
        process(start(), user("w"), call("c", "q"), call("d", "q"), end(), flows="start > w > c > d > end"),
        process(start("q1"), user("a"), end("q2"), id="q", flows="q1 > a > q2"),
    ]
    case, desk = begin(define(*files))
    with pytest.raises(engine.Refused, match="不止一处"):
        move(case, desk, "a", "w")
    complete(case, "w", desk)
    case = move(case, desk, "q1", "a")  # inside the one that is open there is no doubt
    assert finish(case, desk) == ["a", "a"]


def test_the_history_says_who_was_moved_and_what_was_cancelled():
    case, desk = begin(define(LINE))
    desk.lines.clear()
    name = token(case, "a")
    case.move([name], "c", desk)
    assert [line for line in desk.lines if line[0] in ("moved", "cancelled")] == [
        ("cancelled", "a", {"token": name}),
        ("moved", "c", {"tokens": [name], "to": "c"}),
    ]


@pytest.mark.parametrize("name", DRAWINGS)
def test_wherever_tokens_are_moved_the_case_can_still_end(name):
    """Take all open tokens to each shape in turn; then play on: it ends, and nothing hangs."""
    definition = define(*DRAWINGS[name])
    for element in list(definition.elements):
        case, desk = begin(definition, Outside(), x=0)
        if not opened(case):
            continue
        waiting = case.waiting()
        every = {w.token for w in (*waiting.tasks, *waiting.timers, *waiting.messages, *waiting.calls, *waiting.joins)}
        try:
            case.move(sorted(every), element, desk)
        except engine.Refused:
            continue
        for _ in range(60):
            if case.ended:
                break
            possible = opened(case)
            assert possible, f"{name}: nothing to do after a move to {element}: {case.waiting()}"
            act(case, possible[0], desk)
            case = again(case)


@settings(max_examples=150, deadline=None)
@given(
    sketches(joins_in_loops=True),
    st.integers(0, 9),
    st.lists(st.tuples(st.booleans(), st.integers(0, 999)), max_size=12),
)
def test_in_any_drawing_a_move_leaves_a_case_that_can_go_on(drawing, x, steps):
    definition = define(drawing)
    case, desk = begin(definition, Outside(), x=x)
    shapes = list(definition.elements)
    for moves, choice in steps:
        if case.ended:
            break
        possible, before = opened(case), case.dump()
        assert possible
        if not moves:
            act(case, possible[choice % len(possible)], desk)
            case = again(case)
            continue
        names = sorted({name for waits in astuple(case.waiting()) for name, *_ in waits})
        try:
            case.move(names[: 1 + choice % len(names)], shapes[choice % len(shapes)], desk)
        except (engine.Refused, engine.NotWaiting):
            case = engine.load(definition, before)
            continue
        case = again(case)
        assert case.ended or opened(case)


def test_cancel_ends_the_case_where_it_stands():
    case, _ = begin(define(*DEEP))
    case.cancel()
    assert (case.ended, case.waiting()) == (True, engine.Waiting([], [], [], [], []))
    assert again(case).ended


def test_a_catch_event_in_line_can_be_skipped():
    drawing = process(start(), catch("t", duration="P1D"), user("a"), end(), flows="start > t > a > end")
    case, desk = begin(define(drawing))
    assert tasks(move(case, desk, "a", "t")) == ["a"]
