"""Telling those whose queue a task stands in: when it is new, near its deadline, overdue; also while logged out."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import clock
from app.accounts import reaching
from app.db import db
from app.notices import line, telling
from app.runtime.models import UserTask
from app.runtime.operations import Field, OpContext, Operation

ERRAND = "notices/remind"


def remind(context: OpContext, text: str) -> None:
    """An SMS, after the commit, to those who can do the case's open tasks; to the holder alone once it is claimed."""
    about = {"policy": context.policy, "key": context.key, "text": text}
    context.post(ERRAND, about, key=f"remind:{context.policy}:{context.key}:{text}:{context.step.number}")


def carry(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: what is done meanwhile is not reminded of; the provider drops what a repeated attempt says again."""
    text = telling.text_of(payload["text"]).text
    open_tasks = select(UserTask).where(UserTask.policy == payload["policy"], UserTask.key == payload["key"])
    said = []
    for task in db.session.scalars(open_tasks):
        words = telling.fill(text, {"no": task.key, "task": task.name, "due": clock.shown(task.due_at)})
        people = reaching.phones(task.role, region=task.region, institution=task.institution, ref=task.assignee)
        said += [(phone, words, f"{key}:{task.id}:{account}") for account, phone in people.items()]
    db.session.rollback()
    for phone, words, reference in said:
        line.send(phone, words, reference=reference)


OPERATIONS = (
    Operation(
        "notices/remind",
        remind,
        title="短信提醒办理人",
        parameters=(Field("text", "string", "通知文本编号"),),
        effects=("短信提醒办理人",),
    ),
)
