"""Somebody's early access to one lot's bidders: asked for, allowed by another person, over."""

from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class AccessState(State):
    PENDING = "pending", "待审批"
    GRANTED = "granted", "可查阅"
    REFUSED = "refused", "不同意"
    LAPSED = "lapsed", "逾期失效"
    WITHDRAWN = "withdrawn", "已撤回"
    OVER = "ended", "已结束"


S = AccessState


class EarlyAccess(db.Model):  # type: ignore[name-defined]
    """`requester` and `approver` are accounts' refs, as in the audit trail; the lot and the reasons are sealed."""

    MOVES: ClassVar = {
        S.PENDING: {S.GRANTED, S.REFUSED, S.LAPSED, S.WITHDRAWN},
        S.GRANTED: {S.OVER},
    }
    __tablename__ = "early_access"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=S.PENDING)
    state_since: Mapped[Any] = mapped_column(UtcDateTime)
    requester: Mapped[str] = mapped_column(index=True)
    requester_label: Mapped[str]
    approver: Mapped[str] = mapped_column(default="")
    approver_label: Mapped[str] = mapped_column(default="")
    sealed: Mapped[Any] = mapped_column(Sealed("early_access.sealed"))  # {"lot_no", "document_no", "reason"}
    opinion: Mapped[Any] = mapped_column(Sealed("early_access.opinion"), nullable=True)
    until: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)

    @property
    def open(self) -> bool:
        """Whether the requester may read now; time ends it, whether or not the drawing's timer has come to it."""
        return self.state == S.GRANTED and self.until is not None and clock.now() < self.until
