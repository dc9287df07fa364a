"""Money: every fen has exactly one place to be. Premiums sit at the institution; we record what was said of them.

A booking moves an amount from one account to another and is told apart by its key, so that a repeated message
books once. The entries of every booking, and so of everything, sum to zero.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed, seal_json
from app.statements import insert, later, send


class Account(StrEnum):
    BIDDER = "bidder"  # with the bidder
    HELD = "held"  # paid, nothing issued for it yet
    EARNED = "earned"  # paid, and a guarantee stands for it
    REPAYING = "repaying"  # asked back from the institution
    ISSUER = "issuer"  # the institution's own
    CLAIMED = "claimed"  # paid out under a guarantee


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


_ADD = insert("ledger_entry", "at order_no key account amount", new="key, account")


def book(order_no: str, amount: int, source: Account, target: Account, *, key: str) -> None:
    """Move `amount` fen; a booking told twice under the same key is entered once."""
    if amount <= 0:
        raise ValueError("a booking moves a positive amount")
    at = clock.now()
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
