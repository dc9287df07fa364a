"""Who did what, who holds the case, since when, due when. The entries of ui/timeline.html."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import select

from app.accounts.roles import Role
from app.audit import SYSTEM
from app.db import db
from app.runtime import definitions, step, waits
from app.runtime.elements import Element
from app.runtime.models import CANCELLED, ENDED, History, Instance

Entry = dict[str, Any]
TOLD = ("received", "fired", "settled")
REMARK = ("comment", "remark", "reason_text", "reason", "opinion")


def timeline(instance: Instance, *, remarks: bool = False) -> list[Entry]:
    """The whole way of a case, oldest first; with `remarks` also what reviewers wrote (for staff)."""
    elements = definitions.get(instance.version_id).definition.elements
    lines = db.session.scalars(select(History).where(History.instance_id == instance.id).order_by(History.id))
    done = [entry for line in lines for entry in _told(line, elements, remarks)]
    return done + list(_present(instance, elements))


def _told(line: History, elements: Any, remarks: bool) -> Iterator[Entry]:
    """A step as people would tell it; what nobody need know of is left out."""
    trail: list[dict[str, Any]] = orjson.loads(line.detail or "[]")
    if line.kind == "start":
        yield _entry(_name(elements, _first(trail, "entered")), line)
    elif line.kind == "complete":
        yield {**_entry(_name(elements, line.element), line), "said": _remark(line) if remarks else ""}
    elif line.kind == "move":
        yield _entry(_("移至“%(place)s”", place=_name(elements, line.element)), line)
    elif line.kind == "cancel":
        yield {**_entry(_("终止流程"), line), "state": "stop"}
    for one in trail:
        element = elements.get(one["element"])
        told = one["kind"] in TOLD or (one["kind"] == "operated" and _moves(one.get("operation", "")))
        if told and element is not None and element.name:
            yield _entry(element.name, line, who=None if one["kind"] == "received" else "")


def _moves(operation: str) -> bool:
    """Whether an operation declares that it takes something to another state; the rest is housekeeping."""
    known = step.catalogue().operations.get(operation)
    return known is not None and any("→" in effect and not effect.startswith("资金") for effect in known.effects)


def _present(instance: Instance, elements: Any) -> Iterator[Entry]:
    """What the case waits for now, or that it is over."""
    if instance.status != "active":
        words = {ENDED: _("办结"), CANCELLED: _("已终止")}
        yield {"what": words.get(instance.status, instance.status), "at": instance.ended_at, "state": "done"}
        return
    found = waits.of(instance.policy, instance.key)
    broken = {wait.element for wait in found if wait.kind == "incident"}
    timers = {wait.element: wait.due for wait in found if wait.kind == "timer"}
    for wait in found:
        if wait.kind == "timer" or (wait.kind == "call" and wait.element in broken):
            continue
        element = elements.get(wait.element)
        yield {
            "what": wait.name if wait.kind == "task" else _name(elements, wait.element),
            "who": _holder(wait),
            "at": wait.since,
            "due": wait.due or _due_beside(element, elements, timers),
            "state": "stop" if wait.kind == "incident" else "now",
            "said": _("出现异常，已通知业务运营处理") if wait.kind == "incident" else "",
        }
    if not any(wait.kind != "timer" for wait in found):
        for wait in found:
            yield {"what": _name(elements, wait.element), "at": wait.since, "due": wait.due, "state": "now"}


def _due_beside(element: Element | None, elements: Any, timers: dict[str, datetime | None]) -> datetime | None:
    """The nearest timer that ends this wait: on its edge, or beside it behind the same event gateway."""
    if element is None:
        return None
    sources = set(element.incoming)
    near = [
        due
        for identity, due in timers.items()
        if due is not None
        and (other := elements.get(identity)) is not None
        and (other.attached_to == element.id or (sources and _siblings(element, other, elements)))
    ]
    return min(near, default=None)


def _siblings(one: Element, other: Element, elements: Any) -> bool:
    """Whether one event gateway leads to both."""
    return any(
        gateway.kind == "eventBasedGateway"
        and set(gateway.outgoing) & set(one.incoming)
        and set(gateway.outgoing) & set(other.incoming)
        for gateway in elements.values()
    )


def _holder(wait: waits.Wait) -> str:
    if wait.kind == "task":
        return wait.holder or next((role.label for role in Role if role.value == wait.role), "")
    return _("外部系统") if wait.kind == "call" else ""


def _entry(what: str, line: History, *, who: str | None = None) -> Entry:
    by = "" if line.actor == SYSTEM.ref else line.actor_label
    return {"what": what, "who": by if who is None else who, "at": line.at, "state": "done"}


def _name(elements: Any, identity: str) -> str:
    element = elements.get(identity)
    return element.label if element is not None else identity


def _first(trail: list[dict[str, Any]], kind: str) -> str:
    return next((one["element"] for one in trail if one["kind"] == kind), "")


def _remark(line: History) -> str:
    """What the reviewer wrote, from the sealed part."""
    content = step.unsealed(line.sealed, step.SCOPE) or {}
    payload = content.get("payload") if isinstance(content, dict) else None
    if not isinstance(payload, dict):
        return ""
    return "\n".join(str(payload[key]) for key in REMARK if isinstance(payload.get(key), str) and payload[key])
