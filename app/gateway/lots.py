"""C1–C3 and C6: the trading platform tells of lots, asks who is guaranteed once they are opened, and says who won."""

from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from app import clock, institutions, projects
from app.db import db
from app.errors import Confidential
from app.gateway.door import Asked, route
from app.guarantees import secrets
from app.guarantees.models import Guarantee
from app.orders import secrets as orders
from app.protocol.calls import C1, C2, C3, C6


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


@route(C6)
def award(asked: Asked, lot_id: str) -> Mapping[str, Any]:
    said = asked.values
    entered = projects.award(
        lot_id, winner=said["winner"], at=said["awarded_at"], amount=said.get("amount"), by=asked.caller.actor
    )
    return {"received_at": entered.received_at}


@route(C3)
def guarantees(asked: Asked, lot_id: str) -> Mapping[str, Any]:
    """Before OPENED nothing is told, not even whether the lot is known."""
    found = projects.find(lot_id)
    if found is None or found.opened_at is None or found.opened_at > clock.now():
        raise Confidential("开标前保密，不予提供")
    return {"lot_id": lot_id, "guarantees": list(_of(lot_id))}


def _of(lot_no: str) -> Iterator[dict[str, Any]]:
    numbers = [order.no for order in orders.of_lot(lot_no)]
    for start in range(0, len(numbers), 500):
        query = select(Guarantee).where(Guarantee.order_no.in_(numbers[start : start + 500])).order_by(Guarantee.id)
        for guarantee in db.session.scalars(query):
            content, issuer = secrets.content(guarantee), institutions.get(guarantee.institution)
            yield {
                "guarantee_no": guarantee.no,
                "bidder": {"name": content.bidder_name, "uscc": content.bidder_uscc},
                "institution_name": issuer.name,
                "institution_uscc": issuer.uscc,
                "amount": content.amount,
                "valid_from": content.begins,
                "valid_to": content.ends,
                "status": guarantee.state,
            }
