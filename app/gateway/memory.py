"""What the door remembers of a call: its nonce, its request id, the answer; in the caller's transaction, and in as few
round trips as can be."""

from app import clock
from app.protocol import signing
from app.protocol.codes import Code, Refusal
from app.statements import Statement, later, one, rows

_SPEND = Statement(
    "INSERT INTO gateway_nonce (app_id, nonce, until) VALUES (:app_id, :nonce, :until) "
    "ON CONFLICT (app_id, nonce) DO NOTHING RETURNING nonce"
)
_BEGIN = Statement(
    "INSERT INTO gateway_request (app_id, request_id, digest, answer, at) "
    "VALUES (:app_id, :request_id, :digest, '', :at) ON CONFLICT (app_id, request_id) DO NOTHING RETURNING request_id"
)
_KNOWN = Statement("SELECT digest, answer FROM gateway_request WHERE app_id = :app_id AND request_id = :request_id")
_ANSWER = Statement(
    "UPDATE gateway_request SET answer = :answer WHERE app_id = :app_id AND request_id = :request_id", only=True
)


class Replayed(Refusal):
    """This nonce was spent before."""


def spend(who: str, nonce: str) -> None:
    """Raises Replayed."""
    if not rows((_SPEND, _nonce(who, nonce)))[0]:
        raise Replayed(Code.REPLAY)


def begin(who: str, nonce: str, request_id: str, digest: str) -> bytes | None:
    """Spend the nonce and enter the request: the answer it was given before, None if it is new.

    Waits for a rival with the same request id. Raises Replayed, or Refusal where the id was used for something else.
    """
    mine = {"app_id": who, "request_id": request_id}
    spent, begun = rows((_SPEND, _nonce(who, nonce)), (_BEGIN, {**mine, "digest": digest, "at": clock.now()}))
    if not spent:
        raise Replayed(Code.REPLAY)
    if begun:
        return None
    known = one(_KNOWN, **mine)
    if known is None or known[0] != digest:
        raise Refusal(Code.DUPLICATE, "该请求编号已用于其他内容", fields={"X-Request-Id": "已用于其他内容"})
    return str(known[1]).encode()


def answer(who: str, request_id: str, answer: bytes) -> None:
    """Keep the answer, with the transaction's last round trip."""
    later(_ANSWER, [{"app_id": who, "request_id": request_id, "answer": answer.decode()}])


def _nonce(who: str, nonce: str) -> dict[str, object]:
    return {"app_id": who, "nonce": nonce, "until": clock.now() + signing.NONCE_MEMORY}
