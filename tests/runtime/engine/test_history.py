"""What the engine tells its host: the path to draw, and all that is needed to live the case again."""

from itertools import pairwise
from typing import Any

import pytest

from app.runtime import engine
from tests.runtime.engine.bpmn import (
    boundary,
    call,
    catch,
    end,
    gateway,
    process,
    rule,
    send,
    service,
    start,
    table,
    user,
)  # fmt: skip
from tests.runtime.engine.play import Desk, again, begin, complete, define, tasks, token

FEE = table(
    "fee", ["order.amount", "kind"], [("<= 100", "-", "1.5"), ("> 100", '"works"', "0.5"), ("> 100", '"goods"', "0.7")]
)
PAID = process(
    start(), service("open", "open", "opened", amount="= order.amount"), rule("fee", "fee", "rate"),
    gateway("dear", default="dear-wait"), user("review", result="review"), gateway("wait", "eventBased"),
    catch("paid", message="paid", result="payment"), catch("late", duration="PT30M"),
    service("issue", "issue", "issued", rate="= rate", no="= payment.no"), end(), end("over"),
    flows="start > open > fee > dear; dear > review [rate * order.amount > 50 and opened.ok]; review > wait;"
    "dear > wait; wait > paid > issue > end; wait > late > over",
)  # fmt: skip


def policy() -> engine.Definition:
    return define(PAID, fee_dmn=FEE)


def desk(amount: int) -> Desk:
    return Desk({"order": {"amount": amount}}, open=lambda amount: {"ok": amount > 0}, issue=engine.OUTSIDE)


def test_the_path_is_told_flow_by_flow():
    case, host = begin(policy(), desk(200), kind="works")
    complete(case, "review", host, ok=True)
    case.deliver(token(case, "paid"), "paid", {"no": "T"}, host)
    case.settle(token(case, "issue"), {"no": "G"}, host)
    assert case.ended
    walked = [(kind, element) for kind, element, _ in host.lines if kind in ("entered", "left")]
    stops = ["start", "open", "fee", "dear", "review", "wait", "paid", "issue", "end"]
    assert [element for kind, element in walked if kind == "entered"] == stops
    assert [element for kind, element in walked if kind == "left"] == stops
    assert host.path() == [f"{a}-{b}" for a, b in pairwise(stops)]


def lines(host: Desk, kind: str) -> list[dict[str, Any]]:
    return [detail for told, _, detail in host.lines if told == kind]


def test_operations_are_told_with_parameters_and_results():
    case, host = begin(policy(), desk(200), kind="works")
    (opened,) = lines(host, "operated")
    assert opened == {"operation": "open", "params": {"amount": 200}, "result": {"ok": True}}
    complete(case, "review", host, ok=True)
    case.deliver(token(case, "paid"), "paid", {"no": "T"}, host)
    assert lines(host, "called") == [{"operation": "issue", "params": {"rate": 0.5, "no": "T"}}]
    name = token(case, "issue")
    case.settle(name, {"no": "G"}, host)
    assert lines(host, "settled") == [{"token": name, "operation": "issue", "result": {"no": "G"}}]


def test_choices_are_told_with_what_they_read():
    _, host = begin(policy(), desk(90), kind="works")
    (chosen,) = lines(host, "chose")
    assert chosen["answers"] == {"dear-review": True}
    assert chosen["inputs"] == {"rate": 1.5, "order.amount": 90, "opened.ok": True}


def test_decisions_are_told_with_inputs_the_rules_that_matched_and_the_cells_that_stopped_the_others():
    case, host = begin(policy(), desk(200), kind="goods")
    (decided,) = lines(host, "decided")
    assert (decided["decision"], decided["value"], case.data["rate"]) == ("fee", 0.7, 0.7)
    assert decided["inputs"] == {"order.amount": 200, "kind": "goods"}
    assert decided["matched"] == [3]
    assert [(stop["rule"], stop["test"]) for stop in decided["stopped"]] == [(1, "<= 100"), (2, '"works"')]


def test_a_decision_reads_only_the_facts_its_table_asks_for():
    class Shy(dict):
        def __getitem__(self, name: str) -> Any:
            assert name != "secret"
            return super().__getitem__(name)

    host = desk(200)
    host.known = Shy(order={"amount": 200}, secret="read me not")
    case, _ = begin(policy(), host, kind="works")
    assert case.data["rate"] == 0.5


def test_a_table_no_rule_of_which_matches_gives_null_and_the_gateway_says_so():
    with pytest.raises(engine.Stuck, match="rate"):
        begin(policy(), desk(200), kind="services")


def test_two_rules_of_a_unique_table_are_an_incident_at_the_task():
    twice = table("fee", ["order.amount"], [("> 1", "1"), ("> 2", "2")])
    with pytest.raises(engine.Stuck) as stuck:
        begin(define(PAID, fee_dmn=twice), desk(200))
    assert stuck.value.element.id == "fee"


def test_a_shared_table_stands_behind_the_policys_own():
    files = {"process.bpmn": PAID}
    flat = table("fee", ["order.amount"], [("-", "9")])
    shared = engine.Definition.parse("test", files, {"fee.dmn": flat})
    assert begin(shared, desk(200))[0].data["rate"] == 9
    own = engine.Definition.parse("test", {**files, "own.dmn": FEE}, {"fee.dmn": flat})
    assert begin(own, desk(200), kind="works")[0].data["rate"] == 0.5


def test_timers_and_messages_are_told_with_their_due_and_payload():
    case, host = begin(policy(), desk(20))
    name = token(case, "late")
    case.fire(name, "late", host.later(minutes=31))
    assert lines(host, "fired") == [{"token": name, "due": "2026-11-23T04:30:00+00:00"}]
    case, host = begin(policy(), desk(20))
    name = token(case, "paid")
    case.deliver(name, "paid", {"no": 1}, host)
    assert lines(host, "received") == [{"token": name, "message": "paid", "payload": {"no": 1}}]


class Replay(Desk):
    """A host that answers what another was answered."""

    def __init__(self, of: Desk):
        super().__init__(of.known)
        self.answers = [detail["result"] for kind, _, detail in of.lines if kind == "operated"]
        self.outside = [detail["operation"] for kind, _, detail in of.lines if kind == "called"]

    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> object:
        return engine.OUTSIDE if name in self.outside else self.answers.pop(0)


def test_a_case_lived_again_from_its_history_comes_to_the_same_state_and_tells_the_same():
    case, host = begin(policy(), desk(200), kind="works")
    complete(case, "review", host, ok=True)
    case.deliver(token(case, "paid"), "paid", {"no": "T"}, host)
    case.settle(token(case, "issue"), {"no": "G"}, host)
    second = Replay(host)
    other, _ = begin(policy(), second, kind="works")
    for kind, _, detail in list(host.lines):
        match kind:
            case "completed":
                other.complete(detail["token"], detail["data"], second)
            case "received":
                other.deliver(detail["token"], detail["message"], detail["payload"], second)
            case "settled":
                other.settle(detail["token"], detail["result"], second)
    assert second.lines == host.lines
    assert other.dump() == case.dump()


def test_facts_are_asked_anew_after_an_operation_and_once_before():
    host = Desk({"n": 1}, bump=lambda: host.known.update(n=host.known["n"] + 1))
    drawing = process(
        start(), gateway("f", default="f-a"), service("a", "bump"), gateway("g", default="g-end"), user("u"), end(),
        flows="start > f; f > end [n > 5]; f > a > g; g > u [n = 2]; g > end; u > end",
    )  # fmt: skip
    case, _ = begin(define(drawing), host)
    assert tasks(case) == ["u"]
    assert host.asked == 2


def test_a_fact_cannot_be_disguised_by_data():
    drawing = process(start(), gateway("g", default="g-end"), user("u"), end(),
                      flows="start > g; g > u [paid]; g > end; u > end")  # fmt: skip
    case, _ = begin(define(drawing), Desk({"paid": False}), paid=True)
    assert case.ended


def test_a_message_may_start_a_case():
    drawing = process(
        start(), start("asked", message="ask", result="question"), start("told", message="tell"), gateway("m"),
        user("a"), end(), flows="start > m; asked > m; told > m; m > a > end",
    )  # fmt: skip
    definition = define(drawing)
    assert {name: element.id for name, element in definition.start_messages.items()} == {"ask": "asked", "tell": "told"}
    case = engine.start(definition, {"n": 1}, Desk(), message="ask", payload={"q": "?"})
    assert case.data == {"n": 1, "question": {"q": "?"}}
    assert engine.start(definition, {}, Desk(), message="tell", payload=[1]).data == {"tell": [1]}
    assert engine.start(definition, {}, Desk()).data == {}
    with pytest.raises(engine.NotWaiting):
        engine.start(definition, {}, Desk(), message="other")


def test_messages_are_thrown_to_the_host():
    drawing = process(
        start(), send("s", "refund_started", "invoice", key="= no", amount="= pay.amount", why="退保"),
        send("t", "done", "order", tag="intermediateThrowEvent"), end(), flows="start > s > t > end",
    )  # fmt: skip
    _, host = begin(define(drawing), no="BH1", pay={"amount": 5})
    assert host.sent == [
        ("refund_started", "invoice", "BH1", {"amount": 5, "why": "退保"}),
        ("done", "order", None, {}),
    ]


def test_a_call_sees_its_callers_data_and_gives_back_what_it_wrote():
    files = [
        process(start(), call("c", "q"), user("z"), end(), flows="start > c > z > end"),
        process(start("q1"), service("s", "double", "twice", n="= n"), user("a", result="n"),
                service("t", "double", "more", n="= n"), end("q2"), id="q", flows="q1 > s > a > t > q2"),
    ]  # fmt: skip
    case, host = begin(define(*files), Desk(double=lambda n: n * 2), n=1)
    case = again(case)
    assert case.data == {"n": 1}
    case.complete(token(case, "a"), 21, host)
    assert tasks(again(case)) == ["z"]
    assert case.data == {"n": 21, "twice": 2, "more": 42}


def test_an_operation_may_leave_by_its_error_event():
    def place() -> None:
        raise engine.BpmnError("OFFLINE")

    drawing = process(
        start(), service("s", "place"), boundary("off", "s", error="OFFLINE"), boundary("any", "s", error=""),
        user("a"), user("b"), end(), flows="start > s > end; off > a > end; any > b > end",
    )  # fmt: skip
    case, host = begin(define(drawing), Desk(place=place))
    assert tasks(case) == ["a"]
    case, host = begin(define(drawing), Desk(place=engine.OUTSIDE))
    case = again(case)
    case.fail(token(case, "s"), "WHATEVER", host)
    assert tasks(case) == ["b"]
    assert lines(host, "failed")[0]["code"] == "WHATEVER"


def test_a_message_beside_a_task_may_come_again_and_again():
    drawing = process(
        start(), user("a"), boundary("note", "a", message="note", interrupting=False),
        service("log", "log", x="= note.n"), end(), end("e2"), flows="start > a > end; note > log > e2",
    )  # fmt: skip
    seen = []
    case, host = begin(define(drawing), Desk(log=lambda x: seen.append(x) or {"seen": x}))
    for n in (1, 2, 3):
        case = again(case)
        case.deliver(token(case, "note"), "note", {"n": n}, host)
    complete(case, "a", host)
    assert (seen, case.ended) == ([1, 2, 3], True)
