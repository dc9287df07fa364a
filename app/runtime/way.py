"""The whole way of a case by its history, as reviewers and operators read it. The entries of ui/timeline.html."""

from collections.abc import Iterator
from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import select

from app.audit import SYSTEM
from app.db import db
from app.runtime import definitions, step
from app.runtime.models import ACTIVE, CANCELLED, ENDED, History, Instance
from app.runtime.places import places
from app.runtime.timeline import now

Entry = dict[str, Any]
TOLD = ("received", "fired", "settled")
REMARK = ("comment", "remark", "reason_text", "reason", "opinion")


def way(instance: Instance, *, remarks: bool = False) -> list[Entry]:
    """What happened, oldest first, and what is awaited; with `remarks` also what reviewers wrote (for staff)."""
    elements = definitions.get(instance.version_id).definition.elements
    lines = db.session.scalars(select(History).where(History.instance_id == instance.id).order_by(History.id))
    done = [entry for line in lines for entry in _told(line, elements, remarks)]
    return done + list(_present(instance))


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


def _present(instance: Instance) -> Iterator[Entry]:
    """What the case waits for now, or that it is over."""
    if instance.status != ACTIVE:
        words = {ENDED: _("办结"), CANCELLED: _("已终止")}
        yield {"what": words.get(instance.status, instance.status), "at": instance.ended_at, "state": "done"}
        return
    yield from map(now, places(instance))


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
