"""One day's money and paper at one institution, as our books have it, to be compared with the institution's (A13)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.db import db
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee
from app.ledger import Account, LedgerEntry
from app.orders.models import Order, Payment

PAYMENT, REPAYMENT, ISSUANCE = "PAYMENT", "REPAYMENT", "ISSUANCE"
MISSING, EXTRA, AMOUNT, UNREACHABLE = "MISSING", "EXTRA", "AMOUNT", "UNREACHABLE"
LATE = timedelta(days=60)
"""So long after an order was begun something may still happen to it."""


@dataclass(frozen=True)
class Entry:
    """One movement: `reference` is its transaction's or guarantee's number; `amount` in fen."""

    kind: str
    order_no: str
    reference: str
    amount: int

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.kind, self.order_no, self.reference


@dataclass(frozen=True)
class Difference:
    """`ours`, `theirs`: fen, None where one side knows nothing of it."""

    what: str
    kind: str = ""
    order_no: str = ""
    reference: str = ""
    ours: int | None = None
    theirs: int | None = None


def span(day: date) -> tuple[datetime, datetime]:
    """The day in Shanghai, from its first moment to the next day's."""
    start = datetime.combine(day, time(), clock.SHANGHAI).astimezone(UTC)
    return start, start + timedelta(days=1)


def institutions_of(day: date) -> list[str]:
    """Those with whom something may have happened that day."""
    start, end = span(day)
    query = select(Order.institution).where(Order.created_at < end, Order.created_at >= start - LATE).distinct()
    return sorted(db.session.scalars(query))


def ours(institution: str, day: date) -> list[Entry]:
    start, end = span(day)
    paid = select(Payment).join(Order, Order.no == Payment.order_no).where(Order.institution == institution)
    entries = [
        Entry(PAYMENT, one.order_no, one.txn_no, one.amount)
        for one in db.session.scalars(paid.where(Payment.paid_at >= start, Payment.paid_at < end))
    ]
    entries += [
        Entry(REPAYMENT, one.order_no, one.repaid_txn_no, one.amount)
        for one in db.session.scalars(paid.where(Payment.repaid_at >= start, Payment.repaid_at < end))
    ]
    issued = select(Guarantee).where(
        Guarantee.institution == institution, Guarantee.issued_at >= start, Guarantee.issued_at < end
    )
    entries += [
        Entry(ISSUANCE, one.order_no, one.no, guarantees.content(one).amount) for one in db.session.scalars(issued)
    ]
    return entries


def theirs(entries: Iterable[dict[str, Any]]) -> list[Entry]:
    """A13's entries, amounts in fen."""
    return [
        Entry(one["kind"], one["order_no"], one.get("guarantee_no" if one["kind"] == ISSUANCE else "txn_no", ""),
              one["amount"])
        for one in entries
    ]  # fmt: skip


def compared(own: Iterable[Entry], told: Iterable[Entry]) -> Iterator[Difference]:
    """Every difference, each once. A premium given back with its guarantee (退保) has no transaction in our books."""
    mine, yours = {one.identity: one for one in own}, {one.identity: one for one in told}
    for identity, one in mine.items():
        other = yours.get(identity)
        if other is None:
            yield Difference(MISSING, *identity, ours=one.amount)
        elif other.amount != one.amount:
            yield Difference(AMOUNT, *identity, ours=one.amount, theirs=other.amount)
    for identity, one in yours.items():
        if identity not in mine and not (one.kind == REPAYMENT and _refunded(one)):
            yield Difference(EXTRA, *identity, theirs=one.amount)


def _refunded(entry: Entry) -> bool:
    query = select(LedgerEntry.amount).where(
        LedgerEntry.order_no == entry.order_no,
        LedgerEntry.account == Account.BIDDER,
        LedgerEntry.key.startswith("refunded:"),
    )
    return entry.amount in set(db.session.scalars(query))
