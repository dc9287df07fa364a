"""SM3 and SHA-256, and the keyed SM3 that signs; by OpenSSL, not in Python."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.hmac import HMAC


def sm3(data: bytes) -> bytes:
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def sm3_hex(data: bytes) -> str:
    return sm3(data).hex()


def sha256_hex(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    mac = HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


def same(left: bytes | str, right: bytes | str) -> bool:
    """Equality in constant time; text is compared as UTF-8."""
    return hmac.compare_digest(
        left.encode() if isinstance(left, str) else left,
        right.encode() if isinstance(right, str) else right,
    )
