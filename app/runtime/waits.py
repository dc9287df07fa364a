"""What a case waits for, asked of the rows: who holds it, since when, due when. No instance is loaded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from app.sealing import unseal_json
from app.statements import Statement, moment, one, rows


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


_INSTANCE = "(SELECT id FROM instance WHERE policy = :policy AND key = :key)"
_LISTENS = Statement("SELECT listens FROM instance WHERE policy = :policy AND key = :key")
_TASKS = Statement(
    "SELECT element, name, created_at, due_at, role, assignee_label, id, form FROM user_task "  # noqa: S608
    f"WHERE instance_id = {_INSTANCE}"
)
_JOBS = Statement(
    "SELECT kind, element, name, created_at, run_at FROM job "  # noqa: S608
    f"WHERE instance_id = {_INSTANCE} AND kind IN ('timer', 'call') AND state <> 'done'"
)
_INCIDENTS = Statement(
    f"SELECT element, message, created_at FROM incident WHERE instance_id = {_INSTANCE} AND status = 'open'"  # noqa: S608
)
_DUE = Statement(
    f"SELECT min(run_at) FROM job WHERE instance_id = {_INSTANCE} AND kind = 'timer' AND name = :element "  # noqa: S608
    "AND state <> 'done'"
)


def of(policy: str, key: str) -> list[Wait]:
    """Everything the case waits for now, oldest first."""
    return read(rows(*asked(policy, key)))


def asked(policy: str, key: str) -> list[tuple[Statement, dict[str, Any]]]:
    """The queries of `of`, for whoever asks them together with others."""
    place = {"policy": policy, "key": key}
    return [(one, place) for one in (_LISTENS, _TASKS, _JOBS, _INCIDENTS)]


def read(answers: Sequence[list[tuple[Any, ...]]]) -> list[Wait]:
    """What `of` makes of their rows."""
    instances, tasks, jobs, incidents = answers
    found = [
        Wait("task", element, name, moment(since), moment(due), role, holder, task_id, form)
        for element, name, since, due, role, holder, task_id, form in tasks
    ]
    for (listens,) in instances:
        found += [
            Wait("message", element, name, datetime.fromisoformat(since))
            for element, name, _correlation, since in orjson.loads(listens)
        ]
    for kind, element, name, since, due in jobs:
        found.append(Wait(kind, element or "", name, moment(since), moment(due) if kind == "timer" else None))
    for element, message, since in incidents:
        found.append(
            Wait("incident", element, unseal_json(message and bytes(message), "incident.message") or "", moment(since))
        )
    return sorted(found, key=lambda wait: wait.since)


def due(policy: str, key: str, element: str) -> datetime | None:
    """When the case's timer at this shape falls due; None if it does not run."""
    found = one(_DUE, policy=policy, key=key, element=element)
    due: datetime | None = moment(found[0]) if found is not None else None
    return due
