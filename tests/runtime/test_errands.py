"""Errands: work beside the cases. What can pass is tried again, what can not waits for a person."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from app import worker
from app.db import Changed, transaction
from app.errors import NotFound
from app.jobs import queue, relay
from app.jobs.models import Job
from app.runtime import incidents
from app.runtime.models import Incident
from tests.runtime import trial
from tests.support.time import later

pytestmark = pytest.mark.both_databases


@pytest.fixture
def post(app_context: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
    """`post(error, …)` posts an errand that meets these errors, one a time, before it is done; returns its times."""

    def posted(*errors: Exception) -> list[int]:
        left, done = list(errors), []

        def handler(payload: dict[str, Any], *, key: str) -> None:
            if left:
                raise left.pop(0)
            done.append(payload["number"])

        monkeypatch.setitem(app_context.extensions["handlers"], "trial/errand", handler)
        with transaction():
            queue.post("trial/errand", {"number": 1}, key="T1")
        return done

    return posted


def carry_due() -> None:
    with transaction():
        ids = [job.id for job in relay.due()]
    for identity in ids:
        worker.carry_one(identity)


def test_an_errand_that_lost_a_race_is_done_again(post):
    done = post(Changed())
    carry_due()
    with later(seconds=5):
        carry_due()
    assert done == [1]
    assert not trial.rows(Incident)


def test_an_operator_has_a_failed_errand_done_again(post):
    done = post(NotFound("没有这个文件"))
    carry_due()
    (incident,) = trial.rows(Incident)
    assert (incident.kind, incident.message, done) == ("errand", "没有这个文件", [])
    with transaction():
        incidents.retry(incident.id, by=trial.CLERK)
    carry_due()
    assert done == [1]
    assert [job.state for job in trial.rows(Job)] == ["done"]
