"""An order (保函订单), its payments, and how it is found without saying whose it is or for which lot."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class OrderState(State):
    UNDERWRITING = "underwriting", "核保中"
    AWAITING_PAYMENT = "awaiting_payment", "等待支付"
    CANCELLING = "cancelling", "取消中"
    ISSUING = "issuing", "出函中"
    ISSUED = "issued", "成功出函"
    REJECTED = "rejected", "核保不通过"
    CANCELLED = "cancelled", "已取消"
    CLOSED = "closed", "订单关闭"
    REPAYING = "repaying", "退款中"
    REPAID = "repaid", "已退款"


S = OrderState
LIVE = frozenset({S.UNDERWRITING, S.AWAITING_PAYMENT, S.CANCELLING, S.ISSUING, S.ISSUED})
"""While an order is in one of these, its bidder has no second one on the lot. One that is being repaid can't become a
guarantee any more by what the bidder does: it does not keep from trying another institution before the deadline."""

END = frozenset({S.ISSUED, S.REJECTED, S.CANCELLED, S.CLOSED, S.REPAID})


class Order(db.Model):  # type: ignore[name-defined]
    """One purchase. Who bids, for which lot, how much: sealed under the lot's key.

    `lot_sealed` opens with the master key and names the lot, whose key opens `sealed`. `bidder_index` finds my
    orders, `lot_index` (numbered, so that equal ones do not count a lot's bidders) a lot's, `live_key` keeps one
    live order per bidder and lot.
    """

    MOVES: ClassVar = {
        S.UNDERWRITING: {S.AWAITING_PAYMENT, S.REJECTED, S.CLOSED, S.CANCELLED, S.CANCELLING, S.ISSUING},
        S.AWAITING_PAYMENT: {S.ISSUING, S.CANCELLING, S.CLOSED, S.CANCELLED, S.REPAYING},
        S.CANCELLING: {S.CANCELLED, S.ISSUING, S.REPAYING},
        S.ISSUING: {S.ISSUED, S.REPAYING},
        S.REPAYING: {S.REPAID, S.ISSUED},
        S.CANCELLED: {S.ISSUING, S.REPAYING, S.ISSUED},
        S.CLOSED: {S.ISSUING, S.REPAYING, S.ISSUED},
        S.REJECTED: {S.ISSUING, S.REPAYING, S.ISSUED},
    }
    __tablename__ = "bid_order"
    __table_args__ = (Index("ix_bid_order_mine", "bidder_index", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default=S.UNDERWRITING)
    state_since: Mapped[Any] = mapped_column(UtcDateTime)
    institution: Mapped[str] = mapped_column(index=True)
    product: Mapped[str]
    bidder_index: Mapped[str]
    live_key: Mapped[str | None] = mapped_column(unique=True)
    lot_index: Mapped[str] = mapped_column(unique=True)
    lot_sealed: Mapped[str] = mapped_column(Sealed("order.lot"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[Any] = mapped_column(Sealed("order.reason"), nullable=True)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)


class Payment(db.Model):  # type: ignore[name-defined]
    """Money an institution says it received for an order; a second transaction is a second row."""

    __tablename__ = "payment"
    __table_args__ = (db.UniqueConstraint("order_no", "txn_no"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    order_no: Mapped[str] = mapped_column(ForeignKey("bid_order.no"))
    txn_no: Mapped[str]
    amount: Mapped[Any] = mapped_column(Sealed("payment.amount"))
    channel: Mapped[str]
    paid_at: Mapped[Any] = mapped_column(UtcDateTime)
    repaid_txn_no: Mapped[str] = mapped_column(default="")
    repaid_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


class OrderDraft(db.Model):  # type: ignore[name-defined]
    """An application being filled in; nothing typed is ever lost. All of it is sealed."""

    __tablename__ = "order_draft"
    id: Mapped[str] = mapped_column(primary_key=True)  # unguessable
    bidder_index: Mapped[str] = mapped_column(index=True)
    content: Mapped[Any] = mapped_column(Sealed("order_draft.content"))
    updated_at: Mapped[Any] = mapped_column(UtcDateTime)
