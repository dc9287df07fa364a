"""What a case waits for, asked of the rows: who holds it, since when, due when. No instance is loaded."""

from dataclasses import dataclass
from datetime import datetime

import orjson
from sqlalchemy import select

from app.db import db
from app.jobs.models import ANSWERED, DUE, FAILED, RUNNING, Job
from app.runtime.models import Incident, Instance, UserTask


@dataclass(frozen=True)
class Wait:
    """`kind`: task, message, timer, call, incident. `role` is a task's lane."""

    kind: str
    element: str
    name: str
    since: datetime
    due: datetime | None = None
    role: str = ""
    holder: str = ""
    task_id: int | None = None
    form: str = ""


def of(policy: str, key: str) -> list[Wait]:
    """Everything the case waits for now, oldest first."""
    instance = db.session.scalar(
        select(Instance).where(Instance.policy == policy, Instance.key == key).execution_options(populate_existing=True)
    )
    if instance is None:
        return []
    found = [
        Wait("task", t.element, t.name, t.created_at, t.due_at, t.role, t.assignee_label, t.id, t.form)
        for t in db.session.scalars(select(UserTask).where(UserTask.instance_id == instance.id))
    ]
    found += [
        Wait("message", element, name, datetime.fromisoformat(since))
        for element, name, _correlation, since in orjson.loads(instance.listens)
    ]
    jobs = select(Job).where(Job.instance_id == instance.id, Job.state.in_((DUE, RUNNING, ANSWERED, FAILED)))
    for job in db.session.scalars(jobs):
        if job.kind == "timer":
            found.append(Wait("timer", job.element or "", job.name, job.created_at, job.run_at))
        elif job.kind == "call":
            found.append(Wait("call", job.element or "", job.name, job.created_at))
    found += [
        Wait("incident", i.element, i.message, i.created_at)
        for i in db.session.scalars(
            select(Incident).where(Incident.instance_id == instance.id, Incident.status == "open")
        )
    ]
    return sorted(found, key=lambda wait: wait.since)


def due(policy: str, key: str, element: str) -> datetime | None:
    """When the case's timer at this shape falls due; None if it does not run."""
    return db.session.scalar(
        select(Job.run_at)
        .join(Instance, Instance.id == Job.instance_id)
        .where(Instance.policy == policy, Instance.key == key, Job.kind == "timer", Job.name == element)
        .order_by(Job.run_at)
        .limit(1)
    )
