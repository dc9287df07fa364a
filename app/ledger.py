"""Money: every fen has exactly one place to be. Premiums sit at the institution; we record what was said of them.

A booking moves an amount from one account to another and is told apart by its key, so that a repeated message
books once. The entries of every booking, and so of everything, sum to zero.
"""

from enum import StrEnum
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, Fen, UtcDateTime, db


class Account(StrEnum):
    BIDDER = "bidder"  # with the bidder
    HELD = "held"  # paid, nothing issued for it yet
    EARNED = "earned"  # paid, and a guarantee stands for it
    REPAYING = "repaying"  # asked back from the institution
    CLAIMED = "claimed"  # paid out under a guarantee


class LedgerEntry(db.Model):  # type: ignore[name-defined]
    """Half of a booking; `amount` in fen, negative where money leaves the account."""

    __tablename__ = "ledger_entry"
    __table_args__ = (db.UniqueConstraint("key", "account"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[Any] = mapped_column(UtcDateTime)
    order_no: Mapped[str] = mapped_column(index=True)
    key: Mapped[str]
    account: Mapped[str]
    amount: Mapped[int] = mapped_column(Fen)


def book(order_no: str, amount: int, source: Account, target: Account, *, key: str) -> bool:
    """Move `amount` fen; False if this key was booked already."""
    if amount <= 0:
        raise ValueError("a booking moves a positive amount")
    if db.session.scalar(select(LedgerEntry.id).where(LedgerEntry.key == key).limit(1)) is not None:
        return False
    at = clock.now()
    for account, signed in ((source, -amount), (target, amount)):
        db.session.add(LedgerEntry(at=at, order_no=order_no, key=key, account=account, amount=signed))
    db.session.flush()
    return True


def balance(order_no: str, account: Account) -> int:
    """Fen of this order standing in the account."""
    query = select(func.coalesce(func.sum(LedgerEntry.amount), 0)).where(
        LedgerEntry.order_no == order_no, LedgerEntry.account == account
    )
    return int(db.session.scalar(query) or 0)
