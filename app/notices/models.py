"""What was told to whom; the recipient of a notice is found by a keyed hash, its text is sealed."""

from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed


class Notice(db.Model):  # type: ignore[name-defined]
    """One line of 通知消息. `link` leads to the case; `key` keeps the same news from being told twice."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_mine", "recipient", "id"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    recipient: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    body: Mapped[Any] = mapped_column(Sealed("notice.body"))  # {"title", "text"}
    link: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    read_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


class MessageText(db.Model):  # type: ignore[name-defined]
    """A text operators keep. `{no}`-like places are filled from the case; an unknown place stays as it is."""

    __tablename__ = "message_text"
    code: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str]
    text: Mapped[str]
    sms: Mapped[bool] = mapped_column(default=True)


class SmsSent(db.Model):  # type: ignore[name-defined]
    """An SMS the provider accepted; its key is the provider's idempotency key."""

    __tablename__ = "sms_sent"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str]
    about: Mapped[str] = mapped_column(default="", index=True)
    sent_at: Mapped[Any] = mapped_column(UtcDateTime)
