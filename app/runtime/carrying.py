"""What workers do to instances: fire a timer, settle an answered call, deliver a message. Each is an edge of its own:
one transaction that locks one instance; if the step can't be done, an incident stands on the diagram."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from app import clock
from app.audit import SYSTEM
from app.db import db, retrying, transaction
from app.errors import AppError
from app.jobs import queue
from app.jobs.models import ANSWERED, DONE, DUE, FAILED, Job
from app.runtime import definitions, engine, inbox, incidents, step, store
from app.runtime.models import InboxMessage, Instance
from app.statements import later, one


def fire(job_id: int) -> None:
    """A timer is due: messages that are already there win, then the timer fires."""

    def edge() -> None:
        with transaction():
            job = _job(job_id, DUE)
            if job is None:
                return

            def command(case: engine.Case, at: step.Step) -> None:
                try:
                    case.fire(job.token, job.name, at)
                except engine.NotWaiting:
                    at.trail.append({"kind": "late", "element": job.element, "timer": job.name})

            _advance("timer", command, job, drain_first=True)

    _guarded(edge, job_id)


def settle(job_id: int) -> None:
    """An outside call was answered: give the answer to its token; a failure never makes a second call."""

    def edge() -> None:
        with transaction():
            job = _job(job_id, ANSWERED)
            if job is None:
                return

            def command(case: engine.Case, at: step.Step) -> None:
                try:
                    case.settle(job.token, job.result, at)
                except engine.NotWaiting:
                    at.trail.append({"kind": "late", "element": job.element, "operation": job.name})

            _advance("settle", command, job, payload=job.result)

    _guarded(edge, job_id)


class _Lost(Exception):
    """Another attempt has the call."""


def settle_at_once(job: queue.Claimed, result: Any) -> bool:
    """Keep a call's answer and give it to its token, in one transaction. False: nothing has happened, the answer is
    to be kept by itself first, so that it outlives whatever stands in its way."""
    told = orjson.loads(orjson.dumps(result))  # as it would be read from the row

    def command(case: engine.Case, at: step.Step) -> None:
        if not queue.answered(job.id, job.attempt, result, done=True):
            raise _Lost
        try:
            case.settle(job.token, told, at)
        except engine.NotWaiting:
            at.trail.append({"kind": "late", "element": job.element, "operation": job.name})

    if job.instance_id is None:
        return False
    try:
        with transaction():
            done = step.advance(
                "settle", command, by=SYSTEM, instance_id=job.instance_id, about=job.element, payload=told
            )
            if done is None:  # the case has ended meanwhile
                queue.answered(job.id, job.attempt, result, done=True)
    except _Lost:
        return True
    except Exception:  # settle() meets it again, and says what it is
        return False
    return True


def wake(payload: Mapping[str, Any], *, key: str) -> None:
    """Run a case again from where it stands: messages that wait are given, nothing else changes."""
    place = (payload["policy"], payload["key"])

    def edge() -> None:
        with transaction():
            step.advance("message", lambda case, at: None, by=SYSTEM, place=place, about="wake", drain_first=True)

    retrying(edge)


def send(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand behind a thrown message: put it into the other case's inbox, once."""
    with transaction():
        known = db.session.scalar(
            select(InboxMessage.id).where(InboxMessage.sender == "process", InboxMessage.request_id == key)
        )
        if known is None:
            message = inbox.receive(
                payload["policy"],
                payload["key"],
                payload["name"],
                step.unsealed(base64.b64decode(payload["sealed"]), step.SENT),
                request_id=key,
                sender="process",
            )
            known = message.id
    inbox.deliver(known)


def told_off(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: a row that was offered again and again without an end; a person must look."""
    with transaction():
        job = db.session.get(Job, payload["job"])
        if job is not None:
            gave_up(job, job.error or "")


def gave_up(job: Job, reason: str) -> None:
    """The last attempt is over; a person must look. The caller holds the transaction."""
    instance = db.session.get(Instance, job.instance_id) if job.instance_id else None
    incidents.add(
        instance.policy if instance else "",
        instance.key if instance else job.key,
        "call" if job.kind == "call" else "errand",
        reason,
        element=job.element or job.name,
        element_name=_label(instance, job),
        job_id=job.id,
    )


def _advance(kind: str, command: step.Command, job: Any, *, payload: Any = None, drain_first: bool = False) -> None:
    done = step.advance(
        kind,
        command,
        by=SYSTEM,
        instance_id=job.instance_id,
        about=job.element or "",
        payload=payload,
        jobs_done=(job.id,),
        drain_first=drain_first,
    )
    if done is None:  # the case has ended meanwhile
        later(store.END_JOB, [{"id": job.id, "now": clock.now()}])


def _guarded(edge: Callable[[], None], job_id: int) -> None:
    """Run the edge; what fails for good is an incident, what passes (a database away) is tried again."""
    try:
        retrying(edge)
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        with transaction():
            job = db.session.get(Job, job_id, with_for_update=True, populate_existing=True)
            if job is None or job.state == DONE:
                return
            reason = error.message if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
            job.state, job.error = FAILED, reason[:2000]
            instance = db.session.get(Instance, job.instance_id)
            shape = getattr(error, "element", None)
            incidents.add(
                instance.policy if instance else "",
                instance.key if instance else "",
                "step",
                reason,
                element=getattr(shape, "id", None) or job.element or "",
                element_name=getattr(shape, "label", None) or _label(instance, job),
                job_id=job.id,
            )


class _Carried:
    """A job row as the prebuilt statement reads it."""

    def __init__(self, row: tuple[Any, ...]):
        self.id, self.kind, self.state, self.instance_id, self.token, self.element, self.name = row[:7]
        self.result = step.unsealed(row[11], "job.result")


def _job(job_id: int, state: str) -> _Carried | None:
    row = one(store.JOB, id=job_id)
    return _Carried(row) if row is not None and row[2] == state else None


def _label(instance: Instance | None, job: Job) -> str:
    if instance is None:
        return job.name
    element = definitions.get(instance.version_id).definition.elements.get(job.element or "")
    return element.label if element else job.name
