"""What happens to a lot reaches its live orders as messages; the order diagram decides what it means for each."""

from collections.abc import Mapping
from typing import Any

from app import clock, projects
from app.db import db, transaction
from app.jobs import queue
from app.orders import secrets
from app.orders.models import LIVE, OrderState
from app.projects.models import Lot, LotEvent, LotState
from app.runtime import inbox
from app.sealing import blind

MESSAGES = {
    "SUSPENDED": "lot_suspended",
    "RESUMED": "lot_resumed",
    "TERMINATED": "lot_ended",
    "FAILED": "lot_ended",
}
DEADLINE = "lot_deadline"


def on_event(lot: Lot, event: LotEvent) -> None:
    """A subscriber of the feed: post the errand that tells the lot's orders. The caller holds the transaction."""
    if event.kind in MESSAGES:
        queue.post("orders/lot_event", {"lot": lot.no, "kind": event.kind}, key=f"{lot.no}:{event.event_id}")


def on_lot(lot: Lot) -> None:
    """A subscriber of the feed: the bid deadline is one errand of the lot, so that no order's timer names it. One
    that was moved into the past is due at once."""
    payload = {"lot": lot.no, "at": lot.bid_deadline.isoformat()}
    due = max(lot.bid_deadline, clock.now())
    queue.post("orders/lot_deadline", payload, key=f"{lot.no}:{payload['at']}", run_at=due)


def tell_event(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: every live order of the lot hears of the event, once."""
    _tell(payload["lot"], MESSAGES[payload["kind"]], {"kind": payload["kind"]}, key)


def tell_deadline(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the bid deadline has come, unless it was moved meanwhile."""
    lot = projects.get(payload["lot"])
    if lot.bid_deadline.isoformat() == payload["at"] and lot.state in (LotState.OPEN, LotState.SUSPENDED):
        _tell(lot.no, DEADLINE, {}, key)


def _tell(lot_no: str, message: str, body: Mapping[str, Any], key: str) -> None:
    numbers = [o.no for o in secrets.of_lot(lot_no) if o.state in LIVE and o.state != OrderState.ISSUED]
    kept = []
    for no in numbers:
        with transaction():
            kept.append(
                inbox.receive(
                    "order", no, message, dict(body), request_id=_identity(key, no), sender="lots", optional=True
                ).id
            )
    for identity in kept:
        inbox.deliver(identity)
    db.session.rollback()


def _identity(key: str, no: str) -> str:
    """Of one piece of news to one order; a keyed hash, for in plain it would tell which orders are of one lot."""
    return blind("lots.news", key, no)
