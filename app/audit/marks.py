"""What only this program can write: a keyed hash of a line, and of the chain's head.

Whoever writes into the database without the master key can compute the chain, but neither of these.
"""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from app.protocol.digests import hmac_sm3, same
from app.sealing import keyring

SALT, KEPT = 8, 24  # bytes


def plain(values: Sequence[Any]) -> bytes:
    """Columns as one text, the same on both engines: times in UTC to the microsecond, bytes in hex."""
    return orjson.dumps([_plain(value) for value in values])


def made(columns: Sequence[Any]) -> bytes:
    """The mark of a line with these columns (from `at` to `facts`). Its salt makes each one single: a copy shows."""
    salt = os.urandom(SALT)
    return salt + _keyed(salt, columns)


def holds(mark: bytes, columns: Sequence[Any]) -> bool:
    salt = mark[:SALT]
    return same(mark[SALT:], _keyed(salt, columns))


def of_head(columns: Sequence[Any]) -> bytes:
    return hmac_sm3(keyring().index_key("audit.head"), plain(columns))


def _keyed(salt: bytes, columns: Sequence[Any]) -> bytes:
    return hmac_sm3(keyring().index_key("audit.line"), salt + plain(columns))[:KEPT]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return bytes(value).hex() if isinstance(value, (bytes, memoryview)) else value
