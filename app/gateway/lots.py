"""C1–C3: the trading platform tells of lots, and asks who is guaranteed once they are opened."""

from collections.abc import Mapping
from typing import Any

from app import clock, projects
from app.errors import Confidential
from app.gateway import sources
from app.gateway.door import Asked, route
from app.protocol.calls import C1, C2, C3


@route(C1)
def lot(asked: Asked, lot_id: str) -> Mapping[str, Any]:
    known = projects.upsert(lot_id, asked.values, by=asked.caller.actor)
    return {"lot_id": known.no, "version": known.version}


@route(C2)
def event(asked: Asked, lot_id: str) -> Mapping[str, Any]:
    said = asked.values
    entered = projects.apply_event(
        lot_id,
        event_id=said["event_id"],
        kind=said["event"],
        at=said["at"],
        version=said.get("version"),
        reason=said.get("reason", ""),
        by=asked.caller.actor,
    )
    return {"received_at": entered.received_at}


@route(C3)
def guarantees(asked: Asked, lot_id: str) -> Mapping[str, Any]:
    """Before OPENED nothing is told, not even whether the lot is known."""
    found = projects.find(lot_id)
    if found is None or found.opened_at is None or found.opened_at > clock.now():
        raise Confidential("开标前保密，不予提供")
    return {"lot_id": lot_id, "guarantees": sources.ask("lot_guarantees", lot_id)}
