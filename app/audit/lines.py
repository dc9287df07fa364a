"""The trail's lines. A market entity's identity is sealed in them."""

from typing import Any, NamedTuple

import orjson
from sqlalchemy import JSON, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.audit import marks
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed, seal_json
from app.statements import insert, later


class Actor(NamedTuple):
    """Who acts: `ref` identifies (never shown for an entity), `label` is the role or staff name people read. `sent`:
    the digest of what they sent in this step of the case `sent_in`, if a receipt may be asked for it."""

    ref: str
    label: str
    sealed: bool = False
    sent: str = ""
    sent_in: str = ""


SYSTEM = Actor("system", "系统")
_FREE, _CHAINED = db.text("chain_no IS NULL"), db.text("chain_no IS NOT NULL")


class AuditLine(db.Model):  # type: ignore[name-defined]
    """One line. `mark` proves that this program wrote it; lines of before there were marks have none. A job gives it
    its number in the chain and the hash over itself and the line before (chain.py)."""

    __tablename__ = "audit_line"
    __table_args__ = (
        Index("ix_audit_line_unchained", "id", postgresql_where=_FREE, sqlite_where=_FREE),
        Index("ix_audit_line_chain", "chain_no", unique=True, postgresql_where=_CHAINED, sqlite_where=_CHAINED),
    )
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    at: Mapped[Any] = mapped_column(UtcDateTime)
    subject: Mapped[str] = mapped_column(index=True)
    text: Mapped[str]
    actor: Mapped[str]
    actor_label: Mapped[str]
    actor_sealed: Mapped[Any] = mapped_column(Sealed("audit_line.actor"), nullable=True)
    facts: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    mark: Mapped[bytes | None] = mapped_column(LargeBinary)
    chain_no: Mapped[int | None] = mapped_column(BigKey)
    chain_hash: Mapped[bytes | None] = mapped_column(LargeBinary)


_ADD = insert("audit_line", "at subject text actor actor_label actor_sealed facts mark")


def record(subject: str, text: str, *, by: Actor, **facts: Any) -> None:
    """Add a line in the caller's transaction. `facts` never hold names, phones or lots: numbers only."""
    if by.sent and by.sent_in == subject:
        facts["sent"] = by.sent
    line = {
        "at": clock.now(),
        "subject": subject,
        "text": text,
        "actor": "entity" if by.sealed else by.ref,
        "actor_label": by.label,
        "actor_sealed": seal_json(by.ref, "audit_line.actor") if by.sealed else None,
        "facts": orjson.dumps(facts).decode() if facts else None,
    }
    later(_ADD, [{**line, "mark": marks.made(list(line.values()))}])
