"""An application on a guarantee in force: 延期, 退保, 注销 or 理赔 (manual 5.3.2–5.3.4, 6)."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.guarantees.models import GuaranteeState
from app.sealing import Sealed
from app.states import State


class Kind(State):
    """The stored word is the policy's name."""

    EXTENSION = "extension", "延期"
    REFUND = "refund", "退保"
    CANCELLATION = "cancellation", "注销"
    CLAIM = "claim", "理赔"


PREFIX = {Kind.EXTENSION: "YQ", Kind.REFUND: "TB", Kind.CANCELLATION: "ZX", Kind.CLAIM: "LP"}
PENDING_AS = {
    Kind.REFUND: GuaranteeState.REFUND_PENDING,
    Kind.CANCELLATION: GuaranteeState.CANCELLATION_PENDING,
    Kind.CLAIM: GuaranteeState.CLAIM_PENDING,
}
"""What the guarantee is called meanwhile; it stays 生效中 while an extension is asked for."""


class ApplicationState(State):
    PENDING = "pending", "审核中"
    CORRECTING = "correcting", "待补正"
    PAYING = "paying", "待赔付"
    APPROVED = "approved", "已通过"
    REFUSED = "refused", "未通过"


S = ApplicationState
OPEN = frozenset({S.PENDING, S.CORRECTING, S.PAYING})
WORDS = {
    (Kind.EXTENSION, S.PENDING): "延期中",
    (Kind.EXTENSION, S.APPROVED): "延期成功",
    (Kind.EXTENSION, S.REFUSED): "延期失败",
    (Kind.REFUND, S.PENDING): "退保中",
    (Kind.REFUND, S.APPROVED): "已退保",
    (Kind.REFUND, S.REFUSED): "退保失败",
    (Kind.CANCELLATION, S.PENDING): "注销中",
    (Kind.CANCELLATION, S.APPROVED): "已注销",
    (Kind.CLAIM, S.PENDING): "理赔中",
    (Kind.CLAIM, S.APPROVED): "已赔付",
}
"""What a kind's records call a state, where the manual has a word of its own."""


class Application(db.Model):  # type: ignore[name-defined]
    """Who applies, why and with what: sealed under the lot's key. `open_key` keeps one open application a guarantee."""

    MOVES: ClassVar = {
        S.PENDING: {S.CORRECTING, S.PAYING, S.APPROVED, S.REFUSED},
        S.CORRECTING: {S.PENDING, S.REFUSED},
        S.PAYING: {S.APPROVED},
    }
    __tablename__ = "application"
    __table_args__ = (Index("ix_application_mine", "applicant_index", "kind", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.no"), index=True)
    institution: Mapped[str]
    state: Mapped[str] = mapped_column(default=S.PENDING)
    state_since: Mapped[Any] = mapped_column(UtcDateTime)
    open_key: Mapped[str | None] = mapped_column(unique=True)
    applicant_index: Mapped[str]
    lot_sealed: Mapped[str] = mapped_column(Sealed("application.lot"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    reason_code: Mapped[str] = mapped_column(default="")
    reason: Mapped[Any] = mapped_column(Sealed("application.reason"), nullable=True)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    decided_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)

    @property
    def label(self) -> str:
        state = S(self.state)  # type: ignore[call-arg]
        return WORDS.get((Kind(self.kind), state), state.label)  # type: ignore[call-arg]


class ApplicationDraft(db.Model):  # type: ignore[name-defined]
    """A claim filled in and not yet confirmed; all of it sealed."""

    __tablename__ = "application_draft"
    id: Mapped[str] = mapped_column(primary_key=True)  # unguessable
    applicant_index: Mapped[str]
    guarantee_no: Mapped[str] = mapped_column(ForeignKey("guarantee.no"))
    content: Mapped[Any] = mapped_column(Sealed("application_draft.content"))
    updated_at: Mapped[Any] = mapped_column(UtcDateTime)
