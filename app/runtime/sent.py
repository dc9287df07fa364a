"""What somebody sent in a step, in the form whose digest a receipt vouches for.

The salt is the platform's: nobody can find out by trying what lies behind a digest, and whoever is given the document
can check it.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from app.audit import Actor
from app.protocol.digests import sm3_hex
from app.sealing import blind


def document(policy: str, key: str, step: int | str, payload: Any, secret: Mapping[str, Any]) -> bytes:
    """Canonical JSON: names in order, no blanks."""
    salt = blind("receipt", policy, key, step)
    said = {"number": key, "salt": salt, "payload": payload, "secret": dict(secret)}
    return orjson.dumps(said, default=str, option=orjson.OPT_SORT_KEYS)


def by(actor: Actor, key: str, said: bytes) -> Actor:
    """The actor who sent this: the lines that it leaves at that number carry the digest."""
    return actor._replace(sent=sm3_hex(said), sent_in=key)
