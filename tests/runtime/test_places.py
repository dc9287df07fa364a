"""Where a case stands, counted as people count it, and its way as they tell it."""

from datetime import timedelta

import pytest
from flask import Flask

from app import runtime, worker
from app.db import db, transaction
from app.errors import Unavailable
from app.jobs import relay
from app.runtime import definitions, timeline
from app.runtime.models import Instance, UserTask
from app.runtime.places import Place, places
from app.runtime.way import way
from tests.runtime import trial
from tests.runtime.engine import bpmn


@pytest.fixture(autouse=True)
def policy(app_context: Flask) -> Flask:
    trial.install(app_context)
    return app_context


def carry_due() -> None:
    with transaction():
        ids = [job.id for job in relay.due()]
    for identity in ids:
        worker.carry_one(identity)


def case(key: str = "T1") -> Instance:
    db.session.rollback()
    return db.session.scalars(db.select(Instance).where(Instance.key == key)).one()


def where(key: str = "T1") -> list[tuple[str, str]]:
    return [(place.kind, place.element) for place in places(case(key))]


def test_what_waits_behind_one_event_gateway_is_one_wait_with_its_time_limit() -> None:
    trial.begin()
    assert where() == [("call", "ask")]
    carry_due()
    (place,) = places(case())
    assert (place.kind, place.element) == ("message", "first")
    assert place.due is not None
    assert timedelta(minutes=29) < place.due - place.since <= timedelta(minutes=30)


def test_a_task_is_its_lanes_until_somebody_takes_it() -> None:
    trial.begin()
    carry_due()
    trial.tell("T1")
    (place,) = places(case())
    assert (place.kind, place.holder) == ("task", "业务运营")
    (task,) = trial.rows(UserTask)
    with transaction():
        runtime.claim(task.id, by=trial.CLERK)
    assert places(case())[0].holder == "王审核员"


def test_a_call_that_became_an_incident_is_counted_once() -> None:
    trial.answers["T1"] = ValueError("说不通")
    trial.begin()
    carry_due()
    (place,) = places(case())
    assert (place.kind, place.element) == ("incident", "ask")
    drawn = timeline.path("trial", "T1")
    assert drawn["current"] == []
    assert [one["element"] for one in drawn["incidents"]] == ["ask"]
    assert way(case())[-1]["state"] == "stop"


def begin_inside(*, busy: bool) -> Place:
    """A case in a sub-process with a time limit and a way out at its edge; the one place it counts."""
    inner = bpmn.user("check", name="核对") if busy else bpmn.receive("reply", "answer")
    flows = "in > check > out" if busy else "in > reply > out"
    diagram = bpmn.process(
        bpmn.start(), bpmn.sub("review", bpmn.start("in"), inner, bpmn.end("out"), flows=flows),
        bpmn.boundary("limit", "review", duration="PT2H"), bpmn.boundary("gone", "review", message="withdrawn"),
        bpmn.end("done"), bpmn.end("late"), bpmn.end("withdrawn"),
        flows="start > review > done; limit > late; gone > withdrawn",
    )  # fmt: skip
    with transaction():
        definitions.publish("trial", {"process.bpmn": diagram.decode()}, by=trial.CLERK)
    trial.begin("T2")
    (place,) = places(case("T2"))
    return place


def test_what_waits_at_an_edge_is_the_shapes_time_limit_and_no_place_of_its_own() -> None:
    place = begin_inside(busy=True)
    assert (place.kind, place.element, place.name) == ("task", "check", "核对")
    assert place.due is not None
    assert place.due - place.since == timedelta(hours=2)


def test_a_wait_inside_a_sub_process_has_the_sub_processs_time_limit() -> None:
    place = begin_inside(busy=False)
    assert (place.kind, place.element) == ("message", "reply")
    assert place.due is not None
    assert place.due - place.since == timedelta(hours=2)


def test_the_way_tells_who_did_what_and_leaves_housekeeping_out() -> None:
    trial.begin()
    carry_due()
    trial.tell("T1")
    (task,) = trial.rows(UserTask)
    with transaction():
        runtime.complete(task.id, {"comment": "材料齐全"}, by=trial.CLERK)
    told = way(case(), remarks=True)
    assert [(one["what"], one["who"]) for one in told if one.get("who")] == [
        ("start", "王审核员"),
        ("approve", "王审核员"),
    ]
    assert "ask" in [one["what"] for one in told]
    assert "paid" in [one["what"] for one in told]
    assert "keep" not in [one["what"] for one in told], "an operation that moves no state"
    assert [one["said"] for one in told if one.get("said")] == ["材料齐全"]
    assert not [one for one in way(case()) if one.get("said")]


def test_the_tag_changes_with_what_the_drawing_shows() -> None:
    trial.begin()
    seen = [timeline.tag("trial", "T1")]
    assert timeline.tag("trial", "T1") == seen[0]
    carry_due()
    seen.append(timeline.tag("trial", "T1"))
    trial.tell("T1")
    seen.append(timeline.tag("trial", "T1"))
    (task,) = trial.rows(UserTask)
    with transaction():
        runtime.claim(task.id, by=trial.CLERK)
    seen.append(timeline.tag("trial", "T1"))
    assert len(set(seen)) == 4


def test_a_silent_outside_is_no_incident_while_it_is_tried_again() -> None:
    trial.answers["T1"] = Unavailable("连接不上")
    trial.begin()
    carry_due()
    assert where() == [("call", "ask")]
