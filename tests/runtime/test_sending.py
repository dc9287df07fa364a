"""One case tells another: every message once, its content for nobody else."""

import pytest

from app import runtime, worker
from app.db import transaction
from app.jobs.models import Job
from app.runtime import definitions
from app.runtime.models import InboxMessage
from tests.runtime import trial
from tests.runtime.engine import bpmn

pytestmark = pytest.mark.both_databases


def begin(*shapes: bytes | str, flows: str, **data: object) -> None:
    with transaction():
        files = {"process.bpmn": bpmn.process(*shapes, flows=flows).decode()}
        definitions.publish("teller", files, by=trial.CLERK)
    with transaction():
        runtime.start("teller", key="T1", data=data, by=trial.CLERK)


def test_what_is_said_between_cases_is_sealed_on_its_way(app_context):
    begin(
        bpmn.start(), bpmn.send("tell", "news", "other", key="O1", bidder="=name"), bpmn.end("over"),
        flows="start > tell > over", name="Xiangjian",
    )  # fmt: skip
    (job,) = trial.rows(Job)
    assert "Xiangjian" not in job.payload
    worker.carry_one(job.id)
    worker.carry_one(job.id)
    (message,) = trial.rows(InboxMessage)
    assert (message.key, message.payload) == ("O1", {"bidder": "Xiangjian"})


def test_a_shape_passed_twice_in_one_step_tells_twice(app_context):
    begin(
        bpmn.start(), bpmn.gateway("fork", "parallel"), bpmn.gateway("aside"), bpmn.gateway("both"),
        bpmn.send("tell", "news", "other", key="O1"), bpmn.end("over"),
        flows="start > fork; fork > both > tell > over; fork > aside > both",
    )  # fmt: skip
    for job in trial.rows(Job):
        worker.carry_one(job.id)
    assert len(trial.rows(InboxMessage)) == 2
