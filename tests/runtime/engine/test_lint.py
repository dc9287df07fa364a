"""What publish refuses or advises, on which shape, in Chinese: for each rule a drawing it minds."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings

from app.runtime import engine, lint
from app.runtime.operations import Field, Operation
from tests.runtime.engine.bpmn import (
    boundary,
    call,
    catch,
    end,
    gateway,
    process,
    raw,
    receive,
    rule,
    send,
    service,
    start,
    sub,
    user,
)  # fmt: skip
from tests.runtime.engine.drawings import DRAWINGS
from tests.runtime.engine.sketches import sketches


@dataclass
class Known:
    """What an application would know."""

    operations: Any = None
    forms: Any = None


def folder(*files: bytes) -> dict[str, bytes]:
    return {("process.bpmn" if not i else f"part{i}.bpmn"): data for i, data in enumerate(files)}


def found(*files: bytes, known: Known | None = None, severity: str | None = None) -> set[tuple[str, str]]:
    known = known or Known()
    findings = lint.findings("test", folder(*files), {}, known.operations, known.forms)
    return {(f.element_id, f.rule) for f in findings if severity in (None, f.severity)}


def line(shape: str) -> bytes:
    """One shape between start and end."""
    id = re.findall('id="([^"]+)"', shape)[0]
    return process(start(), shape, end(), flows=f"start > {id} > end")


GOOD = line(user("a", due="P1D"))


def test_a_good_drawing_is_left_alone():
    assert found(GOOD) == set()


@pytest.mark.parametrize("name", DRAWINGS)
def test_no_drawing_we_run_is_refused(name):
    assert found(*DRAWINGS[name], severity="error") == set()
    assert {rule for _, rule in found(*DRAWINGS[name])} <= {"no-timeout", "duplicate-name"}


@settings(max_examples=100, deadline=None)
@given(sketches(joins_in_loops=True))
def test_block_structured_drawings_are_sound(drawing):
    assert {rule for _, rule in found(drawing)} <= {"no-timeout"}


# fmt: off
MESSAGE = "<bpmn:messageEventDefinition/>"
IN_SUB = sub("s", start("s1"), end("e1"), flows="s1 > e1")
Q = process(start("q1"), end("q2"), id="q", flows="q1 > q2")
ERRORS: dict[str, tuple[str, str, list[bytes]]] = {
    "no start": ("p", "no-start", [process(user("a"), end(), flows="a > end")]),
    "two starts": ("s2", "start", [process(start(), start("s2"), end(), flows="start > end; s2 > end")]),
    "two starts by one message": ("s3", "start", [process(
        start("s2", message="m"), start("s3", message="m"), end(), flows="s2 > end; s3 > end")]),
    "start by a timer": ("t", "event-not-allowed", [process(
        raw("startEvent", "t", "<bpmn:timerEventDefinition><bpmn:timeDuration>PT1H</bpmn:timeDuration>"
                               "</bpmn:timerEventDefinition>"), end(), flows="t > end")]),
    "no end": ("p", "no-end", [process(start(), user("a"), flows="start > a")]),
    "sub-process without start": ("s", "no-start", [process(
        start(), sub("s", user("x"), end("e1"), flows="x > e1"), end(), flows="start > s > end")]),
    "sub-process started by a message": ("s1", "start", [process(
        start(), sub("s", start("s1", message="m"), end("e1"), flows="s1 > e1"), end(), flows="start > s > end")]),
    "dead end": ("a", "dead-end", [process(start(), gateway("g", default="g-end"), user("a"), end(),
                                           flows="start > g; g > a [x > 1]; g > end")]),
    "two ways out of a task": ("a", "split", [process(start(), user("a"), end(), end("e2"),
                                                      flows="start > a > end; a > e2")]),
    "condition out of a task": ("a-end", "condition", [process(start(), user("a"), end(),
                                                               flows="start > a; a > end [x > 1]")]),
    "condition out of a parallel gateway": ("f-end", "condition", [process(
        start(), gateway("f", "parallel"), end(), end("e2"), flows="start > f; f > end [x > 1]; f > e2")]),
    "gateway without conditions": ("g", "no-conditions", [process(
        start(), gateway("g"), end(), end("e2"), flows="start > g > end; g > e2")]),
    "a way without condition": ("g-e2", "no-condition", [process(
        start(), gateway("g"), end(), end("e2"), flows="start > g; g > end [x > 1]; g > e2")]),
    "a default with condition": ("g-e2", "default", [process(
        start(), gateway("g", default="g-e2"), end(), end("e2"), flows="start > g; g > end [x > 1]; g > e2 [x > 2]")]),
    "a default from elsewhere": ("g", "default", [process(
        start(), gateway("g", default="start-g"), end(), end("e2"),
        flows="start > g; g > end [x > 1]; g > e2 [x <= 1]")]),
    "two flows to one shape": ("g", "double-flow", [process(
        start(), gateway("g"), end(), flows="start > g; g > end [x > 1]").replace(
            b"</bpmn:process>", b'<bpmn:sequenceFlow id="w" sourceRef="g" targetRef="end"><bpmn:conditionExpression>'
                                b"x &lt; 1</bpmn:conditionExpression></bpmn:sequenceFlow></bpmn:process>")]),
    "unreachable": ("a", "unreachable", [process(start(), user("a"), end(), end("e2"), flows="start > end; a > e2")]),
    "a circle without exit": ("a", "endless", [process(
        start(), gateway("g", default="g-end"), gateway("in"), user("a"), end(),
        flows="start > g; g > in [x > 1]; in > a > in; g > end")]),
    "flow into the start": ("start", "start", [process(
        start(), user("a"), end(), gateway("g", default="g-end"),
        flows="start > a > g; g > start [x > 1]; g > end")]),
    "flow out of the end": ("end", "end", [process(
        start(), end(), user("a"), end("e2"), flows="start > end > a > e2")]),
    "flow across a border": ("start-x", "flow", [process(
        start(), sub("s", start("s1"), user("x"), end("e1"), flows="s1 > x > e1"), end(),
        flows="start > s > end; start > x")]),
    "same id twice": ("a", "id", [process(start(), user("a"), user("a"), end(), flows="start > a > end")]),
    "same id in two files": ("end", "id", [GOOD, process(start("q1"), end(), id="q", flows="q1 > end")]),
    "condition that is no FEEL": ("g-a", "feel", [process(
        start(), gateway("g", default="g-end"), user("a"), end(),
        flows="start > g; g > a [x >> 1]; g > end; a > end")]),
    "condition beginning with =": ("g-a", "feel", [process(
        start(), gateway("g", default="g-end"), user("a"), end(),
        flows="start > g; g > a [= x > 1]; g > end; a > end")]),
    "parameter that is no FEEL": ("s", "feel", [line(service("s", "x", p="= 1 +"))]),
    "timer that is no time": ("t", "timer", [line(catch("t", duration="30m"))]),
    "timer without content": ("t", "timer", [line(catch("t", duration=""))]),
    "timer that is no FEEL": ("t", "feel", [line(catch("t", duration="= 1 +"))]),
    "cycle in line": ("t", "timer", [line(catch("t", cycle="R3/PT1H"))]),
    "cycle that interrupts": ("t", "timer", [process(
        start(), user("a"), boundary("t", "a", cycle="R3/PT1H"), end(), end("e2"), flows="start > a > end; t > e2")]),
    "due that is no time": ("a", "timer", [line(user("a", due="3 days"))]),
    "key that is no FEEL": ("m", "feel", [line(catch("m", message="m", key="= ("))]),
    "catch without event": ("m", "event-not-allowed", [line(raw("intermediateCatchEvent", "m"))]),
    "message without name": ("m", "message", [line(raw("intermediateCatchEvent", "m", MESSAGE))]),
    "two events in one": ("m", "event-not-allowed", [
        line(raw("intermediateCatchEvent", "m", MESSAGE + "<bpmn:timerEventDefinition/>"))]),
    "message to nobody": ("m", "message", [line(send("m", "x", ""))]),
    "boundary on a gateway": ("b", "boundary", [process(
        start(), gateway("g"), boundary("b", "g", message="m"), end(), end("e2"), flows="start > g > end; b > e2")]),
    "boundary on nothing": ("b", "boundary", [process(
        start(), user("a"), boundary("b", "nothing", message="m"), end(), end("e2"), flows="start > a > end; b > e2")]),
    "error boundary on a user task": ("b", "boundary", [process(
        start(), user("a"), boundary("b", "a", error="E"), end(), end("e2"), flows="start > a > end; b > e2")]),
    "error boundary that does not interrupt": ("b", "boundary", [process(
        start(), service("a", "x"), boundary("b", "a", error="E", interrupting=False), end(), end("e2"),
        flows="start > a > end; b > e2")]),
    "error end nobody catches": ("bad", "error", [process(
        start(), sub("s", start("s1"), end("bad", error="E"), flows="s1 > bad"), end(), flows="start > s > end")]),
    "error end of the main process": ("bad", "error", [process(start(), end("bad", error="E"), flows="start > bad")]),
    "error end without code": ("bad", "error", [process(
        start(), sub("s", start("s1"), end("bad", "error"), flows="s1 > bad"), boundary("b", "s", error=""), end(),
        end("e2"), flows="start > s > end; b > e2")]),
    "event gateway to a task": ("a", "event-gateway", [process(
        start(), gateway("e", "eventBased"), user("a"), catch("m", message="m"), end(),
        flows="start > e; e > a > end; e > m > end")]),
    "event gateway with one way": ("e", "event-gateway", [process(
        start(), gateway("e", "eventBased"), catch("m", message="m"), end(), flows="start > e > m > end")]),
    "event gateway twice on one message": ("n", "event-gateway", [process(
        start(), gateway("e", "eventBased"), catch("m", message="m"), receive("n", "m"), end(),
        flows="start > e; e > m > end; e > n > end")]),
    "event reached by two ways": ("m", "event-gateway", [process(
        start(), gateway("g", default="g-m"), gateway("e", "eventBased"), catch("m", message="m"),
        catch("n", message="n"), end(), flows="start > g; g > e [x > 1]; g > m; e > m > end; e > n > end")]),
    "call without a name": ("c", "call", [line(call("c", ""))]),
    "call to nowhere": ("c", "call", [line(call("c", "q"))]),
    "call of oneself": ("d", "call", [
        line(call("c", "q")),
        process(start("q1"), call("d", "q"), end("q2"), id="q", flows="q1 > d > q2")]),
    "variable with a bad name": ("a", "result", [line(user("a", result="a b"))]),
    "several instances": ("a", "not-allowed", [line(raw("userTask", "a", "<bpmn:multiInstanceLoopCharacteristics/>"))]),
    "looped sub-process": ("s", "not-allowed", [process(
        start(), IN_SUB.replace("</bpmn:subProcess>", "<bpmn:standardLoopCharacteristics/></bpmn:subProcess>"), end(),
        flows="start > s > end")]),
    "unknown extension": ("a", "extension", [GOOD.replace(b"policy:form", b"policy:from")]),
    "no role": ("a", "role", [process(start(), user("a"), end(), flows="start > a > end", role=None)]),
    "unknown role": ("a", "role", [process(start(), user("a"), end(), flows="start > a > end", role="boss")]),
    "service without operation": ("s", "operation", [line(raw("serviceTask", "s"))]),
    "rule without decision": ("r", "decision", [line(raw("businessRuleTask", "r"))]),
    "unknown decision": ("r", "decision", [line(rule("r", "fee"))]),
    "two pools": ("process.bpmn", "collaboration", [GOOD.replace(
        b"<bpmn:process", b'<bpmn:collaboration id="c"><bpmn:participant id="x"/><bpmn:participant id="y"/>'
                          b"</bpmn:collaboration><bpmn:process", 1)]),
    "nothing to run": ("test", "no-process", [GOOD.replace(b'isExecutable="true"', b'isExecutable="false"')]),
}
# fmt: on


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_run_is_refused_on_its_shape(name):
    element, rule_name, files = ERRORS[name]
    assert (element, rule_name) in found(*files, severity="error")


def test_every_refusal_names_the_shape_and_the_reason_in_chinese():
    for _, _, files in ERRORS.values():
        for finding in lint.findings("test", folder(*files)):
            assert finding.element_id
            assert finding.element_name
            assert re.search("[一-鿿]", finding.message), finding


def test_what_is_refused_cannot_be_made_a_definition():
    structural = [name for name in ERRORS if ERRORS[name][1] not in ("role", "operation", "decision")]
    assert len(structural) > 40
    for name in structural:
        with pytest.raises(engine.Refused) as refused:
            engine.Definition.parse("test", folder(*ERRORS[name][2]))
        assert ERRORS[name][0] in {finding.element_id for finding in refused.value.findings}, name


# fmt: off
WARNINGS: dict[str, tuple[str, str, list[bytes], list[bytes]]] = {
    "a wait without end": ("a", "no-timeout",
        [line(user("a"))],
        [process(start(), user("a"), boundary("late", "a", duration="P1D"), end(), end("e2"),
                 flows="start > a > end; late > e2")]),
    "a message without end": ("m", "no-timeout",
        [line(catch("m", message="m"))],
        [process(start(), gateway("e", "eventBased"), catch("m", message="m"), catch("t", duration="P1D"), end(),
                 flows="start > e; e > m > end; e > t > end")]),
    "a gateway without timer": ("e", "no-timeout",
        [process(start(), gateway("e", "eventBased"), catch("m", message="m"), catch("n", message="n"), end(),
                 flows="start > e; e > m > end; e > n > end")],
        [process(start(), sub("s", start("s1"), gateway("e", "eventBased"), catch("m", message="m"),
                              catch("n", message="n"), end("e1"), flows="s1 > e; e > m > e1; e > n > e1"),
                 boundary("late", "s", duration="P1D"), end(), end("e2"), flows="start > s > end; late > e2")]),
    "conditions that may all fail": ("g", "no-default",
        [process(start(), gateway("g"), end(), end("e2"), flows="start > g; g > end [x > 5]; g > e2 [x < 5]")],
        [process(start(), gateway("g"), end(), end("e2"), flows="start > g; g > end [x > 5]; g > e2 [x <= 5]")]),
    "conditions and their opposite": ("g", "no-default",
        [process(start(), gateway("g"), end(), end("e2"), flows='start > g; g > end [a.b]; g > e2 [a.c]')],
        [process(start(), gateway("g"), end(), end("e2"), flows='start > g; g > end [a.b]; g > e2 [not(a.b)]')]),
    "one name for two": ("a", "duplicate-name",
        [process(start(), user("a", name="审核", due="P1D"), user("b", name="审核", due="P1D"), end(),
                 flows="start > a > b > end")],
        [process(start(), user("a", name="审核", due="P1D"), user("b", name="复核", due="P1D"), end(),
                 flows="start > a > b > end")]),
    "a task without form": ("a", "form",
        [line(user("a", form="", due="P1D"))], [GOOD]),
    "a join behind a choice": ("j", "deadlock",
        [process(start(), gateway("g", default="g-a"), user("a", due="P1D"), user("b", due="P1D"),
                 gateway("j", "parallel"), end(), flows="start > g; g > a; g > b [x > 1]; a > j; b > j; j > end")],
        [process(start(), gateway("g", "parallel"), user("a", due="P1D"), user("b", due="P1D"),
                 gateway("j", "parallel"), end(), flows="start > g; g > a; g > b; a > j; b > j; j > end")]),
    "branches that are not joined": ("m", "twice",
        [process(start(), gateway("f", "parallel"), user("a", due="P1D"), user("b", due="P1D"), gateway("m"),
                 user("z", due="P1D"), end(), flows="start > f; f > a > m; f > b > m; m > z > end")],
        [process(start(), gateway("f", "parallel"), user("a", due="P1D"), user("b", due="P1D"), end(), end("e2"),
                 flows="start > f; f > a > end; f > b > e2")]),
}
# fmt: on


@pytest.mark.parametrize("name", WARNINGS)
def test_what_may_go_wrong_is_advised_on_its_shape(name):
    element, rule_name, bad, good = WARNINGS[name]
    assert (element, rule_name) in found(*bad, severity="warning")
    assert found(*bad, severity="error") == set()
    assert found(*good) == set()


OPEN = Operation(
    "orders/open",
    run=print,
    title="登记",
    parameters=(Field("no", "string", "单号"), Field("why", "string", "原因", required=False)),
)


@pytest.mark.parametrize(
    ("task", "rules"),
    [
        (service("s", "orders/open", no="= no"), set()),
        (service("s", "orders/open", no="1", why="x"), set()),
        (service("s", "orders/opne", no="1"), {("s", "operation")}),
        (service("s", "orders/open"), {("s", "parameter")}),
        (service("s", "orders/open", no="1", wyh="x"), {("s", "parameter")}),
    ],
)
def test_operations_exist_and_get_their_parameters(task, rules):
    drawing = process(start(), task, end(), flows="start > s > end")
    assert found(drawing, known=Known(operations={"orders/open": OPEN})) == rules
    assert found(drawing) == set()


NAMED = process(
    start(), gateway("g", default="g-a"), user("a", result="answer", due="= limit"), service("s", "x", p="= answer.no"),
    catch("t", date="= lot.bid_deadline"), end(),
    flows="start > g; g > end [order.state = \"paid\"]; g > a > s > t > end",
)  # fmt: skip


def test_names_come_from_somewhere():
    facts = {"order.state", "lot.bid_deadline", "limit"}
    assert advised(NAMED, facts) == {}
    assert advised(NAMED, facts - {"limit"}) == {"a": "“limit”没有来源"}
    assert advised(NAMED, {"order.sate", "lot", "limit"}) == {"g-end": "“order.state”没有来源，是否想写“order.sate”"}
    assert advised(NAMED.replace(b"= answer.no", b"= anser.no"), facts) == {"s": "“anser.no”没有来源，是否想写“answer”"}


def advised(drawing: bytes, names: set[str]) -> dict[str, str]:
    return {f.element_id: f.message for f in lint.findings("test", folder(drawing), names=names) if f.rule == "name"}


def test_forms_exist():
    assert found(GOOD, known=Known(forms={"f": {}})) == set()
    assert found(GOOD, known=Known(forms={})) == {("a", "form")}


def test_a_lane_inside_a_lane_and_a_sub_process_in_a_lane_name_the_role():
    inner = sub("s", start("s1"), user("x", due="P1D"), end("e1"), flows="s1 > x > e1")
    lanes = (
        '<bpmn:laneSet id="l"><bpmn:lane id="l1"><bpmn:extensionElements><policy:role code="operator"/>'
        "</bpmn:extensionElements><bpmn:flowNodeRef>a</bpmn:flowNodeRef><bpmn:flowNodeRef>s</bpmn:flowNodeRef>"
        '<bpmn:childLaneSet id="l2"><bpmn:lane id="l3"><bpmn:flowNodeRef>a</bpmn:flowNodeRef></bpmn:lane>'
        "</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    )
    drawing = process(start(), user("a", due="P1D"), inner, end(), flows="start > a > s > end", lanes=lanes)
    assert found(drawing) == set()
    elements = engine.Definition.parse("test", folder(drawing)).elements
    assert (elements["a"].role, elements["x"].role) == ("operator", "operator")


def test_every_allowed_shape_is_drawn_and_run_by_these_tests():
    elements = [
        e for files in DRAWINGS.values() for e in engine.Definition.parse("t", folder(*files)).elements.values()
    ]
    seen = {(e.kind, e.event) for e in elements}
    elsewhere = {("businessRuleTask", None), ("startEvent", "message")}  # test_decisions, test_history
    assert {(kind, event) for kind, events in lint.ALLOWED.items() for event in events} - elsewhere <= seen
