"""What is kept to prove the trail: daily checkpoints, and every key that ever signed."""

from typing import Any

from sqlalchemy import LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db


class AuditCheckpoint(db.Model):  # type: ignore[name-defined]
    """The chain's head at a moment, signed by the platform. `checked` lines were verified for it, `findings` were
    wrong."""

    __tablename__ = "audit_checkpoint"
    seq: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    day: Mapped[str] = mapped_column(unique=True)
    no: Mapped[int] = mapped_column(BigKey)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[Any] = mapped_column(UtcDateTime)
    key_id: Mapped[str]
    signature: Mapped[str]
    checked: Mapped[int]
    findings: Mapped[int]


class SigningKey(db.Model):  # type: ignore[name-defined]
    """A public key the platform has signed with; never deleted. `proof`: that this program entered it."""

    __tablename__ = "signing_key"
    key_id: Mapped[str] = mapped_column(primary_key=True)
    public: Mapped[str]
    since: Mapped[Any] = mapped_column(UtcDateTime)
    proof: Mapped[str]
