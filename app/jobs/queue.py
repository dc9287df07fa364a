"""Job rows: post, claim, answer, fail. Redis carries ids only, so that emptying it loses nothing."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import orjson
import redis
from flask import current_app
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from app import clock
from app.db import Changed, after_commit, db, passes
from app.errors import AppError, Unavailable
from app.jobs.models import ANSWERED, DONE, DUE, FAILED, RUNNING, HouseFlag, Job
from app.sealing import seal_json
from app.statements import Statement, insert, later, one

NUDGE = "baohan:nudge"
ADD = insert(
    "job", "kind state instance_id token element name payload key run_at attempt attempts offers error created_at"
)
RESULT = "job.result"
INNER = ("timer", "message")  # what stays in the house goes on while outside calls are paused
ALLOWED = (
    "(kind IN ('timer', 'message') OR NOT EXISTS "
    "(SELECT 1 FROM house_flag WHERE name = 'outside_calls_paused' AND value = 'yes'))"
)
_CLAIM = Statement(
    "UPDATE job SET state = 'running', attempt = attempt + 1, lease_until = clock(:lease) WHERE id = :id "  # noqa: S608
    "AND (state = 'due' AND run_at <= clock() OR state = 'running' AND lease_until < clock()) "
    f"AND {ALLOWED} RETURNING id, kind, name, payload, key, coalesce(element, ''), attempt, "
    "coalesce((SELECT i.policy FROM instance i WHERE i.id = instance_id), ''), "
    "coalesce((SELECT i.key FROM instance i WHERE i.id = instance_id), key), instance_id, coalesce(token, '')"
)
_ANSWER = Statement(
    "UPDATE job SET state = :state, result = :result, error = NULL, run_at = :now, done_at = :done_at "
    "WHERE id = :id AND state = 'running' AND attempt = :attempt RETURNING id"
)
_HAND_BACK = Statement(
    "UPDATE job SET state = 'due', attempt = attempt - 1, run_at = clock(), offered_at = NULL, offers = 0 "
    "WHERE id = :id AND state = 'running' AND attempt = :attempt RETURNING id"
)
MORE = object()
"""What a handler returns that did a portion of its work and kept how far it came."""
BACKOFF = (2, 10, 60, 180, 600, 1800)  # seconds before the second, third … attempt

_PAUSED = select(HouseFlag.value).where(HouseFlag.name == "outside_calls_paused", HouseFlag.value == "yes")


def post(
    name: str,
    payload: dict[str, Any],
    *,
    key: str = "",
    kind: str = "errand",
    run_at: datetime | None = None,
    attempts: int = 8,
) -> Job:
    """Add work in the caller's transaction. `payload` holds numbers and references, never names."""
    at = clock.now()
    job = Job(
        kind=kind,
        name=name,
        payload=orjson.dumps(payload).decode(),
        key=key,
        run_at=run_at or at,
        attempts=attempts,
        created_at=at,
    )
    db.session.add(job)
    after_commit(nudge)
    return job


def post_later(name: str, payload: dict[str, Any], *, key: str = "") -> None:
    """The same, written with the transaction's last round trip."""
    later(ADD, [row(kind="errand", name=name, payload=payload, key=key, at=clock.now())])
    after_commit(nudge)


def row(
    *,
    kind: str,
    name: str,
    at: datetime,
    payload: Any = None,
    key: str = "",
    instance_id: int | None = None,
    token: str | None = None,
    element: str | None = None,
    run_at: datetime | None = None,
    attempts: int = 8,
) -> dict[str, Any]:
    """A job for ADD."""
    return {
        "kind": kind,
        "state": DUE,
        "instance_id": instance_id,
        "token": token,
        "element": element,
        "name": name,
        "payload": orjson.dumps(payload or {}).decode(),
        "key": key,
        "run_at": run_at or at,
        "attempt": 0,
        "attempts": attempts,
        "offers": 0,
        "error": None,
        "created_at": at,
    }


class Claimed(NamedTuple):
    """A row leased to this worker; `policy` and `place` are its case's, "" for an errand."""

    id: int
    kind: str
    name: str
    payload: str
    key: str
    element: str
    attempt: int
    policy: str
    place: str
    instance_id: int | None
    token: str


def claim(job_id: int) -> Claimed | None:
    """Lease a due job to this worker; None if it is settled, leased, or paused. The caller commits."""
    lease = timedelta(seconds=current_app.config["LEASE_SECONDS"])
    found = one(_CLAIM, id=job_id, lease=lease)
    return Claimed(*found) if found is not None else None


def answered(job_id: int, attempt: int, result: Any, *, done: bool = False) -> bool:
    """Keep the answer, so that the call is never made again; False if this attempt's lease was lost to another."""
    now, kept = clock.now(), None if result is None else seal_json(result, RESULT)
    row = {"state": DONE if done else ANSWERED, "result": kept, "now": now, "done_at": now if done else None}
    return one(_ANSWER, id=job_id, attempt=attempt, **row) is not None


def handed_back(job_id: int, attempt: int) -> None:
    """A portion is done: the row is due again at once, and this attempt does not count. The caller commits."""
    one(_HAND_BACK, id=job_id, attempt=attempt)
    after_commit(nudge)


def failed(job_id: int, attempt: int, error: BaseException) -> str | None:
    """Try again later, or give up; returns the reason if this was the last attempt and a person must look."""
    job = db.session.get(Job, job_id, with_for_update=True, populate_existing=True)
    if job is None or job.state != RUNNING or job.attempt != attempt:
        return None
    job.error = (error.message if isinstance(error, AppError) else f"{type(error).__name__}: {error}")[:2000]
    passing = isinstance(error, (Unavailable, Changed)) or (isinstance(error, DBAPIError) and passes(error))
    if passing and job.attempt < job.attempts:
        wait = BACKOFF[min(job.attempt, len(BACKOFF)) - 1]
        job.state, job.run_at, job.offered_at = DUE, clock.now() + timedelta(seconds=wait), None
        return None
    job.state = FAILED
    return job.error


def give_back(ids: list[int]) -> None:
    """Have rows that were offered and not begun offered again at once (a worker that is told to stop)."""
    db.session.execute(
        update(Job)
        .where(Job.id.in_(ids), Job.state.in_((DUE, ANSWERED)))
        .values(offered_at=None)
        .execution_options(synchronize_session=False)
    )
    after_commit(nudge)


def again(job: Job) -> None:
    """A person says: once more. A call that was answered keeps its answer: only its settling is tried again."""
    job.state = ANSWERED if job.kind == "call" and job.result is not None else DUE
    job.attempt, job.run_at, job.offered_at, job.offers = 0, clock.now(), None, 0
    after_commit(nudge)


def answer_by_hand(job: Job, result: Any) -> None:
    """A person answers for the outside world; the relay offers the row for settling."""
    job.result, job.state, job.error = result, ANSWERED, None
    job.run_at, job.offered_at, job.offers = clock.now(), None, 0
    after_commit(nudge)


def paused() -> bool:
    """Whether outside calls wait for `resume` (after a restore)."""
    return db.session.scalar(_PAUSED) is not None


def connection() -> redis.Redis:
    found = current_app.extensions.get("redis")
    if found is None:
        found = current_app.extensions["redis"] = redis.Redis.from_url(
            current_app.config["REDIS_URL"], socket_timeout=60, socket_connect_timeout=2
        )
    return found


def nudge() -> None:
    """Wake the relay; if Redis is away, the relay comes by itself within a second."""
    try:
        pipe = connection().pipeline(transaction=False)
        pipe.lpush(f"{NUDGE}:{current_app.config['QUEUE']}", b"1")
        pipe.ltrim(f"{NUDGE}:{current_app.config['QUEUE']}", 0, 0)
        pipe.execute()
    except redis.RedisError:
        pass
