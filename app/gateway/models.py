"""What the gateway remembers: nonces, answered requests, the trading platform."""

from typing import Any

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from app.db import UtcDateTime, db


class TradingPlatform(db.Model):  # type: ignore[name-defined]
    """A trading platform that feeds lots; its keys stand with those of the institutions, under its app id."""

    __tablename__ = "trading_platform"
    app_id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    endpoint_url: Mapped[str] = mapped_column(default="")


class SeenNonce(db.Model):  # type: ignore[name-defined]
    """A nonce may be used once while its timestamp could still pass."""

    __tablename__ = "gateway_nonce"
    app_id: Mapped[str] = mapped_column(primary_key=True)
    nonce: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[Any] = mapped_column(UtcDateTime, index=True)


class AnsweredRequest(db.Model):  # type: ignore[name-defined]
    """A request that took effect, and its answer, which holds no names; `digest` is of method, address and body, keyed:
    who can guess an amount must not find it confirmed."""

    __tablename__ = "gateway_request"
    app_id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str]
    answer: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[Any] = mapped_column(UtcDateTime, index=True)
