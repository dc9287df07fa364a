"""Who won a lot (C6). Known after opening only; a later word replaces an earlier one."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.audit import Actor, record
from app.db import BigKey, UtcDateTime, db
from app.errors import BadInput, Conflict
from app.projects.feed import locked
from app.projects.models import Lot
from app.sealing import Sealed


class LotAward(db.Model):  # type: ignore[name-defined]
    """The winner of a lot: {name, uscc}; `amount` in fen, if it was told."""

    __tablename__ = "lot_award"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    lot_no: Mapped[str] = mapped_column(unique=True)
    winner: Mapped[Any] = mapped_column(Sealed("lot_award.winner"))
    amount: Mapped[Any] = mapped_column(Sealed("lot_award.amount"), nullable=True)
    awarded_at: Mapped[Any] = mapped_column(UtcDateTime)
    received_at: Mapped[Any] = mapped_column(UtcDateTime)


on_award: list[Callable[[Lot, LotAward], None]] = []
"""Called in the transaction that enters an award or changes its winner; subscribers post jobs."""


class NotOpened(Conflict):
    code = "lot_not_opened"


def award(no: str, *, winner: Mapping[str, Any], at: datetime, amount: int | None, by: Actor) -> LotAward:
    """Enter who won lot `no`; told again, it is entered once. Locks the lot."""
    lot = locked(no)
    if lot.opened_at is None:
        raise NotOpened("标段尚未开标", no=no)
    if at < lot.opened_at:
        raise BadInput(fields={"awarded_at": "早于开标时间"}, no=no)
    named = {"name": winner["name"], "uscc": winner["uscc"]}
    row = of_lot(no)
    if row is not None and (row.winner, row.amount, row.awarded_at) == (named, amount, at):
        return row
    other = row is None or row.winner["uscc"] != named["uscc"]
    if row is None:
        row = LotAward(lot_no=no)
        db.session.add(row)
    row.winner, row.amount, row.awarded_at, row.received_at = named, amount, at, clock.now()
    db.session.flush()
    record(no, "登记中标结果", by=by)
    for subscriber in on_award if other else ():
        subscriber(lot, row)
    return row


def of_lot(no: str) -> LotAward | None:
    return db.session.scalar(select(LotAward).where(LotAward.lot_no == no))
