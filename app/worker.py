"""The RQ worker: carries job rows. A handler runs between short transactions, never inside one."""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import FrameType
from typing import Any

import orjson
import structlog
from flask import Flask, current_app
from redis import Redis
from redis.exceptions import RedisError
from rq import Queue, SimpleWorker
from rq.exceptions import StopRequested
from rq.job import Job as RqJob
from rq.serializers import JSONSerializer
from rq.timeouts import JobTimeoutException
from rq.worker import WorkerStatus

from app import clock, starting
from app.db import db, transaction
from app.jobs import queue
from app.jobs.models import ANSWERED, DONE, Job
from app.runtime import carrying, inbox
from app.runtime.operations import OpContext
from app.runtime.step import catalogue
from app.statements import Statement, one

log = structlog.get_logger("worker")
_STANDS = Statement("SELECT kind, state FROM job WHERE id = :id")
AGAIN = 1.0  # seconds before Redis is tried again
ALIVE_EVERY = 15.0  # seconds between two words to Redis that this worker lives
_app: Flask | None = None


class Carrier(SimpleWorker):
    """Told to stop, it finishes the row in hand and gives the others back; a second signal changes nothing.

    It takes no commands through Redis: the thread that would listen for them holds up its end for a minute when
    Redis dies. And it keeps no books there: the rows say what runs, ran or failed, RQ only hands ids over. What it
    would write of each load (states, registries, heartbeats) cost as much as a third of the work.
    """

    max_connection_wait_time = 2.0
    told_to_stop = False
    alive_until = 0.0

    def execute_job(self, job: RqJob, queue: Queue) -> None:
        """Forget the load in Redis and carry it; if this process dies now, the rows are offered again."""
        self._state = WorkerStatus.BUSY
        with suppress(RedisError), self.connection.pipeline(transaction=False) as pipe:
            pipe.lrem(queue.intermediate_queue_key, 1, job.id)
            pipe.delete(job.key)
            pipe.execute()
        try:
            with self.death_penalty_class(job.timeout or queue.DEFAULT_TIMEOUT, JobTimeoutException, job_id=job.id):
                job.perform()
        except Exception as error:
            log.exception("load not carried", error=type(error).__name__)
        finally:
            self._state = WorkerStatus.IDLE

    def set_state(self, state: str, pipeline: Any = None) -> None:
        self._state = state

    def heartbeat(self, timeout: int | None = None, pipeline: Any = None) -> None:
        """Once in a while, not three times a load."""
        if pipeline is not None or time.monotonic() > self.alive_until:
            self.alive_until = time.monotonic() + ALIVE_EVERY
            super().heartbeat(timeout, pipeline)

    def check_for_suspension(self, burst: bool) -> None:
        """Outside calls are paused by the house flag, which every claim asks."""

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        if Carrier.told_to_stop:
            return
        Carrier.told_to_stop = self._stop_requested = True
        if self.get_state() != WorkerStatus.BUSY:
            raise StopRequested

    def subscribe(self) -> None:
        """Listen to nobody."""

    def unsubscribe(self) -> None:
        """Nobody was listened to."""


def carry(ids: list[int]) -> None:
    """What RQ calls: carry these rows, each in its own transactions."""
    _each(ids, carry_one)


def call(ids: list[int]) -> None:
    """The same for rows that are to be performed: claimed at once, without a look at how they stand."""

    def work(job_id: int) -> None:
        if not _perform(job_id):
            carry_one(job_id)

    _each(ids, work)


def _each(ids: list[int], work: Callable[[int], None]) -> None:
    assert _app is not None  # main() made it before the first job
    with _app.app_context():
        for position, job_id in enumerate(ids):
            if Carrier.told_to_stop:
                _give_back(ids[position:])
                return
            try:
                work(job_id)
            except Exception as error:
                log.exception("job not carried", job=job_id, error=type(error).__name__)
            finally:
                db.session.remove()


def _give_back(ids: list[int]) -> None:
    """Rows not begun are offered again at once, not when their offer grows old."""
    with transaction():
        queue.give_back(ids)


def hand_out(ids: list[int]) -> None:
    """RQ calls this, too: deliver these messages of the inbox."""
    assert _app is not None
    with _app.app_context():
        for message_id in ids:
            if Carrier.told_to_stop:
                return
            try:
                inbox.redeliver(message_id)
            except Exception as error:
                log.exception("message not delivered", message=message_id, error=type(error).__name__)
            finally:
                db.session.remove()


def carry_one(job_id: int) -> None:
    """Whatever the row needs next; harmless if another worker did it."""
    found = one(_STANDS, id=job_id)
    if found is None:
        return
    kind, state = found
    if kind == "timer":
        carrying.fire(job_id)
    elif state == ANSWERED:
        carrying.settle(job_id)
    elif state != DONE:
        _perform(job_id)


def _perform(job_id: int) -> bool:
    """Whether it was this worker's to perform; done or failed, its row says what came of it."""
    with transaction():
        job = queue.claim(job_id)
    if job is None:
        return False
    context = OpContext(
        key=job.place,
        policy=job.policy,
        now=clock.now(),
        element=job.element,
        idempotency=job.key,
        attempt=job.attempt,
    )
    kind, name, attempt, payload = job.kind, job.name, job.attempt, orjson.loads(job.payload)
    try:
        result = _call(context, payload, name) if kind == "call" else _errand(payload, name, context.idempotency)
    except Exception as error:
        db.session.rollback()
        log.warning("job failed", job=job_id, name=name, attempt=attempt, error=type(error).__name__)
        with transaction():
            reason = queue.failed(job_id, attempt, error)
            if reason is not None:
                carrying.gave_up(db.session.get_one(Job, job_id), reason)
        return True
    db.session.rollback()
    if result is queue.MORE:
        with transaction():
            queue.handed_back(job_id, attempt)
        return True
    if kind == "call" and carrying.settle_at_once(job, result):
        return True
    with transaction():
        if callable(result):  # what an errand leaves to be written with the word that it is done
            result = result()
        kept = queue.answered(job_id, attempt, result, done=kind != "call")
    if kept and kind == "call":
        carrying.settle(job_id)
    return True


def _call(context: OpContext, payload: Mapping[str, Any], name: str) -> Any:
    return catalogue().operations[name].run(context, **payload)


def _errand(payload: Mapping[str, Any], name: str, key: str) -> Any:
    return current_app.extensions["handlers"][name](payload, key=key)


def main(app: Flask | None = None) -> None:
    """Run until told to stop; SIGTERM finishes the row in hand."""
    global _app
    _app = app or starting.process()
    with _app.app_context():
        connection = queue.connection()
        name = _app.config["QUEUE"]
    rq = Queue(name, connection=connection, serializer=JSONSerializer)
    with suppress(StopRequested):
        while not Carrier.told_to_stop:
            _work(rq, connection)


def _work(rq: Queue, connection: Redis) -> None:
    """Until told to stop; RQ's worker also ends when Redis is away at the wrong moment: then another one follows."""
    try:
        Carrier([rq], connection=connection, serializer=JSONSerializer, log_job_description=False).work(
            logging_level="WARNING"
        )
    except RedisError as error:
        log.warning("worker waits", error=type(error).__name__)
    if not Carrier.told_to_stop:
        time.sleep(AGAIN)


if __name__ == "__main__":
    import app.worker as worker  # noqa: PLW0406 - RQ finds carry() in this module, not in __main__

    worker.main()
