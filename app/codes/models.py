"""A code as it is kept: phone and code by keyed hashes only, and sealed until the provider has them."""

from datetime import date
from typing import Any

from sqlalchemy import Date, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed


class SmsCode(db.Model):  # type: ignore[name-defined]
    """The newest code of a phone for a purpose; `token` is new with each, `letter` is {"phone", "code"} until sent."""

    __tablename__ = "sms_code"
    __table_args__ = (UniqueConstraint("phone", "purpose"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    phone: Mapped[str]
    purpose: Mapped[str]
    token: Mapped[str] = mapped_column(default="")
    digest: Mapped[str] = mapped_column(default="")
    tries: Mapped[int] = mapped_column(default=0)
    letter: Mapped[Any] = mapped_column(Sealed("sms_code.letter"), nullable=True)
    asked_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


class SmsTally(db.Model):  # type: ignore[name-defined]
    """How many codes a phone or an address asked for on its last day; `who` is a keyed hash."""

    __tablename__ = "sms_tally"
    who: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(default=0)
