"""A case of money that stood too long in one place, and what places are called."""

from typing import Any, ClassVar

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.ledger import Account
from app.sealing import Sealed
from app.states import State

LABELS = {
    Account.BIDDER: "投标人",
    Account.HELD: "待出函",
    Account.EARNED: "已实现",
    Account.REPAYING: "退款中",
    Account.RETURNING: "待退保费",
    Account.ISSUER: "机构",
    Account.OWED: "待赔付",
    Account.CLAIMED: "受益人",
}
"""As the effects of operations and the page call the accounts."""


class CaseState(State):
    OPEN = "open", "待核实"
    MOVED = "moved", "已转出"
    EXPLAINED = "explained", "已查明"


S = CaseState


class MoneyCase(db.Model):  # type: ignore[name-defined]
    """One parcel's stay in one account, looked after once. `no` is its public number."""

    MOVES: ClassVar = {S.OPEN: {S.MOVED, S.EXPLAINED}}
    __tablename__ = "money_case"
    __table_args__ = (UniqueConstraint("order_no", "parcel", "account", "since", name="uq_money_case_stay"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    order_no: Mapped[str]
    parcel: Mapped[str]
    account: Mapped[str]
    since: Mapped[Any] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(default=S.OPEN, index=True)
    note: Mapped[Any] = mapped_column(Sealed("money_case.note"), nullable=True)
    found_at: Mapped[Any] = mapped_column(UtcDateTime)
