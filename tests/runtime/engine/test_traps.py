"""What SpiffWorkflow 3.2.0 does and we must not: one test for each guarded row that concerns us."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import SpiffWorkflow

from app.runtime import engine, lint
from tests.runtime.engine.bpmn import (
    boundary,
    catch,
    end,
    gateway,
    process,
    raw,
    receive,
    send,
    service,
    start,
    sub,
    user,
)
from tests.runtime.engine.play import Desk, again, begin, complete, define, tasks, token


def refused(*files: bytes) -> set[tuple[str, str]]:
    folder = {("process.bpmn" if not i else f"part{i}.bpmn"): data for i, data in enumerate(files)}
    return {(f.element_id, f.rule) for f in lint.findings("test", folder) if f.severity == "error"}


def test_the_library_is_the_one_that_was_tried():
    assert SpiffWorkflow.__version__ == "3.2.0"


PYTHON = "().__class__.__base__.__subclasses__()"


@pytest.mark.parametrize(
    "drawing",
    [
        process(start(), gateway("g", default="g-end"), user("a"), end(),
                flows=f"start > g; g > a [{PYTHON}]; g > end; a > end"),
        process(start(), gateway("g", default="g-end"), user("a"), end(),
                flows='start > g; g > a [__import__("os").system("id")]; g > end; a > end'),
        process(start(), service("s", "x/y", p=f"= {PYTHON}"), end(), flows="start > s > end"),
        process(start(), catch("t", duration=f"= {PYTHON}"), end(), flows="start > t > end"),
        process(start(), user("a", due=f"= {PYTHON}"), end(), flows="start > a > end"),
        process(start(), raw("scriptTask", "s", "<bpmn:script>1</bpmn:script>"), end(), flows="start > s > end"),
    ],
)  # fmt: skip
def test_python_in_a_drawing_is_refused_wherever_it_stands(drawing):
    assert refused(drawing)


def test_names_that_python_would_resolve_mean_nothing():
    drawing = process(start(), service("s", "show", "seen", p="= open", q="= os", r="= data.class"), end(),
                      flows="start > s > end")  # fmt: skip
    case, _ = begin(define(drawing), Desk(show=lambda **given: given), data={})
    assert case.data["seen"] == {"p": None, "q": None, "r": None}


def test_of_an_event_gateway_only_the_first_event_goes_on_although_its_timer_is_overdue():
    drawing = process(
        start(), gateway("e", "eventBased"), catch("paid", message="paid"), catch("late", duration="PT30M"), user("a"),
        user("b"), end(), flows="start > e; e > paid > a > end; e > late > b > end",
    )  # fmt: skip
    case, desk = begin(define(drawing))
    case = again(case)
    case.deliver(token(case, "paid"), "paid", {}, desk.later(minutes=31))
    assert tasks(again(case)) == ["a"]


def test_a_key_inside_an_event_gateway_is_kept():
    drawing = process(
        start(), gateway("e", "eventBased"), catch("paid", message="paid", key="= no"), catch("late", duration="PT30M"),
        end(), flows="start > e; e > paid > end; e > late > end",
    )  # fmt: skip
    case, _ = begin(define(drawing), no="DD1")
    assert [(wait.name, wait.key) for wait in again(case).waiting().messages] == [("paid", "DD1")]


@pytest.mark.parametrize("no", [None, "", True, [1], {}])
def test_a_key_that_is_nobodys_is_an_incident_and_not_anybodys(no):
    for shape in (receive("m", "paid", key="= no"), send("m", "paid", "order", key="= no")):
        with pytest.raises(engine.Stuck, match="关联键") as stuck:
            begin(define(process(start(), shape, end(), flows="start > m > end")), no=no)
        assert stuck.value.element.id == "m"


def test_a_number_may_be_a_key():
    case, _ = begin(define(process(start(), receive("m", "paid", key="= no"), end(), flows="start > m > end")), no=7)
    assert case.waiting().messages[0].key == "7"


def test_a_message_goes_to_the_token_it_was_sent_to_and_to_no_other():
    drawing = process(
        start(), gateway("f", "parallel"), receive("r1", "m", key="= one"), receive("r2", "m", key="= two"), user("a"),
        user("b"), end(), end("end2"), flows="start > f; f > r1 > a > end; f > r2 > b > end2",
    )  # fmt: skip
    case, desk = begin(define(drawing), one="1", two="2")
    wait = next(w for w in case.waiting().messages if w.key == "2")
    case.deliver(wait.token, "m", {"n": 2}, desk)
    assert tasks(case) == ["b"]
    assert [w.key for w in case.waiting().messages] == ["1"]
    with pytest.raises(engine.NotWaiting):
        again(case).deliver(wait.token, "m", {}, desk)
    with pytest.raises(engine.NotWaiting):
        again(case).deliver(token(case, "r1"), "other", {}, desk)


def test_a_task_is_completed_once_and_a_cancelled_one_never():
    drawing = process(
        start(), user("a"), boundary("stop", "a", message="stop"), user("b"), end(), end("end2"),
        flows="start > a > b > end; stop > end2",
    )  # fmt: skip
    definition = define(drawing)
    case, desk = begin(definition)
    first, blob = token(case, "a"), case.dump()
    complete(case, "a", desk)
    with pytest.raises(engine.NotWaiting):
        again(case).complete(first, {}, desk)
    other = engine.load(definition, blob)
    other.deliver(token(other, "stop"), "stop", {}, desk)
    with pytest.raises(engine.NotWaiting):
        other.complete(first, {}, desk)


@pytest.mark.parametrize("name", ["", "0", "x", "999", "1" * 50, "-1", "٣"])
def test_a_token_that_never_was_is_not_waiting(name):
    case, desk = begin(define(process(start(), user("a"), end(), flows="start > a > end")))
    for command in (
        lambda: case.complete(name, {}, desk),
        lambda: case.fire(name, "a", desk),
        lambda: case.settle(name, {}, desk),
        lambda: case.fail(name, "E", desk),
        lambda: case.deliver(name, "m", {}, desk),
        lambda: case.move([name], "a", desk),
    ):
        with pytest.raises(engine.NotWaiting):
            command()


def test_loading_a_case_fires_and_asks_nothing():
    drawing = process(start(), user("a"), boundary("late", "a", duration="PT1S"), end(), end("end2"),
                      flows="start > a > end; late > end2")  # fmt: skip
    case, desk = begin(define(drawing))
    lines = len(desk.lines)
    assert again(again(case)).waiting() == case.waiting()
    assert len(desk.lines) == lines


def test_an_endless_round_is_an_incident():
    drawing = process(
        start(), gateway("in"), service("s", "x"), gateway("g", default="g-end"), end(),
        flows="start > in > s > g; g > in [true]; g > end",
    )  # fmt: skip
    with pytest.raises(engine.Stuck, match="兜圈子"):
        begin(define(drawing), Desk(x=lambda: None))


def test_a_case_of_two_thousand_steps_is_still_open():
    drawing = process(
        start(), gateway("in"), user("a"), gateway("g", default="g-end"), end(),
        flows="start > in > a > g; g > in [a.more]; g > end",
    )  # fmt: skip
    case, desk = begin(define(drawing))
    for _ in range(2000):
        complete(case, "a", desk, more=True)
    assert (case.ended, tasks(case)) == (False, ["a"])
    complete(case, "a", desk, more=False)
    assert case.ended


def test_an_operation_that_raises_is_seen_as_it_is():
    class NoFunds(Exception):
        pass

    def pay() -> None:
        raise NoFunds("empty")

    with pytest.raises(NoFunds, match="empty"):
        begin(define(process(start(), service("s", "pay"), end(), flows="start > s > end")), Desk(pay=pay))


def test_state_may_come_back_with_its_keys_in_another_order():
    definition = define(process(
        start(), user("a"), boundary("late", "a", duration="PT1H"), end(), end("end2"),
        flows="start > a > end; late > end2",
    ))  # fmt: skip
    case, desk = begin(definition, b=1, a={"z": 1, "y": [2]})
    shuffled = json.dumps(json.loads(case.dump()), sort_keys=True).encode()
    other = engine.load(definition, shuffled)
    assert (other.waiting(), other.data) == (case.waiting(), case.data)
    complete(other, "a", desk)
    assert other.ended


@pytest.mark.parametrize("value", [datetime.now(UTC), date.today(), Decimal("1.5"), {1, 2}, object(), b"x"])
def test_only_json_enters_process_data(value):
    definition = define(process(start(), user("a"), service("s", "give", "x"), end(), flows="start > a > s > end"))
    with pytest.raises(engine.Stuck, match="JSON"):
        begin(definition, v=value)
    case, desk = begin(definition, Desk(give=lambda: {"v": value}))
    with pytest.raises(engine.Stuck, match="JSON"):
        complete(engine.load(definition, case.dump()), "a", desk, v=value)
    with pytest.raises(engine.Stuck, match="JSON"):
        complete(case, "a", desk)


def test_data_may_be_called_what_the_library_uses_itself():
    case, desk = begin(
        define(process(start(), user("a"), end(), flows="start > a > end")), data_objects={"typename": "x"}
    )
    complete(case, "a", desk, typename="UUID", data={"typename": "set"}, tasks=[], completed=True)
    assert again(case).data == {
        "data_objects": {"typename": "x"},
        "a": {"typename": "UUID", "data": {"typename": "set"}, "tasks": [], "completed": True},
    }


def test_an_operation_cannot_reach_into_process_data():
    kept = []

    def spoil(box):
        box["list"].append("spoilt")
        kept.append(box)
        return box

    drawing = process(start(), service("s", "spoil", "out", box="= box"), user("a"), end(), flows="start > s > a > end")
    mine = {"list": [1]}
    case, desk = begin(define(drawing), Desk(spoil=spoil), box=mine)
    kept[0]["list"].append("later")
    mine["list"].append("outside")
    assert case.data == {"box": {"list": [1]}, "out": {"list": [1, "spoilt"]}}
    form = {"deep": {"x": [1]}}
    case.complete(token(case, "a"), form, desk)
    form["deep"]["x"].append(2)
    assert case.data["a"] == {"deep": {"x": [1]}}


def test_parallel_branches_keep_what_the_others_have_written():
    drawing = process(
        start(), gateway("f", "parallel"), user("a", result="shared"), user("b"), gateway("j", "parallel"), user("z"),
        end(), flows="start > f; f > a > j; f > b > j; j > z > end",
    )  # fmt: skip
    case, desk = begin(define(drawing), shared={"n": 0})
    case = again(case)
    complete(case, "a", desk, n=1)
    case = again(case)
    complete(case, "b", desk, m=2)
    assert case.data == {"shared": {"n": 1}, "b": {"m": 2}}


def test_a_join_on_a_cycle_waits_for_both_branches_in_whatever_order_they_come():
    drawing = process(
        start(), gateway("in"), gateway("f", "parallel"), user("a"), user("b"), gateway("j", "parallel"), gateway("g"),
        end(), flows="start > in > f; f > a > j; f > b > j; j > g; g > in [true]; g > end [false]",
    )  # fmt: skip
    case, desk = begin(define(drawing))
    for order in ("ab", "ab", "ba", "ba", "ab"):
        for element in order:
            case = again(case)
            complete(case, element, desk)
            assert tasks(case) == (["a", "b"] if element == order[1] else [order[1]])


def test_an_error_nobody_catches_is_refused_and_one_from_outside_is_an_incident():
    inside = sub("s", start("s1"), user("a"), end("bad", error="E1"), flows="s1 > a > bad")
    drawing = process(start(), inside, boundary("other", "s", error="E2"), end(), end("end2"),
                      flows="start > s > end; other > end2")  # fmt: skip
    assert refused(drawing) == {("bad", "error")}
    case, desk = begin(
        define(process(start(), service("s", "ask"), end(), flows="start > s > end")), Desk(ask=engine.OUTSIDE)
    )
    with pytest.raises(engine.Stuck, match="E9") as stuck:
        case.fail(token(case, "s"), "E9", desk)
    assert stuck.value.element.id == "s"


@pytest.mark.parametrize(
    ("tag", "inside"),
    [
        ("intermediateThrowEvent", "<bpmn:signalEventDefinition/>"),
        ("intermediateThrowEvent", "<bpmn:compensateEventDefinition/>"),
        ("intermediateThrowEvent", "<bpmn:linkEventDefinition/>"),
        ("intermediateThrowEvent", "<bpmn:escalationEventDefinition/>"),
        ("intermediateCatchEvent", "<bpmn:signalEventDefinition/>"),
        ("intermediateCatchEvent", "<bpmn:conditionalEventDefinition/>"),
        ("complexGateway", ""), ("scriptTask", ""), ("task", ""), ("manualTask", ""), ("transaction", ""),
        ("adHocSubProcess", ""), ("choreographyTask", ""),
    ],
)  # fmt: skip
def test_what_the_library_would_swallow_is_refused_with_the_shape(tag, inside):
    found = refused(process(start(), raw(tag, "odd", inside), end(), flows="start > odd > end"))
    assert {element for element, _ in found} == {"odd"}


def test_event_sub_processes_which_change_the_drawing_they_run_on_are_refused():
    inside = start("s1") + end("e1") + '<bpmn:sequenceFlow id="f1" sourceRef="s1" targetRef="e1"/>'
    found = refused(process(start(), user("a"), raw("subProcess", "s", inside, triggeredByEvent="true"), end(),
                            flows="start > a > end"))  # fmt: skip
    assert ("s", "not-allowed") in found


def test_cases_of_one_definition_do_not_touch_each_other_or_the_drawing():
    drawing = process(
        start(), gateway("f", "parallel"), user("a"), boundary("late", "a", interrupting=False, cycle="R/PT1H"),
        sub("s", start("s1"), user("b"), end("e1"), flows="s1 > b > e1"), gateway("j", "parallel"), end(), end("e2"),
        flows="start > f; f > a > j; f > s > j; j > end; late > e2",
    )  # fmt: skip
    definition = define(drawing)
    fresh = begin(definition)[0].dump()
    for _ in range(3):
        case, desk = begin(definition)
        case.fire(token(case, "late"), "late", desk.later(hours=1))
        complete(case, "b", desk)
        case.cancel()
        assert begin(definition)[0].dump() == fresh


def test_a_condition_that_is_null_is_an_incident_and_not_the_default():
    drawing = process(start(), gateway("g", default="g-end"), user("a"), end(),
                      flows="start > g; g > a [amount > 5]; g > end; a > end")  # fmt: skip
    for data in ({}, {"amount": None}, {"amount": "five"}):
        with pytest.raises(engine.Stuck, match="既不为真也不为假") as stuck:
            begin(define(drawing), **data)
        assert stuck.value.element.id == "g"


@pytest.mark.parametrize("text", ["1", '"true"', "[true]", "null"])
def test_a_condition_must_be_true_or_false(text):
    drawing = process(start(), gateway("g", default="g-end"), user("a"), end(),
                      flows=f"start > g; g > a [{text}]; g > end; a > end")  # fmt: skip
    with pytest.raises(engine.Stuck):
        begin(define(drawing))


def test_the_drawing_parser_reads_no_entities_and_no_files():
    bomb = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL">&a;</bpmn:definitions>'
    for data in (bomb, bomb.decode().encode("utf-16"), b"<x", b"", b"\xff\xfe", b"<a>" * 100_000):
        found = lint.findings("test", {"process.bpmn": data})
        assert {f.rule for f in found} >= {"xml"}


def test_nobody_else_imports_the_library():
    script = (
        "import ast, pathlib\n"
        "for path in pathlib.Path('app').rglob('*.py'):\n"
        "    for node in ast.walk(ast.parse(path.read_text())):\n"
        "        names = [a.name for a in node.names] if isinstance(node, ast.Import) else "
        "[node.module or ''] if isinstance(node, ast.ImportFrom) else []\n"
        "        if any(name.split('.')[0] == 'SpiffWorkflow' for name in names): print(path)\n"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    names = {path.removeprefix("app/runtime/").removesuffix(".py") for path in found}
    assert names == {"engine", "tokens", "shapes", "gateways", "drawing", "codec", "moving"}
