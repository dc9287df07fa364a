"""One signed call, worked through: what an engineer compares her own first signature with."""

from __future__ import annotations

from dataclasses import dataclass

import orjson

from app.protocol import canonical, reference
from app.protocol.calls import B2
from app.protocol.canonical import Stamp
from app.protocol.codes import envelope
from app.protocol.digests import sm3_hex
from app.protocol.signing import Algorithm, Key

SECRET = "8f3d1c0b6a59478e2d10c4b7f6e5a3928170d4c3b2a190f8e7d6c5b4a3928171"  # noqa: S105 - an example, nobody's key
KEY = Key("BANK01-1", Algorithm.HMAC_SM3, SECRET)
STAMP = Stamp("BANK01", KEY.id, 1795829400000, "5f0c9a3be81d4c27a6b1", "R-20261128-000017", KEY.algorithm)
ANSWERED_AT = 1795829400120


@dataclass(frozen=True)
class Worked:
    """The body as sent, its digest, the text to sign, the signature; and the same of the answer."""

    body: str
    digest: str
    text: str
    signature: str
    headers: dict[str, str]
    answer: str
    answer_text: str
    answer_signature: str


def example() -> Worked:
    body = orjson.dumps(reference.example(B2.body))  # type: ignore[arg-type]
    text = canonical.question(B2.method, canonical.target(B2.path), STAMP, body)
    signature = KEY.sign(text)
    answer = orjson.dumps(envelope(data=reference.example(B2.answer)))
    answered = Stamp(STAMP.app_id, KEY.id, ANSWERED_AT, STAMP.nonce, STAMP.request_id, KEY.algorithm)
    answer_text = canonical.answer(200, answered, answer)
    return Worked(
        body.decode(), sm3_hex(body), text.decode(), signature, STAMP.headers(signature),
        answer.decode(), answer_text.decode(), KEY.sign(answer_text),
    )  # fmt: skip
