"""One line after the other: what happened to a case, and who holds it now, since when, due when."""

import hashlib
from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import func, select

from app import clock
from app.audit import AuditLine
from app.db import db
from app.runtime import definitions
from app.runtime.models import ACTIVE, OPEN, History, Incident, Instance, UserTask
from app.runtime.places import Place, places


def of(policy: str, key: str, *, held: bool = True) -> list[dict[str, Any]]:
    """Entries for ui/timeline.html: the audit's lines of `key`, then (if `held`) what the case waits for."""
    lines = db.session.scalars(select(AuditLine).where(AuditLine.subject == key).order_by(AuditLine.id))
    past = [
        {"what": " → ".join(map(_, line.text.split(" → "))), "who": _(line.actor_label), "at": line.at, "state": "done"}
        for line in lines
    ]
    instance = _instance(policy, key) if held else None
    return past + [now(place) for place in (places(instance) if instance is not None else [])]


def now(place: Place) -> dict[str, Any]:
    """A present place as an entry."""
    broken = place.kind == "incident"
    return {
        "what": place.name,
        "who": place.holder,
        "at": place.since,
        "due": place.due,
        "state": "stop" if broken else "now",
        "said": _("出现异常，已通知业务运营处理") if broken else "",
    }


def drawing(policy: str, key: str) -> str:
    """The diagram the case follows, as XML."""
    instance = _instance(policy, key)
    return definitions.get(instance.version_id).files["process.bpmn"] if instance else ""


def path(policy: str, key: str) -> dict[str, Any]:
    """What the live diagram draws: shapes and flows taken, places held now, incidents."""
    instance = _instance(policy, key)
    if instance is None:
        return {"taken": [], "current": [], "incidents": [], "ended": True}
    taken: dict[str, None] = {}
    for detail in db.session.scalars(
        select(History.detail).where(History.instance_id == instance.id).order_by(History.id)
    ):
        for entry in orjson.loads(detail):
            taken[entry["flow"] if entry["kind"] == "flow" else entry["element"]] = None
    held = places(instance)
    return {
        "taken": list(taken),
        "current": [_drawn(place) for place in held if place.kind != "incident"],
        "incidents": [{"element": one.element, "message": one.said} for one in held if one.kind == "incident"],
        "ended": instance.status != ACTIVE,
    }


def tag(policy: str, key: str) -> str:
    """Changes whenever path() may; asks no more than a few counters."""
    instance = _instance(policy, key)
    if instance is None:
        return "none"
    held = select(func.count(), func.max(UserTask.claimed_at)).where(UserTask.instance_id == instance.id)
    broken = select(func.count()).where(Incident.instance_id == instance.id, Incident.status == OPEN)
    tasks, claimed = db.session.execute(held).one()
    text = f"{instance.id}:{instance.row_version}:{tasks}:{claimed}:{db.session.scalar(broken)}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _drawn(place: Place) -> dict[str, Any]:
    return {
        "element": place.element,
        "label": place.holder,
        "since": clock.local(place.since).isoformat(timespec="seconds"),
        "due": clock.local(place.due).isoformat(timespec="seconds") if place.due else None,
    }


def _instance(policy: str, key: str) -> Instance | None:
    return db.session.scalar(
        select(Instance).where(Instance.policy == policy, Instance.key == key).execution_options(populate_existing=True)
    )
