"""One line after the other: what happened to a case, and who holds it now, since when, due when."""

from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.roles import Role
from app.audit import AuditLine
from app.db import db
from app.runtime import definitions, waits
from app.runtime.models import ACTIVE, OPEN, History, Incident, Instance
from app.runtime.waits import Wait

PLATFORM = "平台"


def of(policy: str, key: str, *, held: bool = True) -> list[dict[str, Any]]:
    """Entries for ui/timeline.html: the audit's lines of `key`, then (if `held`) what the case waits for."""
    lines = db.session.scalars(select(AuditLine).where(AuditLine.subject == key).order_by(AuditLine.id))
    past = [{"what": line.text, "who": _(line.actor_label), "at": line.at, "state": "done"} for line in lines]
    return past + ([_now(place) for place in holders(policy, key)] if held else [])


def holders(policy: str, key: str) -> list[dict[str, Any]]:
    """Who is to act: one entry a shape, the nearest deadline of its alternatives."""
    instance = _instance(policy, key)
    if instance is None or instance.status != ACTIVE:
        return []
    elements = definitions.get(instance.version_id).definition.elements
    places: dict[str, list[Wait]] = {}
    for wait in waits.of(policy, key):
        if wait.kind != "incident" and wait.element in elements:
            places.setdefault(_place(elements, wait.element), []).append(wait)
    found = []
    for place, here in places.items():
        element = elements[place]
        dues = [wait.due for wait in here if wait.due is not None]
        found.append(
            {
                "element": place,
                "name": element.label,
                "role": element.role or "",
                "holder": next((wait.holder for wait in here if wait.holder), ""),
                "since": min(wait.since for wait in here),
                "due": min(dues, default=None),
            }
        )
    return found


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
    held = holders(policy, key)
    incidents = db.session.scalars(select(Incident).where(Incident.instance_id == instance.id, Incident.status == OPEN))
    return {
        "taken": list(taken),
        "current": [
            {
                "element": place["element"],
                "label": place["holder"] or role_label(place["role"]),
                "since": place["since"].isoformat(),
                "due": place["due"].isoformat() if place["due"] else None,
            }
            for place in held
        ],
        "incidents": [{"element": i.element, "message": i.message} for i in incidents],
        "ended": instance.status != ACTIVE,
    }


def role_label(code: str) -> str:
    return _(Role(code).label) if code in set(Role) else _(PLATFORM)  # type: ignore[call-arg]


def _now(place: dict[str, Any]) -> dict[str, Any]:
    return {
        "what": place["name"],
        "who": place["holder"] or role_label(place["role"]),
        "at": place["since"],
        "due": place["due"],
        "state": "now",
    }


def _place(elements: Any, identity: str) -> str:
    """Events stand for what they wait at: the gateway before them, or the shape they are attached to."""
    element = elements[identity]
    if element.attached_to:
        return element.attached_to
    before = [elements[e] for e in elements if elements[e].kind == "eventBasedGateway"]
    for gateway in before:
        if set(gateway.outgoing) & set(element.incoming):
            return gateway.id
    return identity


def _instance(policy: str, key: str) -> Instance | None:
    return db.session.scalar(select(Instance).where(Instance.policy == policy, Instance.key == key))
