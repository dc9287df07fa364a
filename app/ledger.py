"""Money: every fen has exactly one place to be. Premiums sit at the institution; we record what was said of them.

A booking moves a parcel of money from one account to another and is told apart by its key, so that a repeated message
books once. The entries of every booking, and so of everything, sum to zero. Where a parcel is now is one row: what is
under way is found without reading what has come to rest.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import Index, select, text
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed, seal_json
from app.statements import Statement, insert, later, send


class Account(StrEnum):
    BIDDER = "bidder"  # with the bidder
    HELD = "held"  # paid, nothing issued for it yet
    EARNED = "earned"  # paid, and a guarantee stands for it
    REPAYING = "repaying"  # asked back from the institution
    RETURNING = "returning"  # the premium of a guarantee that is to be given back (退保)
    ISSUER = "issuer"  # the institution's own
    OWED = "owed"  # a claim approved, not paid yet
    CLAIMED = "claimed"  # paid out under a guarantee


UNDER_WAY = (Account.HELD, Account.REPAYING, Account.RETURNING, Account.OWED)
"""Accounts no money may stay in."""
IS_UNDER_WAY = "account IN ('held', 'repaying', 'returning', 'owed')"
"""The words of the index: only a query that says them uses it."""


class LedgerEntry(db.Model):  # type: ignore[name-defined]
    """Half of a booking; `amount` in fen, negative where money leaves the account.

    Amounts are sealed: a premium divided by its rate is a lot's bond amount, and rows of it would count its bidders.
    """

    __tablename__ = "ledger_entry"
    __table_args__ = (db.UniqueConstraint("key", "account"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[Any] = mapped_column(UtcDateTime)
    order_no: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    account: Mapped[str]
    amount: Mapped[int] = mapped_column(Sealed("ledger_entry.amount"))


class Parcel(db.Model):  # type: ignore[name-defined]
    """Money that goes its way as one: a payment (`parcel` is its transaction), a claim (its number), or what is left
    when a part goes elsewhere. `account` is the one place where it is, `since` when it came there."""

    __tablename__ = "money_parcel"
    __table_args__ = (
        Index(
            "ix_money_parcel_under_way",
            "since",
            sqlite_where=text(IS_UNDER_WAY),
            postgresql_where=text(IS_UNDER_WAY),
        ),
    )
    order_no: Mapped[str] = mapped_column(primary_key=True)
    parcel: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    since: Mapped[Any] = mapped_column(UtcDateTime)
    amount: Mapped[int] = mapped_column(Sealed("ledger_entry.amount"))


_ADD = insert("ledger_entry", "at order_no key account amount", new="key, account")
_MOVE = Statement(
    """
    INSERT INTO money_parcel (order_no, parcel, account, since, amount)
    SELECT :order_no, :parcel, :account, :since, :amount
    WHERE NOT EXISTS (SELECT 1 FROM ledger_entry WHERE key = :key)
    ON CONFLICT (order_no, parcel) DO UPDATE
    SET account = excluded.account, since = excluded.since, amount = excluded.amount
    WHERE money_parcel.account = :source
    """
)


def book(order_no: str, parcel: str, amount: int, source: Account, target: Account, *, key: str) -> None:
    """Move `amount` fen, the whole of the parcel from now on; a booking told twice under the same key is entered
    once."""
    if amount <= 0:
        raise ValueError("a booking moves a positive amount")
    at = clock.now()
    moved = {
        "order_no": order_no,
        "parcel": parcel,
        "account": str(target),
        "source": str(source),
        "since": at,
        "amount": seal_json(amount, "ledger_entry.amount"),
        "key": key,
    }
    later(_MOVE, [moved])  # before the entries, by which it knows whether it is told again
    later(
        _ADD,
        [
            {
                "at": at,
                "order_no": order_no,
                "key": key,
                "account": str(account),
                "amount": seal_json(signed, "ledger_entry.amount"),
            }
            for account, signed in ((source, -amount), (target, amount))
        ],
    )


def keys(order_no: str) -> list[str]:
    """The order's bookings, oldest first."""
    send()
    query = select(LedgerEntry.key).where(LedgerEntry.order_no == order_no).order_by(LedgerEntry.id)
    return list(dict.fromkeys(db.session.scalars(query)))


def balance(order_no: str, account: Account) -> int:
    """Fen of this order standing in the account."""
    send()
    query = select(LedgerEntry.amount).where(LedgerEntry.order_no == order_no, LedgerEntry.account == account)
    return sum(db.session.scalars(query))


def parcels(order_no: str) -> dict[str, Parcel]:
    """All there ever was of the order's money, by transaction or claim, oldest first."""
    send()
    query = select(Parcel).where(Parcel.order_no == order_no).order_by(Parcel.since, Parcel.parcel)
    found = db.session.scalars(query.execution_options(populate_existing=True))
    return {one.parcel: one for one in found}


def places(order_no: str) -> dict[str, Account]:
    """Where each parcel of the order's money is."""
    return {name: Account(one.account) for name, one in parcels(order_no).items()}
