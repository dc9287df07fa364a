"""Where a case stands on its drawing: the path taken, the present places, the incidents."""

import hashlib
from typing import Any

import orjson
from sqlalchemy import func, select

from app import clock
from app.accounts.roles import Role
from app.db import db
from app.runtime import definitions, waits
from app.runtime.models import ACTIVE, OPEN, History, Incident, Instance, UserTask


def bpmn(version_id: int, file: str = "process.bpmn") -> bytes:
    """The drawing as it was published."""
    return definitions.get(version_id).files[file].encode()


def tag(instance: Instance) -> str:
    """Changes whenever state() may; asks no more than three counters."""
    held = db.session.execute(
        select(func.count(), func.max(UserTask.claimed_at)).where(UserTask.instance_id == instance.id)
    ).one()
    open_incidents = db.session.scalar(
        select(func.count()).where(Incident.instance_id == instance.id, Incident.status == OPEN)
    )
    text = f"{instance.id}:{instance.row_version}:{held[0]}:{held[1]}:{open_incidents}"
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def state(instance: Instance) -> dict[str, Any]:
    """What the live drawing shows (app/frontend/diagram)."""
    taken: dict[str, None] = {}
    for detail in db.session.scalars(
        select(History.detail).where(History.instance_id == instance.id).order_by(History.id)
    ):
        for one in orjson.loads(detail or "[]"):
            if one["kind"] in ("entered", "flow"):
                taken[one.get("flow") or one["element"]] = None
    found = waits.of(instance.policy, instance.key)
    return {
        "taken": list(taken),
        "current": [_place(wait) for wait in found if wait.kind != "incident"],
        "incidents": [{"element": wait.element, "message": wait.name} for wait in found if wait.kind == "incident"],
        "ended": instance.status != ACTIVE,
    }


def _place(wait: waits.Wait) -> dict[str, Any]:
    role = next((role.label for role in Role if role.value == wait.role), "")
    return {
        "element": wait.element,
        "label": wait.holder or role,
        "since": clock.local(wait.since).isoformat(timespec="seconds"),
        "due": clock.local(wait.due).isoformat(timespec="seconds") if wait.due else None,
    }
