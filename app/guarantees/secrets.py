"""What a guarantee hides, and how its bidder finds it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import count

from sqlalchemy import select

from app.db import db, remembered
from app.errors import NotFound
from app.guarantees.models import Guarantee
from app.orders.models import Order
from app.orders.secrets import indexes
from app.sealing import seal_for_lot, unseal_for_lot

SCOPE = "guarantee.sealed"
PORTION = 50


@dataclass(frozen=True)
class Content:
    """The sealed part. Amounts in fen, times as ISO text in UTC."""

    lot_no: str
    bidder_id: str
    bidder_name: str
    bidder_uscc: str
    amount: int
    balance: int
    premium: int
    valid_from: str
    valid_to: str
    region: str

    @property
    def begins(self) -> datetime:
        return datetime.fromisoformat(self.valid_from)

    @property
    def ends(self) -> datetime:
        return datetime.fromisoformat(self.valid_to)


def sealed(content: Content) -> bytes:
    return seal_for_lot(content.lot_no, asdict(content), SCOPE)


def content(guarantee: Guarantee) -> Content:
    return Content(**unseal_for_lot(guarantee.lot_sealed, guarantee.sealed, SCOPE))


def find(no: str) -> Guarantee:
    return _read(no, lock=False)


def locked(no: str) -> Guarantee:
    """The guarantee, locked once a transaction."""
    return remembered("locked guarantee", no, lambda: _read(no, lock=True))


def _read(no: str, *, lock: bool) -> Guarantee:
    query = select(Guarantee).where(Guarantee.no == no)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    guarantee = db.session.scalar(query)
    if guarantee is None:
        raise NotFound("没有这份保函", no=no)
    return guarantee


def of_lot(lot_no: str, number: int = PORTION) -> Iterator[Guarantee]:
    """The lot's guarantees, the oldest order first, read `number` orders at a time."""
    for start in count(1, number):
        orders, found = portion(lot_no, start, number)
        yield from found
        if orders < number:
            return


def portion(lot_no: str, start: int, number: int = PORTION) -> tuple[int, list[Guarantee]]:
    """How many orders of the lot there are from the `start`-th on, at most `number`, and their guarantees."""
    names = indexes(lot_no, start, number)
    rows = db.session.execute(
        select(Order.lot_index, Guarantee)
        .outerjoin(Guarantee, Guarantee.order_no == Order.no)
        .where(Order.lot_index.in_(names))
    )
    found = dict(rows.tuples().all())
    return len(found), [guarantee for name in names if (guarantee := found.get(name)) is not None]


def of_order(order_no: str) -> Guarantee | None:
    return db.session.scalar(select(Guarantee).where(Guarantee.order_no == order_no))
