"""The string to sign and its signature, made for a request or looked at in a message that was received."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message as Headers
from email.parser import BytesHeaderParser
from urllib.parse import urlsplit

from app.partner.card import Card, Mistake
from app.protocol import canonical, signing
from app.protocol.canonical import Stamp
from app.protocol.codes import Refusal
from app.protocol.digests import sm3_hex
from app.protocol.signing import Key


@dataclass(frozen=True)
class Received:
    """An HTTP message as it came: the first line's words, its headers, its body."""

    words: list[str]
    headers: Headers
    body: bytes

    @property
    def answer(self) -> bool:
        return self.words[0].startswith("HTTP/")


def received(raw: bytes) -> Received:
    """From what `curl -i` prints or a server logs: first line, headers, an empty line, the body byte for byte."""
    head, split, body = raw.partition(b"\r\n\r\n")
    if not split:
        head, split, body = raw.partition(b"\n\n")
    first, _, rest = head.partition(b"\n")
    words = first.decode("latin-1").split()
    if len(words) < 2:
        raise Mistake("第一行应为“POST /… HTTP/1.1”或“HTTP/1.1 200 OK” / the first line is none of HTTP")
    return Received(words, BytesHeaderParser().parsebytes(rest + b"\n\n"), body)


def signed(key: Key, app_id: str, method: str, address: str, body: bytes, **stamp: str) -> Iterator[str]:
    """The string to sign and the headers of a request; `stamp` may fix timestamp (ms), nonce, request_id, env."""
    parts = urlsplit(address)
    fresh = signing.stamp(app_id, key, stamp.get("request_id") or "R-1", datetime.now(UTC), stamp.get("env", ""))
    said = Stamp(
        app_id, key.id, int(stamp.get("timestamp") or fresh.timestamp), stamp.get("nonce") or fresh.nonce,
        fresh.request_id, key.algorithm, fresh.env,
    )  # fmt: skip
    text = canonical.question(method, canonical.target(parts.path, parts.query), said, body)
    yield "待签名字符串 / string to sign:"
    yield text.decode()
    yield ""
    for name, value in signing.sign_request(key, said, method, parts.path, parts.query, body).items():
        yield f"{name}: {value}"


def check(message: Received, card: Card) -> Iterator[str]:
    """What was signed and whether the signature holds, line by line; raises Refusal if it does not.

    The time is not looked at: a message may be checked long after it came.
    """
    said = signing.read_stamp(message.headers)
    text = _text(message, said)
    yield "待签名字符串 / string to sign:"
    yield text.decode()
    yield f"正文的SM3 / SM3 of the body: {sm3_hex(message.body)}（{len(message.body)} 字节 / bytes）"
    ring = _ring(card, said.env)
    if said.key_id not in ring:
        raise Refusal(signing.Code.UNKNOWN_APP, f"名片中没有密钥{said.key_id}，只有{'、'.join(ring) or '无'}")
    if ring[said.key_id].algorithm != said.algorithm:
        raise Refusal(signing.Code.SIGNATURE, f"密钥{said.key_id}的算法是{ring[said.key_id].algorithm}")
    if not ring[said.key_id].verifies(text, message.headers.get(canonical.SIGNATURE, "")):
        raise Refusal(signing.Code.SIGNATURE)
    yield f"签名有效 / the signature holds: {said.key_id} ({said.algorithm}), {said.app_id}"


def _text(message: Received, said: Stamp) -> bytes:
    if message.answer:
        return canonical.answer(int(message.words[1]), said, message.body)
    parts = urlsplit(message.words[1])
    return canonical.question(message.words[0], canonical.target(parts.path, parts.query), said, message.body)


def _ring(card: Card, env: str) -> Mapping[str, Key]:
    own = card.test_key if env else card.key
    return {key.id: key for key in (*card.believed(env), own, card.sm2_key) if key is not None}
