"""The audit trail: who did what to which number, when. A market entity's identity is sealed in it."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed, seal_json
from app.statements import insert, later


class Actor(NamedTuple):
    """Who acts: `ref` identifies (never shown for an entity), `label` is the role or staff name people read."""

    ref: str
    label: str
    sealed: bool = False


SYSTEM = Actor("system", "系统")


class AuditLine(db.Model):  # type: ignore[name-defined]
    """One line; a job chains them by hash in commit order (columns `chain_*`)."""

    __tablename__ = "audit_line"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[Any] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    actor: Mapped[str]
    actor_label: Mapped[str]
    actor_sealed: Mapped[Any] = mapped_column(Sealed("audit_line.actor"), nullable=True)
    facts: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)


_ADD = insert("audit_line", "at subject text actor actor_label actor_sealed facts")


def record(subject: str, text: str, *, by: Actor, **facts: Any) -> None:
    """Add a line in the caller's transaction. `facts` never hold names, phones or lots: numbers only."""
    line = {
        "at": clock.now(),
        "subject": subject,
        "text": text,
        "actor": "entity" if by.sealed else by.ref,
        "actor_label": by.label,
        "actor_sealed": seal_json(by.ref, "audit_line.actor") if by.sealed else None,
        "facts": orjson.dumps(facts).decode() if facts else None,
    }
    later(_ADD, [line])
