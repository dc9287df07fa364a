"""The relay offers a row to the workers: once, however long they are away, and again if it is lost."""

import pytest
import redis
from flask import Flask
from rq import Queue

from app.db import db, transaction
from app.jobs import queue, relay
from app.jobs.models import DUE, RUNNING, Job
from tests.support.time import later

pytestmark = pytest.mark.both_databases


@pytest.fixture
def rows(app_context: Flask, valkey: redis.Redis) -> list[int]:
    """Three errands; nobody works."""
    with transaction():
        posted = [queue.post("trial/wait", {}) for _ in range(3)]
        db.session.flush()
        return [row.id for row in posted]


def offered(app: Flask, valkey: redis.Redis) -> int:
    return Queue(app.config["QUEUE"], connection=valkey).count


def test_rows_wait_for_workers_that_are_away_for_hours(app: Flask, valkey: redis.Redis, rows: list[int]) -> None:
    for minutes in range(0, 240, 4):
        with later(minutes=minutes):
            relay.sweep()
    assert offered(app, valkey) == len(rows)
    assert {db.session.get_one(Job, identity).state for identity in rows} == {DUE}


def test_rows_that_went_with_redis_are_offered_again(app: Flask, valkey: redis.Redis, rows: list[int]) -> None:
    relay.sweep()
    valkey.flushall()
    relay.sweep()
    assert offered(app, valkey) == 0, "perhaps a worker has just taken them"
    with later(seconds=app.config["REOFFER_AFTER"] + 1):
        relay.sweep()
    assert offered(app, valkey) == len(rows)


def test_rows_that_were_taken_and_not_done_are_offered_again_while_a_younger_one_waits(
    app: Flask, valkey: redis.Redis, rows: list[int]
) -> None:
    wait = app.config["REOFFER_AFTER"] + 1
    relay.sweep()
    waiting = Queue(app.config["QUEUE"], connection=valkey)
    waiting.pop_job_id()
    with later(seconds=wait):
        with transaction():
            queue.post("trial/wait", {})
        relay.sweep()
        assert offered(app, valkey) == len(rows), "two of the first and the new one"
    for _ in range(len(rows) - 1):
        waiting.pop_job_id()
    with later(seconds=2 * wait):
        relay.sweep()
    assert offered(app, valkey) == len(rows) + 1, "the first three again, and the new one still"


def test_rows_whose_worker_died_are_offered_once_and_wait_like_others(
    app: Flask, valkey: redis.Redis, rows: list[int]
) -> None:
    relay.sweep()
    waiting = Queue(app.config["QUEUE"], connection=valkey)
    for identity in rows:
        waiting.pop_job_id()
        with transaction():
            assert queue.claim(identity)
    with later(seconds=app.config["LEASE_SECONDS"] + 1):
        for _ in range(60):
            relay.sweep()
    assert offered(app, valkey) == len(rows)
    assert {db.session.get_one(Job, identity).state for identity in rows} == {RUNNING}
