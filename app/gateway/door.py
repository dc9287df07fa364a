"""The door every signed call comes through: verified, entered once, answered, the answer signed.

The nonce, the request id, the answer and what the call did are committed together. A refused call leaves its nonce
and nothing else, so that it may be corrected and sent again under the same request id.
"""

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, cast

import orjson
import structlog
from flask import Blueprint, Response, current_app, request
from werkzeug.exceptions import RequestEntityTooLarge

from app import acceptance, clock, files
from app.db import after_commit, db, retrying, transaction
from app.errors import AppError
from app.files import Written
from app.gateway import limits, memory
from app.gateway.callers import Caller, Party, caller, party
from app.gateway.forgetting import forget
from app.gateway.refusals import translated
from app.institutions.own_key import platform_key
from app.protocol import signing
from app.protocol.calls import Call
from app.protocol.canonical import ENVIRONMENT, Stamp, target
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.digests import sm3_hex
from app.protocol.messages.message import read, write
from app.protocol.signing import Algorithm, Key
from app.sealing import blind

log = structlog.get_logger("gateway")
bp = Blueprint("gateway", __name__)

_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
PREFIX = "/openapi/v1/"
FORGET_EVERY = 200
ROUTED: set[str] = set()
"""the calls somebody answers"""
SMALL = 256 * 1024


@dataclass(frozen=True)
class Asked:
    """A verified call: its body as Python values, who sent it, under which request id.

    `brought`: the document it brought, already written and still to be kept.
    """

    values: Mapping[str, Any]
    caller: Caller
    request_id: str
    brought: Written | None = None
    undone: list[Callable[[], None]] = field(default_factory=list)

    def afterwards(self, errand: Callable[[], None]) -> None:
        """Run once the call is committed; the answer waits for it, its failure does not harm the answer."""
        after_commit(lambda: _try(errand))

    def if_undone(self, errand: Callable[[], None]) -> None:
        """Run if the call is refused, once all that it did is rolled back (to leave an incident, say)."""
        self.undone.append(errand)


Act = Callable[..., Mapping[str, Any]]
Bring = Callable[[Asked], Written | None]


def route(call: Call, *, most: int = SMALL, bring: Bring | None = None) -> Callable[[Act], Act]:
    """Register `act(asked, **numbers) -> the answer's data` as the signed route of `call`; bodies up to `most`.

    `bring(asked)` comes before the transaction: it looks at the document a call brings and writes it.
    """

    def register(act: Act) -> Act:
        def view(**numbers: str) -> Response:
            return _serve(call, act, numbers, most, bring)

        ROUTED.add(call.id)
        address = call.path.replace("{", "<").replace("}", ">")
        bp.add_url_rule(address, call.id.lower(), view, methods=[call.method])
        return act

    return register


def signed(key: Key, asked: Stamp | None, status: int, body: Mapping[str, Any] | bytes) -> Response:
    """An answer with its signature. The platform's own costs some 10 ms: above so many a second they go without."""
    if key.algorithm is Algorithm.SM2_SM3 and not limits.may_sign(request.remote_addr or ""):
        return _too_many()
    raw = body if isinstance(body, bytes) else orjson.dumps(body)
    headers = signing.sign_answer(key, asked, status, raw, clock.now())
    return Response(raw, status, headers, content_type="application/json; charset=utf-8")


def _too_many() -> Response:
    raw = orjson.dumps(envelope(Code.RETRY_LATER, limits.TOO_MANY))
    return Response(raw, 429, {"Retry-After": "1"}, content_type="application/json; charset=utf-8")


def sign_plain(response: Response) -> Response:
    """Sign what was answered elsewhere, in the interface's own form if it is an error."""
    code = Code.UNKNOWN if response.status_code in (404, 405) else Code.RETRY_LATER
    kept = {name: response.headers[name] for name in ("Allow",) if name in response.headers}
    message = "没有这个接口" if code is Code.UNKNOWN else code.text
    answer = signed(platform_key(), _claimed(), response.status_code, envelope(code, message))
    answer.headers.update(kept)
    return answer


def _serve(call: Call, act: Act, numbers: Mapping[str, str], most: int, bring: Bring | None) -> Response:
    ring = _Ring()
    try:
        raw = _body(most)
        limits.at_the_door(request.remote_addr or "", request.headers.get("X-Sign-Alg", ""))
        said = signing.verify_request(
            method=request.method,
            path=request.root_path + request.path,
            query=request.query_string.decode("latin-1"),
            headers=_headers(),
            body=raw,
            keys=ring,
            now=clock.now(),
            remember=lambda *_: True,  # in the transaction, below
        )
        ring.asked = said
        limits.per_caller(said.app_id)
        if said.env:
            ring.ear = acceptance.ear(said.app_id, call, _headers())
            act, bring = _heard_by(ring.ear), None
        asker = caller(said.app_id, ring.party, test=bool(said.env))
        if asker.kind != call.asker:
            raise Refusal(Code.UNKNOWN_APP, "该接入方无权调用此接口", status=403)
        body = _enter_with(bring, call, act, numbers, raw, said, asker)
        answer = signed(ring.answering(), said, 200, body)
        if secrets.randbelow(FORGET_EVERY) == 0:
            answer.call_on_close(_afterthought(forget))
        return answer
    except Refusal as refusal:
        _note(refusal, ring, call)
        return _refuse(refusal, ring)
    except Exception:
        db.session.rollback()
        log.exception("call failed", call=call.id)
        return _refuse(Refusal(Code.RETRY_LATER, known=ring.asked is not None, asked=ring.asked), ring)


def _heard_by(ear: acceptance.Ear) -> Act:
    """A test callback goes to the open run and to nobody else."""

    def act(asked: Asked, **_numbers: str) -> Mapping[str, Any]:
        return ear.hear(asked.values, asked.request_id)

    return act


def _note(refusal: Refusal, ring: "_Ring", call: Call) -> None:
    """A run of the acceptance test learns which of its callbacks could not be taken."""
    ear, asked = ring.ear, ring.asked
    if ear is not None and asked is not None:
        _try(lambda: ear.refused(refusal, asked.request_id))
    elif asked is None and ENVIRONMENT in request.headers:
        _try(lambda: acceptance.overheard(_claimed(), call, refusal, _headers()))


def _remembered_as(said: Stamp) -> str:
    """Under which name nonces and requests are remembered: the test has a memory of its own."""
    return f"{said.env}/{said.app_id}" if said.env else said.app_id


def _enter_with(
    bring: Bring | None, call: Call, act: Act, numbers: Mapping[str, str], raw: bytes, said: Stamp, asker: Caller
) -> bytes:
    """What takes long goes first, without a transaction. A refused call leaves its nonce, and nothing in the store."""
    asked: Asked | None = None
    try:
        asked = Asked(_values(call, numbers, raw), asker, said.request_id)
        if bring is not None:
            asked = replace(asked, brought=bring(asked))
        entered = asked
        return retrying(lambda: _enter(call, act, numbers, raw, said, entered))
    except memory.Replayed:
        raise
    except (Refusal, AppError) as error:
        refusal = translated(error)
    finally:
        if asked is not None and asked.brought is not None:
            document = asked.brought
            _try(lambda: files.discard(document))
    retrying(lambda: _spend_alone(said))
    for errand in asked.undone if asked is not None else ():
        _try(errand)
    raise refusal


def _enter(call: Call, act: Act, numbers: Mapping[str, str], raw: bytes, said: Stamp, asked: Asked) -> bytes:
    """One transaction: the nonce, the request id, the act and the answer made now, or as it was given before."""
    who = _remembered_as(said)
    with transaction():
        if call.method == "GET":
            memory.spend(who, said.nonce)
            return _answer(call, act(asked, **numbers))
        known = memory.begin(who, said.nonce, said.request_id, _digest(call, raw))
        if known is not None:
            return known
        answer = _answer(call, act(asked, **numbers))
        memory.answer(who, said.request_id, answer)
        return answer


def _spend_alone(said: Stamp) -> None:
    with transaction():
        memory.spend(_remembered_as(said), said.nonce)


def _digest(call: Call, raw: bytes) -> str:
    """Of what is asked; keyed, for its amount tells the lot."""
    where = target(request.path, request.query_string.decode("latin-1"))
    return blind("gateway.request", sm3_hex(f"{call.method}\n{where}\n".encode() + raw))


def _answer(call: Call, data: Mapping[str, Any]) -> bytes:
    return orjson.dumps(envelope(data=write(call.answer, data)))


def _values(call: Call, numbers: Mapping[str, str], raw: bytes) -> Mapping[str, Any]:
    wrong = {name: "应为1至64位字母、数字、-或_" for name, number in numbers.items() if not _NUMBER.fullmatch(number)}
    if wrong:
        raise Refusal(Code.FORMAT, fields=wrong)
    if call.body is None:
        return {}
    try:
        return read(call.body, orjson.loads(raw))
    except orjson.JSONDecodeError:
        raise Refusal(Code.FORMAT, "请求体不是合法的JSON") from None


def _body(most: int) -> bytes:
    request.max_content_length = most
    try:
        return request.get_data()
    except RequestEntityTooLarge:
        raise Refusal(Code.FORMAT, f"请求体超过{most // 1024}KB", status=413, known=False) from None


def _refuse(refusal: Refusal, ring: "_Ring") -> Response:
    db.session.rollback()
    key = ring.answering() if refusal.known else platform_key()
    answer = signed(key, refusal.asked or ring.asked or _claimed(), refusal.status, refusal.envelope())
    if refusal.status == 429:
        answer.headers["Retry-After"] = "1"
    return answer


def _headers() -> Mapping[str, str]:
    return cast("Mapping[str, str]", request.headers)  # knows get and in, and ignores case


def _claimed() -> Stamp | None:
    """What the headers say, believed or not: the answer repeats it, so that the caller knows it for its own."""
    try:
        return signing.read_stamp(_headers())
    except Refusal:
        return None


def _afterthought(errand: Callable[[], object]) -> Callable[[], None]:
    """Something to do once the answer is sent, when the request's own context is over."""
    context = current_app.app_context()

    def act() -> None:
        with context:
            _try(errand)

    return act


def _try(errand: Callable[[], object]) -> None:
    try:
        errand()
    except Exception:
        db.session.rollback()
        log.warning("left to the job", exc_info=True)


class _Ring:
    """Finds the caller's key, and remembers it for the answer."""

    def __init__(self) -> None:
        self.key: Key | None = None
        self.party: Party | None = None
        self.ear: acceptance.Ear | None = None
        self.asked: Stamp | None = None

    def __call__(self, app_id: str, key_id: str, env: str) -> Key | None:
        self.key, self.party = party(app_id, key_id, env)
        return self.key

    def answering(self) -> Key:
        """The caller's shared key; the platform's pair for those who sign with their own."""
        if self.key is None or self.key.algorithm is not Algorithm.HMAC_SM3:
            return platform_key()
        return self.key
