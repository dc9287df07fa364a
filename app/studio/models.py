"""Drafts of policies: what operators are changing, until somebody else lets it through."""

from typing import Any, ClassVar

import orjson
from sqlalchemy import JSON, ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.states import State


class DraftState(State):
    EDITING = "editing", "起草中"
    SUBMITTED = "submitted", "待审批"
    RETURNED = "returned", "已退回"
    PUBLISHED = "published", "已发布"
    DISCARDED = "discarded", "已放弃"


OPEN = (DraftState.EDITING, DraftState.SUBMITTED, DraftState.RETURNED)


class PolicyDraft(db.Model):  # type: ignore[name-defined]
    """One policy folder on its way to a version. `slot` is the policy while the draft is open: one at a time.

    `revision` counts the savings; whoever saves says which one he saw. `authors` are the refs of all who saved:
    none of them may approve.
    """

    __tablename__ = "policy_draft"
    MOVES: ClassVar[dict[DraftState, set[DraftState]]] = {
        DraftState.EDITING: {DraftState.SUBMITTED, DraftState.DISCARDED},
        DraftState.SUBMITTED: {DraftState.EDITING, DraftState.RETURNED, DraftState.PUBLISHED},
        DraftState.RETURNED: {DraftState.EDITING, DraftState.DISCARDED},
    }
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    policy: Mapped[str] = mapped_column(index=True)
    slot: Mapped[str | None] = mapped_column(unique=True)
    base_version_id: Mapped[int | None] = mapped_column(ForeignKey("policy_version.id"))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("policy_version.id"))
    files: Mapped[str] = mapped_column(Text)  # JSON: path → text
    seed: Mapped[str] = mapped_column(default="")  # digest of the repository's folder that proposed it
    revision: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(default=DraftState.EDITING)
    note: Mapped[str] = mapped_column(Text, default="")
    authors: Mapped[Any] = mapped_column(JSON)
    author_label: Mapped[str]
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    submitted_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    reviewer: Mapped[str] = mapped_column(default="")
    reviewer_label: Mapped[str] = mapped_column(default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)

    @property
    def no(self) -> str:
        """How the audit trail and a refused move name it."""
        return f"policy:{self.policy}"

    @property
    def folder(self) -> dict[str, str]:
        return orjson.loads(self.files)

    @property
    def label(self) -> str:
        return DraftState(self.state).label  # type: ignore[call-arg]
