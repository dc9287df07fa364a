"""What an order hides: opening it, and finding orders by bidder or lot through keyed hashes."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import bindparam, select

from app import money
from app.db import db, remember, remembered
from app.errors import NotFound
from app.glances import Glance
from app.orders.models import Order
from app.sealing import blind, seal_for_lot, unseal_for_lot
from app.statements import Statement, one

SCOPE = "order.sealed"
_PROBE = 32
_LOCKED = select(Order).where(Order.no == bindparam("no")).with_for_update().execution_options(populate_existing=True)
SEEN = Glance(
    Order,
    "no state state_since institution product bidder_index lot_sealed sealed reason_code reason created_at",
    "WHERE no = :no",
)
_OWNER = Statement("SELECT bidder_index FROM bid_order WHERE no = :no")


@dataclass(frozen=True)
class Handler:
    """The person who deals with the application (经办人)."""

    name: str
    id_no: str
    phone: str


@dataclass(frozen=True)
class Content:
    """The sealed part. Amounts in fen, times as ISO text in UTC."""

    lot_no: str
    bidder_id: str
    bidder_name: str
    bidder_uscc: str
    handler: Handler
    amount: int
    premium: int
    valid_from: str
    valid_to: str
    bid_validity_days: int
    region: str
    terms_sha256: str = ""
    attachments: list[int] = field(default_factory=list)

    @property
    def ends(self) -> datetime:
        return datetime.fromisoformat(self.valid_to)

    @property
    def begins(self) -> datetime:
        return datetime.fromisoformat(self.valid_from)


def sealed(content: Content) -> bytes:
    return seal_for_lot(content.lot_no, asdict(content), SCOPE)


def content(order: Any) -> Content:
    values: dict[str, Any] = unseal_for_lot(order.lot_sealed, order.sealed, SCOPE)
    return Content(**{**values, "handler": Handler(**values["handler"])})


def find(no: str) -> Any:
    """The order to look at, by SEEN, once a transaction; the locked one where there is one."""
    order = remembered("order", no, lambda: SEEN.one(no=no))
    if order is None:
        raise NotFound("没有这个订单", no=no)
    return order


def hidden(no: str) -> list[str]:
    """What an institution's words about the order may say and staff may not read: who bids, and amounts, which are
    the lot's."""
    order = SEEN.one(no=no)
    if order is None:
        return []
    told = content(order)
    who = [told.bidder_name, told.bidder_uscc, told.handler.name, told.handler.phone, told.handler.id_no]
    amounts = [text for fen in (told.amount, told.premium) for text in (money.shown(fen)[1:], money.yuan(fen))]
    return [*who, *amounts, *(text.removesuffix(".00") for text in amounts if text.endswith(".00"))]


def locked(no: str) -> Order:
    """The order, locked once a transaction."""
    order: Order = remembered("locked order", no, lambda: _lock(no))
    return order


def _lock(no: str) -> Order:
    order = db.session.scalar(_LOCKED, {"no": no})
    if order is None:
        raise NotFound("没有这个订单", no=no)
    remember("order", no, order)
    return order


def owner(no: str) -> str:
    """Its bidder's index, without opening it."""
    found = one(_OWNER, no=no)
    if found is None:
        raise NotFound("没有这个订单", no=no)
    return str(found[0])


def bidder_index(bidder_id: str) -> str:
    return blind("order.bidder", bidder_id)


def live_key(bidder_id: str, lot_no: str) -> str:
    return blind("order.live", bidder_id, lot_no)


def hold(order: Order) -> None:
    """Be the bidder's live order on the lot, unless another one is by now."""
    if order.live_key is None and not engaged(order):
        order.live_key = _live_key_of(order)


def engaged(order: Any) -> bool:
    """Whether the bidder has another live order on the lot."""
    query = select(Order.id).where(Order.live_key == _live_key_of(order), Order.no != order.no)
    return db.session.scalar(query) is not None


def _live_key_of(order: Any) -> str:
    opened = content(order)
    return live_key(opened.bidder_id, opened.lot_no)


def free_lot_index(lot_no: str) -> str:
    """The next unused index of this lot; two orders at once collide on the unique column and one tries again.

    Used ones are 1…n without gaps, so n is closed in on: one query up to 32 orders, two or three for any number.
    """
    return blind("order.lot", lot_no, how_many(lot_no) + 1)


def how_many(lot_no: str) -> int:
    """The lot's orders. Secret before opening."""
    low, high, points = 0, 1 << 24, [*range(1, _PROBE + 1), *(_PROBE << k for k in range(1, 20))]
    while high - low > 1:
        names = {blind("order.lot", lot_no, number): number for number in points if low < number < high}
        taken = {names[one] for one in db.session.scalars(select(Order.lot_index).where(Order.lot_index.in_(names)))}
        low = max(taken, default=low)
        high = min(number for number in (*names.values(), high) if number > low)
        points = list(range(low + 1, high, max(1, (high - low) // _PROBE)))
    return low


def of_lot(lot_no: str) -> Iterator[Order]:
    """The lot's orders, oldest first. Callers that show anything must have checked that the lot is opened."""
    for start in count(1, _PROBE):
        names = indexes(lot_no, start, _PROBE)
        found = {o.lot_index: o for o in db.session.scalars(select(Order).where(Order.lot_index.in_(names)))}
        yield from (found[index] for index in names if index in found)
        if len(found) < len(names):
            return


def indexes(lot_no: str, start: int, number: int) -> list[str]:
    """What the lot's orders from the `start`-th on are found by."""
    return [blind("order.lot", lot_no, position) for position in range(start, start + number)]
