"""Whether the books are whole: every booking sums to zero, and so does everything; each parcel is where the entries
say, and no money is where none came."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select, union

from app.db import db, transaction
from app.funds.models import LABELS
from app.ledger import Account, LedgerEntry, Parcel
from app.orders.models import Payment
from app.runtime import incidents

ROUND = "funds/check"
AT_ONCE = 500
SOURCES = (Account.BIDDER, Account.ISSUER)
"""Where money comes from: they may stand below zero."""


@dataclass
class Report:
    orders: int = 0
    bookings: int = 0
    total: int = 0
    faults: dict[str, list[str]] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return not self.faults and self.total == 0


def check() -> Report:
    """Every order's books; reads some hundred at a time and keeps nothing of those that are whole."""
    report, last = Report(), ""
    while numbers := _next(last):
        last = numbers[-1]
        for order_no, books in _books(numbers).items():
            report.orders += 1
            report.bookings += len(books.bookings)
            report.total += sum(books.balances.values())
            if faults := list(_faults(books)):
                report.faults[order_no] = faults
    db.session.rollback()
    return report


def look(_payload: Mapping[str, Any], *, key: str) -> None:
    """The round's errand: one incident for each order whose books are not whole."""
    for order_no, faults in check().faults.items():
        with transaction():
            incidents.add("order", order_no, "money", "资金台账不平：" + "；".join(faults))


@dataclass
class _Books:
    """One order's: booking → what its halves sum to and how many there are; account → fen; fen the parcels say."""

    bookings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    balances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    parcels: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paid: dict[str, int] = field(default_factory=dict)


def _next(last: str) -> list[str]:
    found = union(*(select(model.order_no).where(model.order_no > last) for model in (LedgerEntry, Parcel, Payment)))
    numbers = found.subquery()
    return list(db.session.scalars(select(numbers.c.order_no).order_by(numbers.c.order_no).limit(AT_ONCE)))


def _books(numbers: Collection[str]) -> dict[str, _Books]:
    books = {no: _Books() for no in numbers}
    entries = select(LedgerEntry.order_no, LedgerEntry.key, LedgerEntry.account, LedgerEntry.amount)
    for no, key, account, amount in db.session.execute(entries.where(LedgerEntry.order_no.in_(numbers))).tuples():
        books[no].bookings[key].append(amount)
        books[no].balances[account] += amount
    parcels = select(Parcel.order_no, Parcel.account, Parcel.amount).where(Parcel.order_no.in_(numbers))
    for no, account, amount in db.session.execute(parcels).tuples():
        books[no].parcels[account] += amount
    payments = select(Payment.order_no, Payment.txn_no, Payment.amount).where(Payment.order_no.in_(numbers))
    for no, txn_no, amount in db.session.execute(payments).tuples():
        books[no].paid[f"paid:{no}:{txn_no}"] = amount
    return books


def _faults(books: _Books) -> Iterator[str]:
    for key, halves in books.bookings.items():
        if len(halves) != 2 or sum(halves) != 0:
            yield f"凭证 {key} 借贷不平"
    for key, amount in books.paid.items():
        if max(books.bookings.get(key, [0])) != amount:
            yield f"支付 {key.rpartition(':')[2]} 与凭证不符"
    for account in Account:
        standing = books.balances[account]
        if account in SOURCES:
            continue
        if standing < 0:
            yield f"“{LABELS[account]}”余额为负"
        elif standing != books.parcels[account]:
            yield f"“{LABELS[account]}”的余额与逐笔登记不符"
