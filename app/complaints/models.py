"""A complaint (在线投诉) of an institution, and how its complainant finds it without being named."""

from typing import Any, ClassVar

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class ComplaintState(State):
    PENDING = "pending", "待处理"
    PROCESSING = "processing", "处理中"
    RESOLVED = "resolved", "已办结"
    DECLINED = "declined", "不予受理"


S = ComplaintState
END = frozenset({S.RESOLVED, S.DECLINED})


class Complaint(db.Model):  # type: ignore[name-defined]
    """Who complains, and of what, is sealed; `complainant` finds my complaints by a keyed hash."""

    MOVES: ClassVar = {
        S.PENDING: {S.PROCESSING, S.DECLINED},
        S.PROCESSING: {S.RESOLVED},
    }
    __tablename__ = "complaint"
    __table_args__ = (Index("ix_complaint_mine", "complainant", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=S.PENDING)
    state_since: Mapped[Any] = mapped_column(UtcDateTime)
    institution: Mapped[str] = mapped_column(index=True)
    complainant: Mapped[str]
    sealed: Mapped[Any] = mapped_column(Sealed("complaint.sealed"))  # {"content", "name", "phone", "company", "entity"}
    answer: Mapped[Any] = mapped_column(Sealed("complaint.answer"), nullable=True)  # {"outcome", "text"}
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
