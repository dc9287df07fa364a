"""What is being done about money: tasks, incidents, calls that will be made again; of all that is listed, at once."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from sqlalchemy import or_, select

from app.accounts.roles import Role
from app.accounts.user import User
from app.applications.models import Application
from app.db import db
from app.funds.models import MoneyCase
from app.funds.standing import Stay
from app.guarantees.models import Guarantee
from app.jobs.models import DUE, FAILED, Job
from app.runtime.models import OPEN, Incident, Instance, UserTask

TASK, INCIDENT, AGAIN = "task", "incident", "again"


@dataclass(frozen=True)
class Doing:
    """`what` a task, an incident or a call; `url` where the reader can go on with it; `at`: due, or made again."""

    kind: str
    what: str
    url: str = ""
    role: str = ""
    at: datetime | None = None


def about(stays: Iterable[Stay], user: User) -> dict[str, list[Doing]]:
    """By order; five queries however many there are."""
    numbers = {stay.order_no for stay in stays}
    order_of = {no: no for no in numbers}
    applications = (
        select(Application.no, Guarantee.order_no)
        .join(Guarantee, Guarantee.no == Application.guarantee_no)
        .where(Guarantee.order_no.in_(numbers), Application.open_key.is_not(None))
    )
    cases = select(MoneyCase.no, MoneyCase.order_no).where(MoneyCase.order_no.in_(numbers))
    for query in (applications, cases):
        order_of |= dict(db.session.execute(query).tuples().all())
    found = defaultdict[str, list[Doing]](list)
    tasks = select(UserTask).where(UserTask.key.in_(order_of)).order_by(UserTask.id)
    for task in db.session.scalars(tasks):
        mine = task.role == user.role == Role.OPERATOR
        url = url_for("desk.task", task_id=task.id) if mine else ""
        found[order_of[task.key]].append(Doing(TASK, task.name, url, task.role, task.due_at))
    incidents = select(Incident).where(Incident.key.in_(order_of), Incident.status == OPEN).order_by(Incident.id)
    for incident in db.session.scalars(incidents):
        url = url_for("incidents.detail", incident_id=incident.id)
        found[order_of[incident.key]].append(Doing(INCIDENT, incident.element_name, url))
    calls = (
        select(Instance.key, Job.name, Job.run_at)
        .join(Job, Job.instance_id == Instance.id)
        .where(Instance.key.in_(order_of), Job.kind == "call")
        .where(or_(Job.state == FAILED, (Job.state == DUE) & (Job.attempt > 0)))
    )
    for key, name, run_at in db.session.execute(calls).tuples():
        found[order_of[key]].append(Doing(AGAIN, name, at=run_at))
    return found
