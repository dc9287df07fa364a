"""What happened to a lot, for the guarantees on it: one case an event, whose diagram says what is done.

A thousand guarantees are gone through one by one, each in a transaction of its own and once whatever happens: a kill
in the middle leaves off where it was.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock, projects, runtime
from app.audit import SYSTEM
from app.db import db, transaction
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee, GuaranteeState
from app.jobs import lease, queue
from app.notices import telling
from app.notices.models import Notice
from app.orders import secrets as orders
from app.projects import awards
from app.projects.awards import LotAward
from app.projects.models import Lot, LotEvent
from app.runtime import definitions
from app.runtime.models import Instance
from app.runtime.operations import OpContext
from app.sealing import blind

POLICY, UNSEALING = "lot_change", "unsealing"
AWARDED = "AWARDED"
ALL, SHORT, LOSERS = "all", "short", "losers"
EVERY = 50
"""Guarantees between two prolongings of the lease."""


def on_event(lot: Lot, event: LotEvent) -> None:
    """A subscriber of the feed. The caller holds the transaction."""
    _post(lot.no, event.event_id, event.kind)


def on_award(lot: Lot, award: LotAward) -> None:
    _post(lot.no, f"award-{award.received_at:%Y%m%d%H%M%S}", AWARDED)


def _post(lot_no: str, event_id: str, kind: str) -> None:
    queue.post("applications/lot_change", {"lot": lot_no, "event": event_id, "kind": kind}, key=f"{lot_no}:{event_id}")


def begin(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the event's case, once."""
    if not definitions.is_live(POLICY):
        return
    with transaction():
        if db.session.scalar(select(Instance.id).where(Instance.policy == POLICY, Instance.key == key)) is None:
            runtime.start(POLICY, key=key, data={"event": payload["kind"]}, by=SYSTEM)


def tell(context: OpContext, text: str, whom: str = ALL) -> None:
    """Outside: one notice for each guarantee in force: `whom` are all, the too short ones, or all but the winner's."""
    lot = _lot(context.key)
    won = awards.of_lot(lot.no)
    winner = won.winner["uscc"] if won is not None else ""

    def one(guarantee: Guarantee) -> None:
        content = guarantees.content(guarantee)
        days = gap_days(content.ends, lot)
        if (whom == SHORT and not days) or (whom == LOSERS and content.bidder_uscc == winner):
            return
        key = f"lot:{blind('lots.news', context.key, text, guarantee.no)}"  # in plain it would tell whose lot it is
        if db.session.scalar(select(Notice.id).where(Notice.key == key)) is None:
            telling.tell(
                content.bidder_id,
                text,
                kind="order",
                about=guarantee.order_no,
                link=f"/guarantees/{guarantee.no}",
                key=key,
                places={"lot": lot.name, "guarantee": guarantee.no, "gap": str(days)},
            )

    _each("lots/tell", context, lot, one, lambda guarantee: guarantee.state == GuaranteeState.IN_FORCE)


def unseal(context: OpContext) -> None:
    """Outside: a case of its own for each sealed guarantee, which has its institution tell it openly."""

    def one(guarantee: Guarantee) -> None:
        known = select(Instance.id).where(Instance.policy == UNSEALING, Instance.key == guarantee.no)
        if db.session.scalar(known) is None:
            runtime.start(UNSEALING, key=guarantee.no, data={}, by=SYSTEM, institution=guarantee.institution)

    _each("lots/unseal", context, _lot(context.key), one, lambda guarantee: guarantee.mode == "SEALED")


def gap_days(ends: datetime, lot: Lot) -> int:
    """Whole days by which a guarantee ends before the bids' validity does (招标投标法实施条例 art. 26)."""
    return max(0, -((ends - (lot.bid_deadline + clock.days(lot.bid_validity_days))).days))


def _each(
    name: str, context: OpContext, lot: Lot, act: Callable[[Guarantee], None], wanted: Callable[[Guarantee], bool]
) -> None:
    for number, no in enumerate(list(_numbers(lot.no))):
        if number % EVERY == EVERY - 1:
            lease.prolong(name, context.idempotency)
        with transaction():
            guarantee = guarantees.find(no)
            if wanted(guarantee):
                act(guarantee)


def _numbers(lot_no: str) -> Iterator[str]:
    for order in orders.of_lot(lot_no):
        guarantee = guarantees.of_order(order.no)
        if guarantee is not None:
            yield guarantee.no


def _lot(key: str) -> Lot:
    return projects.get(key.partition(":")[0])
