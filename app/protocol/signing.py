"""Sign and verify requests and answers with HMAC-SM3 (a shared key) or SM2-SM3 (each side its own pair)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from app.protocol import canonical, sm2
from app.protocol.canonical import Stamp
from app.protocol.codes import Code, Refusal
from app.protocol.digests import hmac_sm3, same

TOLERANCE = timedelta(seconds=300)
NONCE_MEMORY = timedelta(minutes=10)
_HEADER = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{16,32}")


class Algorithm(StrEnum):
    HMAC_SM3 = "HMAC-SM3"
    SM2_SM3 = "SM2-SM3"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of one party. HMAC-SM3: `secret` (hex). SM2-SM3: `public`, and `secret` only with its owner."""

    id: str
    algorithm: Algorithm
    secret: str = field(default="", repr=False)
    public: str = ""
    expires_at: datetime | None = None

    def sign(self, data: bytes) -> str:
        if self.algorithm is Algorithm.HMAC_SM3:
            return hmac_sm3(bytes.fromhex(self.secret), data).hex()
        return sm2.sign(self.secret, self.public, data)

    def verifies(self, data: bytes, signature: str) -> bool:
        if self.algorithm is Algorithm.HMAC_SM3:
            return same(hmac_sm3(bytes.fromhex(self.secret), data).hex(), signature.lower())
        return sm2.verify(self.public, data, signature)


class Headers(Protocol):
    """Headers of a request or answer, by name whatever its case."""

    def get(self, name: str, default: str, /) -> Any: ...
    def __contains__(self, name: str, /) -> bool: ...


Keys = Callable[[str, str, str], Key | None]
"""(app id, key id, env) → the key to verify with, or None if there is no such app or key."""
Remember = Callable[[str, str, datetime], bool]
"""(app id, nonce, until) → False if that nonce is already remembered."""


def new_secret() -> str:
    return secrets.token_hex(32)


def new_sm2_key(key_id: str) -> Key:
    private = sm2.new_private_key()
    return Key(key_id, Algorithm.SM2_SM3, private, sm2.public_key_of(private))


def stamp(app_id: str, key: Key, request_id: str, now: datetime, env: str = "") -> Stamp:
    """A fresh stamp for one sending; a repeat of the same request keeps its request id only."""
    return Stamp(app_id, key.id, _ms(now), secrets.token_hex(12), request_id, key.algorithm, env)


def sign_request(key: Key, stamp: Stamp, method: str, path: str, query: str, body: bytes) -> dict[str, str]:
    """The headers of a request."""
    text = canonical.question(method, canonical.target(path, query), stamp, body)
    return stamp.headers(key.sign(text))


def verify_request(
    *,
    method: str,
    path: str,
    query: str,
    headers: Headers,
    body: bytes,
    keys: Keys,
    now: datetime,
    remember: Remember,
) -> Stamp:
    """Who sent this request, or raise Refusal 1001–1005. `path` is the whole one."""
    said = read_stamp(headers)
    key = keys(said.app_id, said.key_id, said.env)
    if key is None:
        raise Refusal(Code.UNKNOWN_APP, known=False, asked=said)
    if key.algorithm != said.algorithm:
        raise Refusal(Code.SIGNATURE, f"该密钥的签名算法为{key.algorithm}", known=False, asked=said)
    text = canonical.question(method, canonical.target(path, query), said, body)
    if not key.verifies(text, headers.get(canonical.SIGNATURE, "")):
        raise Refusal(Code.SIGNATURE, known=False, asked=said)
    if key.expires_at is not None and key.expires_at <= now:
        raise Refusal(Code.KEY_EXPIRED, asked=said)
    if not _timely(said, now):
        raise Refusal(Code.TIMESTAMP, asked=said)
    if not remember(said.app_id, said.nonce, now + NONCE_MEMORY):
        raise Refusal(Code.REPLAY, asked=said)
    return said


def sign_answer(key: Key, asked: Stamp | None, status: int, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of an answer to `asked`; None: the question's headers could not be read."""
    asked = asked or Stamp("", "", 0, "", "", "")
    said = replace(asked, key_id=key.id, algorithm=key.algorithm, timestamp=_ms(now))
    return said.headers(key.sign(canonical.answer(status, said, body)))


def verify_answer(*, asked: Stamp, status: int, headers: Headers, body: bytes, keys: Keys, now: datetime) -> Stamp:
    """The answer's stamp, or raise Refusal if it is not the asked party's answer to this very question."""
    said = read_stamp(headers)
    if (said.app_id, said.nonce, said.request_id, said.env) != (
        asked.app_id,
        asked.nonce,
        asked.request_id,
        asked.env,
    ):
        raise Refusal(Code.SIGNATURE, "应答与请求不对应", known=False)
    key = keys(said.app_id, said.key_id, said.env)
    if key is None or key.algorithm != said.algorithm:
        raise Refusal(Code.SIGNATURE, "应答使用了未知的密钥", known=False)
    if not key.verifies(canonical.answer(status, said, body), headers.get(canonical.SIGNATURE, "")):
        raise Refusal(Code.SIGNATURE, "应答签名无效", known=False)
    if not _timely(said, now):
        raise Refusal(Code.TIMESTAMP, "应答时间戳超出允许范围")
    return said


def read_stamp(headers: Headers) -> Stamp:
    """The headers' stamp, not yet believed; raise Refusal naming the header that is missing or malformed."""
    app_id, key_id, request_id, algorithm = (
        _header(headers, name, _HEADER)
        for name in (canonical.APP_ID, canonical.KEY_ID, canonical.REQUEST_ID, canonical.ALGORITHM)
    )
    env = _header(headers, canonical.ENVIRONMENT, _HEADER) if canonical.ENVIRONMENT in headers else ""
    moment = _header(headers, canonical.TIMESTAMP, re.compile(r"[0-9]{13}"))
    nonce = _header(headers, canonical.NONCE, _NONCE)
    return Stamp(app_id, key_id, int(moment), nonce, request_id, algorithm, env)


def _header(headers: Headers, name: str, shape: re.Pattern[str]) -> str:
    value = headers.get(name, "")
    if not shape.fullmatch(value):
        problem = "格式不正确" if value else "缺失"
        raise Refusal(Code.SIGNATURE, f"请求头{name}{problem}", fields={name: problem}, known=False)
    return value


def _timely(said: Stamp, now: datetime) -> bool:
    return abs(said.timestamp - _ms(now)) <= TOLERANCE.total_seconds() * 1000


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
