"""The relay: offers due rows to RQ. Several may run; a row offered and not taken is offered again."""

import signal
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import redis
import structlog
from flask import Flask, current_app
from rq import Queue
from rq.serializers import JSONSerializer
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app import starting
from app.audit import chain
from app.db import database_now, db, transaction
from app.jobs import queue, rounds
from app.jobs.models import ANSWERED, DUE, RUNNING, Job
from app.sealing import seal_json
from app.statements import Statement, later, rows

log = structlog.get_logger("relay")
BATCH, AT_ONCE = 20, 500
SEAL_EVERY = 0.3  # seconds between two looks for lines of the trail that are to be chained
GATHER, BEHIND = 0.03, 0.12  # seconds; what is posted one after the other is offered together, the more so while
# workers are behind: what waits in Redis already keeps them busy
OFFERS = 50  # a row taken so often without an end kills its workers; a person must look
CARRY, CALL = "app.worker.carry", "app.worker.call"
OFFER = Statement(  # its conditions stand as the partial index has them: SQLite uses it for nothing else
    "UPDATE job SET offered_at = :now, offers = offers + 1 WHERE id IN (SELECT id FROM job "  # noqa: S608
    "WHERE state IN ('due', 'running', 'answered') AND run_at <= :now "
    "AND (state IN ('due', 'answered') OR state = 'running' AND lease_until < :now) "
    f"AND (offered_at IS NULL OR offered_at < :again) AND {queue.ALLOWED} "
    "ORDER BY run_at LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING id, kind, state, name, offers, run_at"
)
_GIVE_UP = Statement("UPDATE job SET state = 'failed', error = :error WHERE id = :id")
Source = tuple[str, Callable[[], list[int]]]  # a worker's function, and what gives it ids; runtime adds its inbox


class Offered(NamedTuple):
    """A row to hand to a worker."""

    id: int
    kind: str
    state: str
    name: str
    offers: int
    run_at: Any


def due(limit: int = AT_ONCE, *, now: datetime | None = None, waiting_since: datetime | None = None) -> list[Offered]:
    """Lock and mark the rows to offer now; the caller commits.

    A row offered a while ago is offered again if it has left Redis's queue, taken by somebody or emptied: if what
    waits there now was offered later (`waiting_since`). However long no worker comes, it waits there once.
    """
    now = now or database_now()
    again = now - timedelta(seconds=current_app.config["REOFFER_AFTER"])
    if waiting_since is not None:
        again = min(again, waiting_since)
    found = rows((OFFER, {"now": now, "again": again, "limit": limit}))[0]
    return sorted((Offered(*row) for row in found), key=lambda job: (job.run_at, job.id))


def sweep() -> int:
    """Offer what is due; returns how many rows."""
    oldest = _oldest_offer()
    with transaction():
        now = database_now()
        rounds.post_due(now)
        jobs = due(now=now, waiting_since=oldest)
        worn = [job for job in jobs if job.offers > OFFERS]
        later(_GIVE_UP, ({"id": job.id, "error": seal_json("多次派发仍未完成", "job.error")} for job in worn))
        for job in worn:
            queue.post("runtime/gave_up", {"job": job.id}, key=f"gave-up:{job.id}")
        sources: list[Source] = current_app.extensions["relay_sources"]
        loads = _loads([job for job in jobs if job not in worn])
        for function, ids in ((function, more()) for function, more in sources):
            loads += [(function, part) for part in _parts(ids)]
    if loads:
        _offer(loads, now)
    return sum(len(ids) for _function, ids in loads)


def _loads(jobs: list[Offered]) -> list[tuple[str, list[int]]]:
    """Steps of instances travel in batches, outside calls and errands alone."""
    steps = [job.id for job in jobs if job.kind == "timer" or job.state == ANSWERED]
    alone = [[job.id] for job in jobs if not (job.kind == "timer" or job.state == ANSWERED)]
    return [(CARRY, ids) for ids in _parts(steps)] + [(CALL, ids) for ids in alone]


def _parts(ids: list[int]) -> list[list[int]]:
    return [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]


def _offer(loads: list[tuple[str, list[int]]], now: datetime) -> None:
    at = now.isoformat()
    data = [Queue.prepare_data(name, args=(ids,), description=at, result_ttl=0, failure_ttl=60) for name, ids in loads]
    _queue().enqueue_many(data)


def _oldest_offer() -> datetime | None:
    """When the first of those that wait in Redis was offered; None if nothing waits."""
    rq = _queue()
    first = rq.get_job_ids(0, 1)
    at = rq.connection.hget(rq.job_class.key_for(first[0]), "description") if first else None
    return datetime.fromisoformat(at.decode()) if isinstance(at, bytes) else None


def _queue() -> Queue:
    return Queue(
        current_app.config["QUEUE"], connection=queue.connection(), serializer=JSONSerializer, default_timeout=300
    )


def lag(now: datetime | None = None) -> float:
    """Seconds the oldest due row has been waiting; 0 if none does."""
    now = now or database_now()
    oldest = db.session.scalar(
        select(Job.run_at).where(Job.state.in_((DUE, RUNNING, ANSWERED))).order_by(Job.run_at).limit(1)
    )
    return max(0.0, (now - oldest).total_seconds()) if oldest else 0.0


class Relay:
    """The process: sweep, wait for a nudge or a second, sweep again; SIGTERM ends it between two sweeps. Between
    sweeps it chains the audit trail."""

    def __init__(self, app: Flask):
        self.app, self.stopping = app, False
        self.sealed_at, self.broken = 0.0, ""

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)
        with self.app.app_context():
            while not self.stopping:
                self._once()

    def _stop(self, *_: Any) -> None:
        self.stopping = True

    def _once(self) -> None:
        every = float(self.app.config["RELAY_EVERY"])
        try:
            wait = min(every, SEAL_EVERY) if self._seal() else every
            if sweep() >= AT_ONCE:
                return
            db.session.rollback()
            if queue.connection().blpop([f"{queue.NUDGE}:{self.app.config['QUEUE']}"], timeout=wait):
                time.sleep(GATHER if _oldest_offer() is None else BEHIND)
        except (redis.RedisError, DBAPIError) as error:
            log.warning("relay waits", error=type(error).__name__)
            db.session.rollback()
            time.sleep(every)

    def _seal(self) -> bool:
        """Chain lines of the trail; whether there may be more soon. A broken chain is said once."""
        if time.monotonic() - self.sealed_at < SEAL_EVERY:
            return True
        try:
            chained, self.broken = chain.advance(), ""
        except chain.Broken as broken:
            if self.broken != broken.message:
                log.error("audit trail is not chained", error=broken.message)
            chained, self.broken = 0, broken.message
        if chained < chain.BATCH:
            self.sealed_at = time.monotonic()
        return chained > 0


def main() -> None:
    Relay(starting.process()).run()


if __name__ == "__main__":
    main()
