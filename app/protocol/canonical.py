"""The text that is signed, one item a line.

A request: METHOD, PATH?sorted-query, X-App-Id, X-Timestamp, X-Nonce, X-Request-Id, hex(SM3(body)).
An answer: ANSWER, the HTTP status, the same four, hex(SM3(body)); its nonce and request id are those of the
question, which ties the two together. A signed X-Env is one more line at the end of either.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote

from app.protocol.digests import sm3_hex

APP_ID, KEY_ID = "X-App-Id", "X-Key-Id"
TIMESTAMP, NONCE, REQUEST_ID = "X-Timestamp", "X-Nonce", "X-Request-Id"
ALGORITHM, SIGNATURE, ENVIRONMENT = "X-Sign-Alg", "X-Sign", "X-Env"


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the signed headers say. `timestamp` in ms; `env` is "test" in the acceptance test, else empty."""

    app_id: str
    key_id: str
    timestamp: int
    nonce: str
    request_id: str
    algorithm: str
    env: str = ""

    def headers(self, signature: str) -> dict[str, str]:
        headers = {
            APP_ID: self.app_id,
            KEY_ID: self.key_id,
            TIMESTAMP: str(self.timestamp),
            NONCE: self.nonce,
            REQUEST_ID: self.request_id,
            ALGORITHM: self.algorithm,
            SIGNATURE: signature,
        }
        if self.env:
            headers[ENVIRONMENT] = self.env
        return headers


def target(path: str, query: str = "") -> str:
    """PATH?sorted-query, percent-encoded one way whatever way it came."""
    canonical = quote(unquote(path), safe="/-_.~")
    if not query:
        return canonical
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return canonical + "?" + "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in pairs)


def question(method: str, where: str, stamp: Stamp, body: bytes) -> bytes:
    """The request's text; `where` comes from target()."""
    return _lines(method.upper(), where, stamp, body)


def answer(status: int, stamp: Stamp, body: bytes) -> bytes:
    return _lines("ANSWER", str(status), stamp, body)


def _lines(first: str, second: str, stamp: Stamp, body: bytes) -> bytes:
    lines = [first, second, stamp.app_id, str(stamp.timestamp), stamp.nonce, stamp.request_id, sm3_hex(body)]
    if stamp.env:
        lines.append(stamp.env)
    return "\n".join(lines).encode()
