"""Lots a bidder can still bid for: by number, name, region, category; paged by key."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, or_, select, tuple_

from app import clock
from app.db import db, remembered
from app.errors import NotFound
from app.glances import Glance
from app.projects import grams
from app.projects.models import Lot, LotGram, LotState, Project

MOST_PAIRS = 4
MOST_TEXT = 100
SEEN = Glance(
    Lot,
    "no number name region category estimate_fen bond_fen bid_deadline opening_at state sealed tenderer_name",
    "WHERE no = :no",
)
_BY_NO = select(Lot).where(Lot.no == bindparam("no"))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Page:
    """`following` is the cursor of the next page, "" after the last."""

    lots: list[Lot]
    following: str


def find(no: str) -> Lot | None:
    if "\0" in no:
        return None
    return db.session.scalar(_BY_NO, {"no": no})


def get(no: str) -> Lot:
    """The lot, read once a transaction; raises NotFound."""
    lot = remembered("lot", no, lambda: find(no))
    if lot is None:
        raise NotFound("标段不存在", no=no)
    return lot


def seen(no: str) -> Any:
    """The lot to look at, by SEEN, once a transaction; raises NotFound."""
    lot = remembered("seen lot", no, lambda: SEEN.one(no=no))
    if lot is None:
        raise NotFound("标段不存在", no=no)
    return lot


def search(text: str = "", *, region: str = "", category: str = "", after: str = "", limit: int = 20) -> Page:
    """Lots open for bids, the nearest deadline first. An unreadable cursor begins at the front."""
    text = text.replace("\0", "").strip()[:MOST_TEXT]
    query = select(Lot).where(Lot.state == LotState.OPEN, Lot.bid_deadline > clock.now())
    if region:
        query = query.where(Lot.prefecture == region)
    if category:
        query = query.where(Lot.category == category)
    if text:
        query = query.where(_worded(text))
    if cursor := _read(after):
        query = query.where(tuple_(Lot.bid_deadline, Lot.id) > cursor)
    lots = list(db.session.scalars(query.order_by(Lot.bid_deadline, Lot.id).limit(limit + 1)))
    following = _cursor(lots[limit - 1]) if len(lots) > limit else ""
    return Page(lots[:limit], following)


def _worded(text: str) -> ColumnElement[bool]:
    """Numbers are ASCII: Chinese words are looked for in names only, by their pairs."""
    name = grams.normal(text)
    if text.isascii():
        return or_(_numbered(text), _holds(name))
    pairs = [name[at : at + 2] for at in range(len(name) - 1)]
    few = pairs[:: len(pairs) // MOST_PAIRS + 1]
    return and_(*(exists().where(LotGram.gram == pair, LotGram.lot_id == Lot.id) for pair in few), _holds(name))


def _holds(name: str) -> ColumnElement[bool]:
    return Lot.search_text.contains(name, autoescape=True)


def _numbered(text: str) -> ColumnElement[bool]:
    of_project = Lot.project_id.in_(select(Project.id).where(_begins(Project.no, text)))
    return or_(_begins(Lot.number, text), _begins(Lot.no, text), of_project)


def _begins(column: Any, text: str) -> ColumnElement[bool]:
    return and_(column >= text, column < text + "\U0010ffff")


def _cursor(lot: Lot) -> str:
    return f"{(lot.bid_deadline - _EPOCH) // timedelta(microseconds=1)}.{lot.id}"


def _read(cursor: str) -> tuple[datetime, int] | None:
    micros, _, lot_id = cursor.partition(".")
    if not (micros.isascii() and micros.isdecimal() and lot_id.isascii() and lot_id.isdecimal()):
        return None
    try:
        return _EPOCH + timedelta(microseconds=int(micros)), min(int(lot_id), 2**63 - 1)
    except OverflowError:
        return None
