"""What happened to a lot, for the guarantees on it: one case an event, whose diagram says what is done.

A thousand guarantees are gone through in portions (walks.py), each guarantee once whatever happens.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import select

from app import clock, projects, runtime
from app.applications import walks
from app.applications.walks import Work
from app.audit import SYSTEM
from app.db import db, transaction
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee, GuaranteeState
from app.jobs import queue
from app.notices import telling
from app.notices.models import Notice
from app.projects import awards
from app.projects.awards import LotAward
from app.projects.models import Lot, LotEvent
from app.runtime import definitions
from app.runtime.models import Instance
from app.runtime.operations import OpContext
from app.sealing import blind

POLICY, UNSEALING = "lot_change", "unsealing"
AWARDED = "AWARDED"
ALL, SHORT, ENOUGH, LOSERS = "all", "short", "enough", "losers"


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
            runtime.start(POLICY, key=key, data={}, by=SYSTEM)


def kind_of(key: str) -> str:
    """What the case of this key is about: an event's kind, or AWARDED."""
    lot_no, _colon, event_id = key.partition(":")
    found = select(LotEvent.kind).where(LotEvent.lot_no == lot_no, LotEvent.event_id == event_id)
    return db.session.scalar(found) or AWARDED


def tell(context: OpContext, text: str, whom: str = ALL) -> Any:
    """Outside: one notice for each guarantee in force: `whom` are all, the too short, the long enough, or all but
    the winner's."""
    lot = _lot(context.key)
    some = partial(_tell, lot, text, whom, context.key)

    def one(guarantee: Guarantee) -> str:
        key = news_key(context.key, text, guarantee)
        payload = {"guarantee": guarantee.no, "text": text, "whom": whom, "news": key}
        queue.post_later("applications/lot_news", payload, key=key)
        return key

    return walks.go_on(context, lot.no, Work(text, some, one))


def tell_one(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the news of a guarantee that could not be told with the others."""
    with transaction():
        guarantee = guarantees.locked(payload["guarantee"])
        lot = projects.get(guarantees.content(guarantee).lot_no)
        _tell_those(lot, payload["text"], payload["whom"], {payload["news"]: guarantee})


def unseal(context: OpContext) -> Any:
    """Outside: a case of its own for each sealed guarantee, which has its institution tell it openly."""

    def post(guarantee: Guarantee) -> str:
        key = f"{UNSEALING}:{guarantee.no}"
        queue.post_later("applications/unseal", {"guarantee": guarantee.no}, key=key)
        return key

    def some(found: list[Guarantee]) -> None:
        for guarantee in found:
            if guarantee.mode == "SEALED":
                post(guarantee)

    return walks.go_on(context, _lot(context.key).no, Work("lots/unseal", some, post))


def unseal_one(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the case of one sealed guarantee, once."""
    no = payload["guarantee"]
    with transaction():
        if db.session.scalar(select(Instance.id).where(Instance.policy == UNSEALING, Instance.key == no)) is None:
            runtime.start(UNSEALING, key=no, data={}, by=SYSTEM, institution=guarantees.find(no).institution)


def news_key(place: str, text: str, guarantee: Guarantee) -> str:
    """In plain it would tell whose lot it is."""
    return f"lot:{blind('lots.news', place, text, guarantee.no)}"


def _tell(lot: Lot, text: str, whom: str, place: str, found: list[Guarantee]) -> None:
    _tell_those(lot, text, whom, {news_key(place, text, guarantee): guarantee for guarantee in found})


def _tell_those(lot: Lot, text: str, whom: str, found: Mapping[str, Guarantee]) -> None:
    """`found`: the news' keys and the guarantees they are about; who was told is not told again."""
    won = awards.of_lot(lot.no)
    winner = won.winner["uscc"] if won is not None else ""
    told = set(db.session.scalars(select(Notice.key).where(Notice.key.in_(found))))
    for key, guarantee in found.items():
        if key in told or guarantee.state != GuaranteeState.IN_FORCE:
            continue
        content = guarantees.content(guarantee)
        days = gap_days(content.ends, lot)
        spared = {SHORT: not days, ENOUGH: days > 0, LOSERS: content.bidder_uscc == winner}
        if spared.get(whom, False):
            continue
        telling.tell(
            content.bidder_id,
            text,
            kind="order",
            about=guarantee.order_no,
            link=f"/guarantees/{guarantee.no}",
            key=key,
            places={"lot": lot.name, "guarantee": guarantee.no, "gap": str(days)},
        )


def gap_days(ends: datetime, lot: Lot) -> int:
    """Whole days by which a guarantee ends before the bids' validity does (招标投标法实施条例 art. 26)."""
    return max(0, -((ends - (lot.bid_deadline + clock.days(lot.bid_validity_days))).days))


def _lot(key: str) -> Lot:
    return projects.get(key.partition(":")[0])
