"""The runtime's rows: versions of policies, instances and what each of them waits for, incidents, history."""

from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed

ACTIVE, ENDED, CANCELLED = "active", "ended", "cancelled"
OPEN, RETRIED, SKIPPED, RESOLVED = "open", "retried", "skipped", "resolved"


class PolicyVersion(db.Model):  # type: ignore[name-defined]
    """A whole policy folder (diagram, tables, forms, scenarios) as it was published; named by its content."""

    __tablename__ = "policy_version"
    __table_args__ = (UniqueConstraint("policy", "number"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    policy: Mapped[str]
    number: Mapped[int]
    digest: Mapped[str]
    files: Mapped[str] = mapped_column(Text)  # JSON: path → text
    note: Mapped[str] = mapped_column(default="")
    published_by: Mapped[str]
    published_at: Mapped[Any] = mapped_column(UtcDateTime)


class PolicyLive(db.Model):  # type: ignore[name-defined]
    """The one pointer row of a policy; publishing moves it, every start reads it."""

    __tablename__ = "policy_live"
    policy: Mapped[str] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))


class Instance(db.Model):  # type: ignore[name-defined]
    """A running process. `key` is the public number of its subject; `state` is the engine's bytes."""

    __tablename__ = "instance"
    __table_args__ = (UniqueConstraint("policy", "key"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    policy: Mapped[str]
    version_id: Mapped[int] = mapped_column(ForeignKey("policy_version.id"))
    key: Mapped[str] = mapped_column(index=True)
    region: Mapped[str] = mapped_column(default="")
    institution: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default=ACTIVE)
    state: Mapped[bytes] = mapped_column(LargeBinary)  # sealed
    listens: Mapped[str] = mapped_column(Text, default="[]")  # JSON: [element, message, correlation, since]
    row_version: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[Any] = mapped_column(UtcDateTime)
    updated_at: Mapped[Any] = mapped_column(UtcDateTime)
    ended_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


class UserTask(db.Model):  # type: ignore[name-defined]
    """An open task; gone when it is done (the history keeps it)."""

    __tablename__ = "user_task"
    __table_args__ = (
        UniqueConstraint("instance_id", "token"),
        Index("ix_user_task_queue", "role", "region", "due_at"),
        Index("ix_user_task_institution", "role", "institution", "due_at"),
        {"sqlite_autoincrement": True},  # an open page of a task that is done must not decide another one
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    token: Mapped[str]
    element: Mapped[str]
    name: Mapped[str]
    form: Mapped[str] = mapped_column(default="")
    policy: Mapped[str]
    key: Mapped[str] = mapped_column(index=True)
    role: Mapped[str]
    region: Mapped[str] = mapped_column(default="")
    institution: Mapped[str] = mapped_column(default="")
    assignee: Mapped[str] = mapped_column(default="")
    assignee_label: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    priority: Mapped[int] = mapped_column(default=50)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    due_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    draft: Mapped[Any] = mapped_column(Sealed("user_task.draft"), nullable=True)


class InboxMessage(db.Model):  # type: ignore[name-defined]
    """A message that has been answered for; it stays until a token takes it or its time is over."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("sender", "request_id"),
        Index("ix_inbox_waiting", "policy", "key", postgresql_where=db.text("delivered_at IS NULL"),
              sqlite_where=db.text("delivered_at IS NULL")),
        Index("ix_inbox_look", "look_at", postgresql_where=db.text("delivered_at IS NULL"),
              sqlite_where=db.text("delivered_at IS NULL")),
    )  # fmt: skip
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    policy: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]
    correlation: Mapped[str] = mapped_column(default="")
    payload: Mapped[Any] = mapped_column(Sealed("inbox.payload"))
    sender: Mapped[str]
    request_id: Mapped[str]
    received_at: Mapped[Any] = mapped_column(UtcDateTime)
    delivered_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    look_at: Mapped[Any] = mapped_column(UtcDateTime)
    optional: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False, server_default=db.false())  # its path failed; steps pass it by


class Incident(db.Model):  # type: ignore[name-defined]
    """Something the machine could not finish and a person must see; it stands at a shape of the diagram."""

    __tablename__ = "incident"
    __table_args__ = (Index("ix_incident_status", "status", "created_at"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey("instance.id"), index=True)
    policy: Mapped[str] = mapped_column(default="")
    key: Mapped[str] = mapped_column(default="")
    kind: Mapped[str]  # call, step, notice, business
    element: Mapped[str] = mapped_column(default="")
    element_name: Mapped[str] = mapped_column(default="")
    job_id: Mapped[int | None] = mapped_column(BigKey)
    message: Mapped[str] = mapped_column(Sealed("incident.message"), nullable=True)  # others' words may name a bidder
    status: Mapped[str] = mapped_column(default=OPEN)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    closed_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    closed_by: Mapped[str] = mapped_column(default="")
    note: Mapped[str | None] = mapped_column(Sealed("incident.note"))


class History(db.Model):  # type: ignore[name-defined]
    """What happened, step by step: enough to replay one finished instance to the same end.

    `detail` is the plain, nameless part (flows taken, operation names); `sealed` holds payloads, facts and results.
    """

    __tablename__ = "history"
    __table_args__ = (Index("ix_history_instance", "instance_id", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    instance_id: Mapped[int] = mapped_column(ForeignKey("instance.id"))
    step: Mapped[int]
    at: Mapped[Any] = mapped_column(UtcDateTime)
    kind: Mapped[str]
    element: Mapped[str] = mapped_column(default="")
    actor: Mapped[str] = mapped_column(default="")
    actor_label: Mapped[str] = mapped_column(default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
