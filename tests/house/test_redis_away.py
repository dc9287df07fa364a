"""A worker that loses Redis goes on as soon as it is back."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import redis
from flask import Flask
from rq import Queue
from rq.serializers import JSONSerializer

from app.db import db, transaction
from app.embedded import Valkey
from app.jobs import queue
from app.jobs.models import DONE, Job
from app.jobs.relay import CARRY
from app.processes import Process
from tests.support.waiting import until


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[Valkey]:
    """A server that the test may kill."""
    server = Valkey(tmp_path / "valkey", durable=False).start().wait()
    yield server
    server.stop()


def test_a_worker_whose_redis_dies_in_the_middle_of_a_row_carries_the_next_one_soon(
    app: Flask, start: Callable[..., Process], own_valkey: Valkey, tmp_path: Path
) -> None:
    def offer(name: str) -> int:
        with app.app_context():
            with transaction():
                row = queue.post("trial/wait", {part: str(tmp_path / f"{name}.{part}") for part in ("begun", "go_on")})
                db.session.flush()
                identity = row.id
            with redis.Redis.from_url(own_valkey.url) as client:
                Queue(app.config["QUEUE"], connection=client, serializer=JSONSerializer).enqueue(CARRY, [identity])
        return identity

    def done(identity: int) -> bool:
        with app.app_context():
            return db.session.get_one(Job, identity).state == DONE

    process = start("tests.house.trial_worker", REDIS_URL=own_valkey.url)
    first = offer("first")
    until((tmp_path / "first.begun").exists, 40, what=process.tail())
    own_valkey.process.signal(signal.SIGKILL)
    assert own_valkey.process.wait(5)
    (tmp_path / "first.go_on").touch()
    until(lambda: done(first), 10, what=process.tail())
    own_valkey.start().wait()

    (tmp_path / "second.go_on").touch()
    second = offer("second")
    until(lambda: done(second), 15, what=process.tail())
    assert process.alive, process.tail()
