"""The keys that calls are signed with: several per app id, each with its own life; secrets sealed."""

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, UniqueConstraint, and_, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.audit import Actor, record
from app.db import BigKey, UtcDateTime, db
from app.errors import Conflict, NotFound
from app.protocol.signing import Algorithm, Key, new_secret
from app.sealing import Sealed, unseal_json
from app.statements import Statement, moment, one


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


FIND = Statement(
    "SELECT key_id, algorithm, secret, public, valid_from, valid_to FROM api_key "
    "WHERE app_id = :app_id AND key_id = :key_id AND (env = :env OR (env = '' AND algorithm = 'SM2-SM3')) "
    "ORDER BY env DESC LIMIT 1"
)
"""As find() asks, for whoever asks it together with something else."""


def read(found: tuple[Any, ...]) -> Key:
    """A row of FIND, as it is now."""
    key_id, algorithm, secret, public, valid_from, valid_to = found
    opened = None if secret is None else unseal_json(bytes(secret), "api_key.secret")
    row = ApiKey(key_id=key_id, algorithm=algorithm, secret=opened, public=public)
    row.valid_from, row.valid_to = moment(valid_from), moment(valid_to)
    return row.signing(clock.now())


def find(app_id: str, key_id: str, env: str = "") -> Key | None:
    found = one(FIND, app_id=app_id, key_id=key_id, env=env)
    return read(found) if found is not None else None


def valid(app_id: str, env: str = "") -> list[Key]:
    """The keys good now, the newest first."""
    now = clock.now()
    rows = db.session.scalars(
        select(ApiKey)
        .where(ApiKey.app_id == app_id, _of(env), ApiKey.valid_from <= now)
        .order_by(ApiKey.valid_from.desc(), ApiKey.id.desc())
    )
    return [row.signing(now) for row in rows if row.valid_to is None or row.valid_to > now]


def current(app_id: str, algorithm: str = Algorithm.HMAC_SM3, env: str = "") -> Key:
    """The key we sign with: the newest. But while one is on its way out that one, which the other side surely has."""
    return choose(valid(app_id, env), app_id, algorithm)


def choose(among: Sequence[Key], app_id: str, algorithm: str = Algorithm.HMAC_SM3) -> Key:
    """The one of these valid keys that `current` would give."""
    good = [key for key in among if key.algorithm == algorithm]
    ending = [key for key in good if key.expires_at is not None]
    found = ending[-1] if ending else good[0] if good else None
    if found is None:
        raise NotFound("没有有效的接口密钥", app_id=app_id)
    return found


OVERLAP = timedelta(days=7)
"""How long the key before stays good after a rotation."""


def issue(code: str, app_id: str, *, env: str = "", by: Actor) -> ApiKey:
    """A new HMAC-SM3 key of the institution `code`; those before it go on."""
    name = f"{'T' if env else 'K'}{clock.today():%Y%m%d}{secrets.token_hex(4)}"
    row = ApiKey(
        app_id=app_id,
        key_id=name,
        env=env,
        algorithm=Algorithm.HMAC_SM3,
        secret=new_secret(),
        public="",
        valid_from=clock.now(),
    )
    db.session.add(row)
    record(code, "生成联调密钥" if env else "生成接口密钥", by=by, key_id=name)
    return row


def rotate(code: str, app_id: str, *, env: str = "", by: Actor) -> ApiKey:
    """A new key; the HMAC-SM3 keys before it end in a week, so that the institution can change over meanwhile."""
    now = clock.now()
    db.session.execute(
        update(ApiKey)
        .where(
            ApiKey.app_id == app_id,
            ApiKey.env == env,
            ApiKey.algorithm == Algorithm.HMAC_SM3,
            (ApiKey.valid_to.is_(None)) | (ApiKey.valid_to > now + OVERLAP),
        )
        .values(valid_to=now + OVERLAP)
        .execution_options(synchronize_session=False)
    )
    record(code, "更换接口密钥", by=by)
    return issue(code, app_id, env=env, by=by)


def enter_public(code: str, app_id: str, public: str, *, by: Actor) -> None:
    """The SM2 public key an institution signs with; the one before it ends in a week."""
    now = clock.now()
    sm2 = ApiKey.app_id == app_id, ApiKey.algorithm == Algorithm.SM2_SM3
    for row in db.session.scalars(select(ApiKey).where(*sm2, ApiKey.valid_to.is_(None))):
        if row.public == public:
            return
        row.valid_to = now + OVERLAP
    name = f"S{clock.today():%Y%m%d}{secrets.token_hex(4)}"
    db.session.add(ApiKey(app_id=app_id, key_id=name, algorithm=Algorithm.SM2_SM3, public=public, valid_from=now))
    record(code, "登记 SM2 公钥", by=by, key_id=name)


def revoke(code: str, app_id: str, key_id: str, *, by: Actor) -> None:
    """End a key now; the last one that serves its purpose stays until there is another."""
    now = clock.now()
    rows = db.session.scalars(select(ApiKey).where(ApiKey.app_id == app_id).with_for_update()).all()
    good = [row for row in rows if row.valid_from <= now and (row.valid_to is None or row.valid_to > now)]
    row = next((one for one in good if one.key_id == key_id), None)
    if row is None:
        raise NotFound("没有这个有效的密钥", key_id=key_id)
    if not any(one is not row and (one.env, one.algorithm) == (row.env, row.algorithm) for one in good):
        raise Conflict("这是唯一有效的密钥，请先更换密钥")
    row.valid_to = now
    record(code, "停用接口密钥", by=by, key_id=key_id)


def listed(app_id: str) -> list[ApiKey]:
    """All keys of an app id, the newest first."""
    return list(db.session.scalars(select(ApiKey).where(ApiKey.app_id == app_id).order_by(ApiKey.id.desc())))


def _of(env: str) -> ColumnElement[bool]:
    """Keys of that kind of traffic. A pair of one's own serves the test too: nobody shares it, and what is test is
    signed with it."""
    own = ApiKey.env == env
    return or_(own, and_(ApiKey.env == "", ApiKey.algorithm == Algorithm.SM2_SM3)) if env else own
