"""What the relay offers: a row that nobody takes waits, one that ends its workers is given up."""

import pytest
from flask import Flask

from app import worker
from app.db import transaction
from app.jobs import queue, relay
from app.jobs.models import Job
from app.runtime import incidents
from app.runtime.models import Incident
from tests.runtime import trial
from tests.support.time import later

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def case(app_context: Flask) -> None:
    """A case with one call due, and an empty queue."""
    queue.connection().delete(f"rq:queue:{app_context.config['QUEUE']}")
    trial.install(app_context)
    trial.begin()


def test_hours_without_a_worker_cost_no_row_its_life():
    for minute in range(120):
        with later(minutes=minute):
            relay.sweep()
    assert [job.state for job in trial.rows(Job)] == ["due"]
    assert not trial.rows(Incident)


def test_a_row_that_ends_every_worker_that_takes_it_is_given_up(app: Flask):
    for minute in range(relay.OFFERS + 1):
        with later(minutes=minute):
            relay.sweep()
        queue.connection().delete(f"rq:queue:{app.config['QUEUE']}")  # taken, and the worker died of it
    with later(minutes=relay.OFFERS + 1):
        for job in trial.rows(Job):
            worker.carry_one(job.id)
        (incident,) = trial.rows(Incident)
        assert incident.kind == "call"
        with transaction():
            incidents.retry(incident.id, by=trial.CLERK)
        assert "due" in [job.state for job in trial.rows(Job)]
