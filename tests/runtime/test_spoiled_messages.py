"""A message whose path can not be gone does not hold up its case: it is put by, and a person sees it."""

import pytest
from flask import Flask

from app import runtime, worker
from app.db import db, retrying, transaction
from app.jobs import relay
from app.runtime import definitions, inbox, incidents
from app.runtime.models import ENDED, InboxMessage, Incident, Instance, UserTask
from tests.runtime import trial
from tests.runtime.engine import bpmn
from tests.support.time import later

pytestmark = [pytest.mark.both_databases, pytest.mark.usefixtures("app_context")]


def diagram() -> bytes:
    return bpmn.process(
        bpmn.start(),
        bpmn.user("approve", form="trial/approve", result="decision"),
        bpmn.end("approved"),
        bpmn.boundary("spoilt", "approve", message="spoilt", interrupting=False),
        bpmn.service("stumble", "trial/note", text="fail"),
        bpmn.end("stumbled"),
        bpmn.boundary("sound", "approve", message="sound", interrupting=False),
        bpmn.service("heard", "trial/note", text="sound"),
        bpmn.end("done"),
        bpmn.boundary("late", "approve", duration="PT1H", interrupting=False),
        bpmn.service("remind", "trial/note", text="late"),
        bpmn.end("reminded"),
        flows="""start > approve > approved; spoilt > stumble > stumbled; sound > heard > done;
        late > remind > reminded""",
    )


@pytest.fixture(autouse=True)
def spoilt(app: Flask) -> int:
    """A case whose first message can not be taken; the message."""
    with app.app_context():
        trial.install(app)
        with transaction():
            definitions.publish("trial", {"process.bpmn": diagram().decode()}, by=trial.CLERK)
        trial.begin()
        return trial.tell("T1", "spoilt")


def open_incidents() -> list[tuple[str, str, str]]:
    return [(one.kind, one.element, one.message) for one in trial.rows(Incident) if one.status == "open"]


STANDS = [("message", "spoilt", "收到的消息不能办理：现在不行")]


def test_it_stands_as_one_incident_where_it_was_waited_for(spoilt: int) -> None:
    inbox.redeliver(spoilt)
    inbox.redeliver(spoilt)
    assert open_incidents() == STANDS
    assert [m.delivered_at for m in trial.rows(InboxMessage)] == [None]


def test_another_message_is_taken(spoilt: int) -> None:
    trial.noted.clear()
    trial.tell("T1", "sound", request_id="r2")
    assert trial.noted == [("T1", "sound")]
    assert open_incidents() == STANDS


def test_a_person_completes_the_task() -> None:
    with transaction():
        runtime.complete(trial.rows(UserTask)[0].id, {}, by=trial.CLERK)
    assert trial.rows(Instance)[0].status == ENDED


def test_a_timer_fires() -> None:
    with later(hours=2):
        carry_due()
    assert ("T1", "late") in trial.noted
    assert open_incidents() == STANDS


def test_one_that_comes_before_anybody_could_see_it_does_not_harm_a_person_either() -> None:
    """Told and not yet delivered, it is met by the person's own step."""
    trial.begin("T2")
    with transaction():
        runtime.receive("trial", "T2", "spoilt", {}, request_id="r3", sender="bank")
        runtime.receive("trial", "T2", "sound", {}, request_id="r4", sender="bank")
    task = next(task.id for task in trial.rows(UserTask) if task.key == "T2")

    def edge() -> None:
        with transaction():
            runtime.tell("trial", "T2", "sound", {}, by=trial.CLERK)

    retrying(edge)
    assert [note for note in trial.noted if note[1] != "fail"] == [("T2", "sound")] * 2
    with transaction():
        runtime.complete(task, {}, by=trial.CLERK)
    assert [one.key for one in trial.rows(Incident)] == ["T1", "T2"]


def test_once_it_can_be_taken_it_is_and_the_incident_closes(spoilt: int) -> None:
    trial.answers["mended"] = True
    inbox.redeliver(spoilt)
    assert trial.noted[-1] == ("T1", "fail")
    assert open_incidents() == []
    assert trial.rows(InboxMessage)[0].delivered_at is not None


def test_an_operator_has_it_tried_again(spoilt: int) -> None:
    (incident,) = trial.rows(Incident)
    with transaction():
        incidents.retry(incident.id, by=trial.CLERK)
    carry_due()
    assert [one.status for one in trial.rows(Incident)] == ["retried", "open"]
    trial.answers["mended"] = True
    with transaction():
        incidents.retry(trial.rows(Incident)[-1].id, by=trial.CLERK)
    carry_due()
    assert trial.noted[-1] == ("T1", "fail")
    assert open_incidents() == []


def test_an_operator_sets_it_aside_for_good(spoilt: int) -> None:
    (incident,) = trial.rows(Incident)
    with transaction():
        incidents.resolve(incident.id, by=trial.CLERK, note="已与机构核实，无须办理")
    inbox.redeliver(spoilt)
    with later(hours=2):
        carry_due()
    assert open_incidents() == []
    assert trial.rows(InboxMessage)[0].delivered_at is not None


def carry_due() -> None:
    for _ in range(4):
        with transaction():
            jobs, messages = [job.id for job in relay.due()], inbox.overdue()
        for identity in jobs:
            worker.carry_one(identity)
        for identity in messages:
            inbox.redeliver(identity)
        db.session.rollback()
