"""The keys that calls are signed with: several per app id, each with its own life; secrets sealed."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db
from app.errors import NotFound
from app.protocol.signing import Algorithm, Key
from app.sealing import Sealed


class ApiKey(db.Model):  # type: ignore[name-defined]
    """HMAC-SM3: `secret` is shared. SM2-SM3: `public` is the caller's. `env` is "test" for acceptance's traffic."""

    __tablename__ = "api_key"
    __table_args__ = (UniqueConstraint("app_id", "key_id", "env"),)
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    app_id: Mapped[str]
    key_id: Mapped[str]
    env: Mapped[str] = mapped_column(default="")
    algorithm: Mapped[str] = mapped_column(default=Algorithm.HMAC_SM3)
    secret: Mapped[Any] = mapped_column(Sealed("api_key.secret"), nullable=True)
    public: Mapped[str] = mapped_column(default="")
    valid_from: Mapped[Any] = mapped_column(UtcDateTime)
    valid_to: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)

    def signing(self, now: datetime) -> Key:
        """As the protocol takes it; one that is not valid yet counts as expired."""
        expires = self.valid_to if self.valid_from <= now else now - timedelta(seconds=1)
        return Key(self.key_id, Algorithm(self.algorithm), self.secret or "", self.public, expires)


def find(app_id: str, key_id: str, env: str = "") -> Key | None:
    row = db.session.scalar(select(ApiKey).where(ApiKey.app_id == app_id, ApiKey.key_id == key_id, ApiKey.env == env))
    return row and row.signing(clock.now())


def valid(app_id: str, env: str = "") -> list[Key]:
    """The keys good now, the newest first."""
    now = clock.now()
    rows = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.app_id == app_id, ApiKey.env == env, ApiKey.valid_from <= now)
        .order_by(ApiKey.valid_from.desc(), ApiKey.id.desc())
    )
    return [row.signing(now) for row in rows if row.valid_to is None or row.valid_to > now]


def current(app_id: str, algorithm: str = Algorithm.HMAC_SM3, env: str = "") -> Key:
    """The newest valid key of that algorithm."""
    found = next((key for key in valid(app_id, env) if key.algorithm == algorithm), None)
    if found is None:
        raise NotFound("没有有效的接口密钥", app_id=app_id)
    return found
