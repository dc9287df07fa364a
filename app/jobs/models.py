"""Durable work: timers, outside calls and errands are rows; Redis only carries their ids."""

from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed

DUE, RUNNING, ANSWERED, DONE, FAILED = "due", "running", "answered", "done", "failed"


class Job(db.Model):  # type: ignore[name-defined]
    """One piece of work.

    due → running (leased) → answered → done; failed is an incident. Steps of an instance (timers, errands) need no
    lease: they are done in the transaction that locks the instance. `payload` holds numbers and references only.
    """

    __tablename__ = "job"
    __table_args__ = (
        Index("ix_job_due", "run_at", postgresql_where=db.text("state IN ('due', 'running', 'answered')"),
              sqlite_where=db.text("state IN ('due', 'running', 'answered')")),
        Index("ix_job_token", "instance_id", "token"),
        {"sqlite_autoincrement": True},  # a timer that is gone leaves its number to nobody: a worker may still hold it
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(default=DUE)
    instance_id: Mapped[int | None] = mapped_column(BigKey)
    token: Mapped[str | None]
    element: Mapped[str | None]
    name: Mapped[str] = mapped_column(default="")
    payload: Mapped[str] = mapped_column(Text, default="{}")
    key: Mapped[str] = mapped_column(default="")
    run_at: Mapped[Any] = mapped_column(UtcDateTime)
    attempt: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(default=8)
    offered_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    offers: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    result: Mapped[Any] = mapped_column(Sealed("job.result"), nullable=True)
    error: Mapped[str | None] = mapped_column(Sealed("job.error"))  # in others' words, who may name a bidder
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    done_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


class HouseFlag(db.Model):  # type: ignore[name-defined]
    """A switch all processes obey, e.g. `outside_calls_paused` after a restore."""

    __tablename__ = "house_flag"
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    set_at: Mapped[Any] = mapped_column(UtcDateTime)
    set_by: Mapped[str]


class DailyRound(db.Model):  # type: ignore[name-defined]
    """The latest Shanghai day (YYYY-MM-DD) whose errand of this name was posted; see app/jobs/rounds.py."""

    __tablename__ = "daily_round"
    name: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str]
