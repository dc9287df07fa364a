"""Runs of the acceptance test, what each check found, and what the institution sent while a run was open."""

from typing import Any, ClassVar

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.acceptance.checks import Outcome
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed
from app.states import State


class RunState(State):
    RUNNING = "running", "进行中"
    PASSED = "passed", "全部通过"
    FAILED = "failed", "未通过"
    BROKEN = "broken", "中断"


class Cause(State):
    ACCEPTANCE = "acceptance", "验收申请"
    DEMAND = "demand", "人工发起"
    NIGHTLY = "nightly", "每日巡检"


S = RunState


class Run(db.Model):  # type: ignore[name-defined]
    """One acceptance test of one institution. `key` is who asked for it: asked again, it is the same run.

    `open_for` is the institution's code while the run is open, so that no second one can be. A run whose worker died
    is begun again under the next `round`; what an earlier round still sends is nobody's.
    """

    MOVES: ClassVar = {S.RUNNING: {S.PASSED, S.FAILED, S.BROKEN}}
    __tablename__ = "acceptance_run"
    __table_args__ = (Index("ix_acceptance_run_institution", "institution", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    no: Mapped[str] = mapped_column(unique=True)
    key: Mapped[str] = mapped_column(unique=True)
    institution: Mapped[str]
    cause: Mapped[str]
    by: Mapped[str]
    endpoint: Mapped[str]
    state: Mapped[str] = mapped_column(default=S.RUNNING)
    round: Mapped[int] = mapped_column(default=1)
    open_for: Mapped[str | None] = mapped_column(unique=True)
    beat_at: Mapped[Any] = mapped_column(UtcDateTime)
    started_at: Mapped[Any] = mapped_column(UtcDateTime)
    ended_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    total: Mapped[int] = mapped_column(default=0)
    passed: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    unreached: Mapped[int] = mapped_column(default=0)
    checks: Mapped[list["Found"]] = relationship(order_by="Found.position")

    @property
    def prefix(self) -> str:
        """What this round's numbers begin with, after TEST-."""
        return f"{self.no}-{self.round}"

    @property
    def done(self) -> int:
        return len(self.checks)


class Found(db.Model):  # type: ignore[name-defined]
    """What one check found. `evidence`, kept for what failed: the exchanges as acceptance/evidence.py shows them."""

    __tablename__ = "acceptance_check"
    run_id: Mapped[int] = mapped_column(BigKey, ForeignKey("acceptance_run.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    no: Mapped[str]
    chapter: Mapped[str]
    title: Mapped[str]
    expects: Mapped[str]
    outcome: Mapped[str]
    text: Mapped[str] = mapped_column(Text, default="")
    ms: Mapped[int]
    evidence: Mapped[Any] = mapped_column(Sealed("acceptance_check.evidence"), nullable=True)

    @property
    def result(self) -> Outcome:
        return Outcome(self.outcome)  # type: ignore[call-arg]


class Callback(db.Model):  # type: ignore[name-defined]
    """A callback that came while a run was open; gone when it ends."""

    __tablename__ = "acceptance_callback"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    run_id: Mapped[int] = mapped_column(BigKey, ForeignKey("acceptance_run.id"), index=True)
    round: Mapped[int]
    call: Mapped[str]
    number: Mapped[str]
    request_id: Mapped[str]
    headers: Mapped[Any] = mapped_column(Sealed("acceptance_callback.headers"))
    body: Mapped[Any] = mapped_column(Sealed("acceptance_callback.body"), nullable=True)
    refused: Mapped[str] = mapped_column(Text, default="")
    again: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Any] = mapped_column(UtcDateTime)
