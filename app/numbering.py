"""Public numbers: prefix + Shanghai date + a keyed permutation of one sequence, so that they do not count."""

import hashlib
import hmac

from sqlalchemy import Sequence, insert
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, db
from app.sealing import keyring

DOMAIN = 10**8
_HALF = 14  # bits: two halves make 2**28 > DOMAIN
_sequence = Sequence("number_seq", metadata=db.metadata)


class NumberTick(db.Model):  # type: ignore[name-defined]
    """SQLite's stand-in for a sequence."""

    __tablename__ = "number_tick"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)


def next_number(prefix: str) -> str:
    """E.g. DD2026112348210937."""
    if db.engine.dialect.name == "sqlite":
        value = db.session.execute(insert(NumberTick).values({})).inserted_primary_key[0]  # type: ignore[attr-defined]
    else:
        value = db.session.scalar(_sequence)  # type: ignore[call-overload]
    return f"{prefix}{clock.today():%Y%m%d}{permuted(value % DOMAIN, prefix):08d}"


def permuted(value: int, prefix: str) -> int:
    """A bijection on 0…10**8-1 by a four-round Feistel network, walked until it lands inside."""
    key = keyring().index_key(f"number:{prefix}")
    while True:
        value = _feistel(value, key)
        if value < DOMAIN:
            return value


def _feistel(value: int, key: bytes) -> int:
    mask = (1 << _HALF) - 1
    left, right = value >> _HALF, value & mask
    for turn in range(4):
        digest = hmac.digest(key, bytes([turn]) + right.to_bytes(2, "big"), hashlib.sha256)
        left, right = right, left ^ (int.from_bytes(digest[:2], "big") & mask)
    return left << _HALF | right
