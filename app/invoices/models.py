"""An invoice over the premium of an order (manual 5.2.3, 5.4), and its credit note if the premium went back."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class InvoiceState(State):
    PROCESSING = "processing", "处理中"
    ISSUED = "issued", "已开票"
    FAILED = "failed", "开票失败"
    CREDITING = "crediting", "红冲中"
    CREDITED = "credited", "已红冲"


S = InvoiceState
PREFIX, CREDIT_PREFIX = "FP", "HC"


class Invoice(db.Model):  # type: ignore[name-defined]
    """Title, tax number, whom to send it to, what it says: sealed under the lot's key. `live_key` keeps one invoice an
    order; a failed one gives it up. `credit_no` is the number of its credit note."""

    MOVES: ClassVar = {
        S.PROCESSING: {S.ISSUED, S.FAILED},
        S.ISSUED: {S.CREDITING},
        S.CREDITING: {S.CREDITED},
    }
    __tablename__ = "invoice"
    __table_args__ = (Index("ix_invoice_mine", "applicant_index", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    order_no: Mapped[str] = mapped_column(ForeignKey("bid_order.no"), index=True)
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.no"))
    institution: Mapped[str]
    state: Mapped[str] = mapped_column(default=S.PROCESSING)
    state_since: Mapped[Any] = mapped_column(UtcDateTime)
    live_key: Mapped[str | None] = mapped_column(unique=True)
    applicant_index: Mapped[str]
    lot_sealed: Mapped[str] = mapped_column(Sealed("invoice.lot"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    credit_no: Mapped[str | None] = mapped_column(unique=True)
    credit_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[Any] = mapped_column(Sealed("invoice.reason"), nullable=True)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    decided_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
