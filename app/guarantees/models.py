"""An issued electronic bid guarantee (电子投标保函)."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class GuaranteeState(State):
    IN_FORCE = "in_force", "生效中"
    REFUND_PENDING = "refund_pending", "退保中"
    REFUNDED = "refunded", "已退保"
    CANCELLATION_PENDING = "cancellation_pending", "注销中"
    CLAIM_PENDING = "claim_pending", "理赔中"
    LAPSED = "lapsed", "已失效"


class Lapse(State):
    EXPIRED = "expired", "有效期届满"
    DISCHARGED = "discharged", "已注销"
    PAID_OUT = "paid_out", "已足额赔付"


S = GuaranteeState


class Guarantee(db.Model):  # type: ignore[name-defined]
    """`no` is the institution's number. Bidder, lot and amount are sealed under the lot's key, as the order's are."""

    MOVES: ClassVar = {
        S.IN_FORCE: {S.REFUND_PENDING, S.CANCELLATION_PENDING, S.CLAIM_PENDING, S.LAPSED},
        S.REFUND_PENDING: {S.REFUNDED, S.IN_FORCE},
        S.CANCELLATION_PENDING: {S.LAPSED, S.IN_FORCE},
        S.CLAIM_PENDING: {S.LAPSED, S.IN_FORCE},
    }
    __tablename__ = "guarantee"
    __table_args__ = (
        UniqueConstraint("order_no", name="uq_guarantee_of_order"),  # by default it'd be named as bid_order's
        Index("ix_guarantee_mine", "bidder_index", "id"),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    order_no: Mapped[str] = mapped_column(ForeignKey("bid_order.no"))
    state: Mapped[str] = mapped_column(default=S.IN_FORCE)
    institution: Mapped[str] = mapped_column(index=True)
    bidder_index: Mapped[str]
    lot_sealed: Mapped[str] = mapped_column(Sealed("guarantee.lot"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    verify_code: Mapped[str] = mapped_column(Sealed("guarantee.verify_code"))
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    plain_file_id: Mapped[int | None] = mapped_column(ForeignKey("stored_file.id"))  # after opening
    mode: Mapped[str]
    independent: Mapped[bool] = mapped_column(default=True)
    issued_at: Mapped[Any] = mapped_column(UtcDateTime)
    received_at: Mapped[Any] = mapped_column(UtcDateTime)
    state_since: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    lapse: Mapped[str] = mapped_column(default="", server_default="")  # why it lapsed


class DocumentKind(State):
    ISSUED = "issued", "出函时的保函"
    PLAIN = "plain", "开标后还原的保函"
    EXTENDED = "extended", "延期后的保函或批单"


class GuaranteeDocument(db.Model):  # type: ignore[name-defined]
    """A document that came after the one it was issued with (`Guarantee.file_id`); the newest is the one in force."""

    __tablename__ = "guarantee_document"
    __table_args__ = (UniqueConstraint("guarantee_no", "kind", "file_id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.no"))
    kind: Mapped[str]
    file_id: Mapped[int] = mapped_column(ForeignKey("stored_file.id"))
    at: Mapped[Any] = mapped_column(UtcDateTime)


class ClaimDelegation(db.Model):  # type: ignore[name-defined]
    """A tenderer lets the agent of its lot file claims, until it takes that back."""

    __tablename__ = "claim_delegation"
    __table_args__ = (
        Index(
            "uq_claim_delegation_standing",
            "lot_no",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    lot_no: Mapped[str] = mapped_column(ForeignKey("lot.no"))
    agent_uscc: Mapped[str]
    agent_name: Mapped[str]
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    revoked_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
