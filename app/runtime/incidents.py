"""Incidents: what the machine could not finish stands on the diagram until a person retries, skips or settles it."""

from typing import Any

import orjson
from flask import current_app
from sqlalchemy import select

from app import clock
from app.audit import Actor, record
from app.db import Again, db, transaction
from app.errors import AppError, Conflict, NotFound
from app.jobs import queue
from app.jobs.models import FAILED, Job
from app.runtime.models import OPEN, RESOLVED, RETRIED, SKIPPED, InboxMessage, Incident, Instance
from app.runtime.operations import Catalogue

WORK = ("call", "step", "errand")
"""Kinds of incidents whose `job_id` is the work that failed."""


def raise_for(
    policy: str,
    key: str,
    error: BaseException,
    *,
    kind: str,
    element: Any = "",
    job_id: int | None = None,
) -> None:
    """Write an incident in a transaction of its own, after the step was rolled back; the same one only once."""
    shape = getattr(error, "element", None)
    element_id = getattr(shape, "id", None) or str(element or "")
    name = getattr(shape, "label", "")
    with transaction():
        add(policy, key, kind, _reason(error), element=element_id, element_name=name, job_id=job_id)


class Spoilt(Again):
    """A message that a case waits for can not be taken: a shape on its path fails. It is put by, as an incident, so
    that it holds up nothing else."""

    def __init__(self, policy: str, key: str, message_id: int, catcher: Any, error: BaseException):
        super().__init__(f"message {message_id} of {key}")
        self.policy, self.key, self.message_id, self.error = policy, key, message_id, error
        self.shape = getattr(error, "element", None) or catcher

    def first(self) -> None:
        told = f"收到的消息不能办理：{_reason(self.error)}"
        with transaction():
            message = db.session.get(InboxMessage, self.message_id, with_for_update=True, populate_existing=True)
            if message is None or message.delivered_at is not None:
                return
            message.held = True
            place = {"element": self.shape.id, "element_name": self.shape.label}
            add(self.policy, self.key, "message", told, job_id=self.message_id, **place)


def once(policy: str, key: str, kind: str, message: str, *, reference: int) -> None:
    """An incident told apart by a reference, in a transaction of its own."""
    with transaction():
        add(policy, key, kind, message, job_id=reference)


def add(
    policy: str,
    key: str,
    kind: str,
    message: str,
    *,
    element: str = "",
    element_name: str = "",
    job_id: int | None = None,
) -> Incident:
    """Open an incident unless the same one is open; the caller holds the transaction."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    message = catalogue.struck(policy, key, message)
    same = db.session.scalar(
        select(Incident).where(
            Incident.status == OPEN,
            Incident.policy == policy,
            Incident.key == key,
            Incident.kind == kind,
            Incident.element == element,
            Incident.job_id == job_id if job_id is not None else Incident.job_id.is_(None),
        )
    )
    if same is not None:
        same.message = message[:2000]
        return same
    instance = db.session.scalar(select(Instance.id).where(Instance.policy == policy, Instance.key == key))
    incident = Incident(
        instance_id=instance,
        policy=policy,
        key=key,
        kind=kind,
        element=element,
        element_name=element_name,
        job_id=job_id,
        message=message[:2000],
        created_at=clock.now(),
    )
    db.session.add(incident)
    db.session.flush()
    return incident


def retry(incident_id: int, *, by: Actor) -> None:
    """Do the failed work again; the caller holds the transaction."""
    incident = _open(incident_id)
    job = db.session.get(Job, incident.job_id) if incident.job_id and incident.kind in WORK else None
    if job is not None and job.state == FAILED:
        queue.again(job)
    elif incident.kind in ("step", "message"):
        _take_up(incident)
        queue.post("runtime/wake", {"policy": incident.policy, "key": incident.key}, key=f"wake:{incident.id}")
    else:
        raise Conflict("这个事件没有可重试的步骤，请处理后标记为已解决")
    _close(incident, RETRIED, by=by)


def resolve(incident_id: int, *, by: Actor, note: str) -> None:
    """A person says it is dealt with; a message nobody took is let go. The caller holds the transaction."""
    incident = _open(incident_id)
    incident.note = note
    if incident.kind == "message" and incident.job_id:
        left = db.session.get(InboxMessage, incident.job_id, with_for_update=True, populate_existing=True)
        if left is not None and left.delivered_at is None:
            left.delivered_at = clock.now()
    _close(incident, RESOLVED, by=by)


def skip(incident_id: int, result: Any, *, by: Actor, note: str) -> None:
    """Give the failed call an answer by hand and go on; the caller holds the transaction."""
    incident = _open(incident_id)
    job = db.session.get(Job, incident.job_id, with_for_update=True) if incident.job_id else None
    if job is None or job.kind != "call" or job.state != FAILED:
        raise Conflict("只有失败的外部调用可以跳过")
    queue.answer_by_hand(job, result)
    incident.note = note
    _close(incident, SKIPPED, by=by)


def amend(incident_id: int, payload: Any, *, by: Actor, note: str) -> None:
    """Correct what a failed call says and make it again; the caller holds the transaction."""
    incident = _open(incident_id)
    job = db.session.get(Job, incident.job_id, with_for_update=True) if incident.job_id else None
    if job is None or job.kind != "call" or job.state != FAILED or job.result is not None:
        raise Conflict("只有未得到答复的外部调用可以更正后重试")
    job.payload, job.key = orjson.dumps(payload).decode(), f"{job.key}:{incident.id}"  # another body, another call
    queue.again(job)
    incident.note = note
    _close(incident, RETRIED, by=by)


def _reason(error: BaseException) -> str:
    return error.message if isinstance(error, AppError) else f"{type(error).__name__}: {error}"


def _take_up(incident: Incident) -> None:
    """A message that was put by is met by its case's steps again."""
    message = db.session.get(InboxMessage, incident.job_id, with_for_update=True) if incident.job_id else None
    if incident.kind == "message" and message is not None:
        message.held = False


def _open(incident_id: int) -> Incident:
    incident = db.session.get(Incident, incident_id, with_for_update=True, populate_existing=True)
    if incident is None:
        raise NotFound("没有这个事件")
    if incident.status != OPEN:
        raise Conflict("这个事件已经处理过了")
    return incident


def _close(incident: Incident, status: str, *, by: Actor) -> None:
    incident.status, incident.closed_at, incident.closed_by = status, clock.now(), by.ref
    record(incident.key or f"incident:{incident.id}", f"处理事件：{status}", by=by, incident=incident.id)
