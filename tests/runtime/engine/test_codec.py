"""Stored state: small, the same whatever lies behind, readable for ever."""

import json
from datetime import datetime
from statistics import median
from time import perf_counter

import pytest

from app.runtime import codec, engine
from tests.runtime.engine.bpmn import end, gateway, process, start, sub, user
from tests.runtime.engine.drawings import DRAWINGS
from tests.runtime.engine.golden.write import FOLDER
from tests.runtime.engine.lockstep import Outside, act, opened
from tests.runtime.engine.play import Desk, again, begin, complete, define, token
from tests.runtime.engine.stock import Stock


@pytest.mark.parametrize("version", range(1, codec.VERSION + 1))
def test_states_stored_by_each_version_are_read_and_go_on(version):
    for stored in json.loads((FOLDER / f"codec_{version}.json").read_text()):
        case = engine.load(define(*(text.encode() for text in stored["drawings"])), stored["state"].encode())
        assert opened(case) == [tuple(pair) for pair in stored["open"]]
        due = [datetime.fromisoformat(text) for text in stored["due"]]
        assert [timer.due_at for timer in case.waiting().timers] == due
        assert case.data["人"] == ["甲", {"n": 1.5}]
        desk = Outside()
        for _ in range(60):
            if case.ended:
                break
            act(case, opened(case)[0], desk)
            case = again(case)


def test_a_state_says_which_codec_and_library_wrote_it():
    case, _ = begin(define(*DRAWINGS["straight"]), Outside())
    stored = json.loads(case.dump())
    assert (stored["v"], stored["s"]) == (codec.VERSION, "3.2.0")
    with pytest.raises(ValueError, match="99"):
        engine.load(case.definition, json.dumps({**stored, "v": 99}).encode())


@pytest.mark.parametrize("name", DRAWINGS)
def test_a_state_is_small_and_dumping_it_changes_nothing(name):
    case, _ = begin(define(*DRAWINGS[name]), Outside(), x=9)
    blob = case.dump()
    assert len(blob) < 700
    assert case.dump() == blob == again(case).dump()


LOOPS = {
    "in line": process(
        start(), gateway("in"), user("a"), gateway("g", default="g-end"), end(),
        flows="start > in > a > g; g > in [a.more]; g > end"),
    "in a branch": process(
        start(), gateway("f", "parallel"), gateway("in"), user("a"), gateway("g", default="g-j"), user("b"),
        gateway("j", "parallel"), end(), flows="start > f; f > in > a > g; g > in [a.more]; g > j; f > b > j; j > end"),
    "in a sub-process": process(
        start(), sub("s", start("s1"), gateway("in"), user("a"), gateway("g", default="g-e1"), end("e1"),
                     flows="s1 > in > a > g; g > in [a.more]; g > e1"), end(), flows="start > s > end"),
    "around a join": process(
        start(), gateway("in"), gateway("f", "parallel"), user("a"), user("c"), gateway("j", "parallel"),
        gateway("g", default="g-end"), end(),
        flows="start > in > f; f > a > j; f > c > j; j > g; g > in [a.more]; g > end"),
}  # fmt: skip


@pytest.mark.parametrize("name", LOOPS)
def test_a_thousand_rounds_cost_what_one_does(name):
    case, desk = begin(define(LOOPS[name]))

    def round_() -> None:
        nonlocal case
        for element in ("c", "a") if name == "around a join" else ("a",):
            complete(case, element, desk, more=True)
        case = again(case)

    round_()
    after_one, tokens = len(case.dump()), len(case._running.tasks)
    for _ in range(1000):
        round_()
    assert len(case.dump()) <= after_one + 12  # the numbers have more digits
    assert len(case._running.tasks) == tokens


def test_a_step_is_far_faster_than_the_librarys_own_and_within_its_budget():
    drawing = DRAWINGS["first event in a loop"]
    definition, desk = define(*drawing), Desk()
    case, _ = begin(definition, desk)
    blob, name = case.dump(), token(case, "change")

    def ours() -> None:
        stored = engine.load(definition, blob)
        stored.deliver(name, "change", {}, desk)
        stored.dump()

    stock = Stock(drawing, {})
    kept = stock.serializer.serialize_json(stock.workflow)

    def theirs() -> None:
        stock.workflow = stock.serializer.deserialize_json(kept)
        stock.act("message", "change")

    assert len(blob) * 10 < len(kept)
    times: dict[str, list[float]] = {"ours": [], "theirs": []}
    for _ in range(40):
        for which, act_ in (("ours", ours), ("theirs", theirs)):
            begun = perf_counter()
            act_()
            times[which].append(perf_counter() - begun)
    assert median(times["ours"]) < 0.0008
    assert median(times["ours"]) * 3 < median(times["theirs"])
