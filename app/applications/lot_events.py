"""What happens to a lot reaches the open applications on its guarantees as messages; their diagrams decide."""

from collections.abc import Mapping
from typing import Any

from app import clock, projects
from app.applications import secrets
from app.db import db, transaction
from app.guarantees import secrets as guarantees
from app.jobs import queue
from app.projects.models import Lot, LotEvent, LotState
from app.runtime import inbox
from app.sealing import blind

MESSAGES = {"OPENED": "lot_opened", "TERMINATED": "lot_ended", "FAILED": "lot_ended"}


def on_event(lot: Lot, event: LotEvent) -> None:
    """A subscriber of the feed: post the errand that tells the lot's applications. The caller holds the transaction."""
    if event.kind in MESSAGES:
        queue.post("applications/lot_event", {"lot": lot.no, "kind": event.kind}, key=f"a:{lot.no}:{event.event_id}")


def on_lot(lot: Lot) -> None:
    """A subscriber of the feed: the hour of opening is one errand of the lot, so that no timer of a case names it."""
    if lot.opening_at > clock.now():
        payload = {"lot": lot.no, "at": lot.opening_at.isoformat()}
        queue.post("applications/opening", payload, key=f"a:{lot.no}:{payload['at']}", run_at=lot.opening_at)


def tell_event(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: every open application on the lot's guarantees hears of the event, once."""
    _tell(payload["lot"], MESSAGES[payload["kind"]], key)


def tell_opening(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the hour of opening has come, unless it was moved meanwhile."""
    lot = projects.get(payload["lot"])
    if lot.opening_at.isoformat() == payload["at"] and lot.state in (LotState.OPEN, LotState.SUSPENDED):
        _tell(lot.no, "lot_opened", key)


def _tell(lot_no: str, message: str, key: str) -> None:
    kept = []
    for application in _open_of(lot_no):
        with transaction():
            kept.append(
                inbox.receive(
                    application.kind,
                    application.no,
                    message,
                    {},
                    request_id=blind("lots.news", key, application.no),
                    sender="lots",
                    optional=True,
                ).id
            )
    for identity in kept:
        inbox.deliver(identity)
    db.session.rollback()


def _open_of(lot_no: str) -> list[Any]:
    return secrets.open_on_each([guarantee.no for guarantee in guarantees.of_lot(lot_no)])
