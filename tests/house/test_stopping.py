"""A worker that is told to stop finishes the row in hand and gives the others back."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app.db import db, transaction
from app.jobs import queue
from app.jobs.models import DONE, DUE, Job
from app.jobs.relay import CARRY
from app.processes import Process
from tests.support.waiting import until

pytestmark = pytest.mark.both_databases


def test_a_stopping_worker_finishes_one_row_and_gives_the_others_back(
    app: Flask, start: Callable[..., Process], tmp_path: Path
) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go_on"
    with app.app_context():
        with transaction():
            rows = [queue.post("trial/wait", {"begun": str(begun), "go_on": str(go_on)}) for _ in range(3)]
            for row in rows:
                row.offered_at = row.run_at
            db.session.flush()
            ids = [row.id for row in rows]
        carrier = Queue(app.config["QUEUE"], connection=queue.connection(), serializer=JSONSerializer)
        carrier.enqueue(CARRY, args=(ids,))

    process = start("tests.house.trial_worker")
    until(begun.exists, 40, what=process.tail())
    process.signal(signal.SIGTERM)
    process.signal(signal.SIGTERM)
    assert not process.wait(0.5), "it must not drop the row in hand"
    go_on.touch()
    assert process.wait(20), process.tail()
    assert process.status == 0, process.tail()

    with app.app_context():
        first, *others = [db.session.get_one(Job, identity) for identity in ids]
        assert (first.state, first.attempt) == (DONE, 1)
        for row in others:
            assert (row.state, row.attempt, row.offered_at, row.lease_until) == (DUE, 0, None, None)
