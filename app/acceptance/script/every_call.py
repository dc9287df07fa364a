"""What holds for every call alike, made from the list of calls and their schemas: forged, incomplete, misshapen,
about nothing, repeated, and repeated with another content. A body's form is judged before what it is about.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from app.acceptance import samples
from app.acceptance.checks import Chapter, Failed
from app.acceptance.play import Play, Sent
from app.acceptance.script.connection import forged
from app.protocol.calls import CALLS, PLATFORM, Call
from app.protocol.codes import Code
from app.protocol.messages.message import write
from app.protocol.trial import Play as Word

chapter = Chapter("各接口的共同要求")
ASKED = tuple(call for call in CALLS.values() if call.asker == PLATFORM and call.answerer == "institution")
NOBODY = "NONE"  # the last word of numbers that nobody gave

SAMPLES: dict[str, Callable[[Play], Mapping[str, Any]]] = {
    "A1": samples.quote,
    "A2": lambda play: samples.order(play, NOBODY),
    "A3": lambda play: samples.link(),
    "A5": lambda play: {"reason": "TIMEOUT"},
    "A6": lambda play: samples.unsealing(play, play.number(NOBODY)),
    "A7": lambda play: samples.extension(play, NOBODY),
    "A8": lambda play: samples.refund(play, NOBODY),
    "A9": lambda play: samples.cancellation(play, NOBODY),
    "A10": lambda play: samples.claim(play, NOBODY),
    "A11": lambda play: samples.invoice(play, NOBODY),
    "A12": samples.lot_event,
    "A14": samples.ping,
    "A15": samples.repayment,
}
LIVING = {"A3": Word.CLOSED, "A5": Word.CLOSED, "A15": Word.REFUSED}
"""the order a call is about when its body is wrong: one that is there"""


def _numbers(call: Call, order_no: str, guarantee_no: str) -> dict[str, Any]:
    known = {"order_no": order_no, "guarantee_no": guarantee_no, "date": "2026-01-01"}
    return {name: value for name, value in known.items() if f"{{{name}}}" in call.path}


def _nothing(play: Play, call: Call) -> dict[str, Any]:
    return _numbers(call, play.number(NOBODY), play.number(NOBODY))


def _real(play: Play, call: Call) -> dict[str, Any]:
    issued = play.known.get("issued", {})
    return _numbers(call, play.number(LIVING.get(call.id, Word.PAID)), issued.get("guarantee_no", ""))


def _body(play: Play, call: Call) -> Mapping[str, Any]:
    return SAMPLES[call.id](play) if call.body is not None else {}


def _forged(call: Call) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        play.refused(call, _body(play, call), Code.SIGNATURE, letter=forged(play), **_nothing(play, call))

    return act


def _without(call: Call, name: str) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        assert call.body is not None
        body = {key: value for key, value in write(call.body, _body(play, call)).items() if key != name}
        play.refused(call, orjson.dumps(body), Code.MISSING, **_real(play, call))

    return act


def _misshapen(call: Call, name: str) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        assert call.body is not None
        body = write(call.body, _body(play, call)) | {name: {"not": ["this"]}}
        play.refused(call, orjson.dumps(body), Code.FORMAT, **_real(play, call))

    return act


def _about_nothing(call: Call) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        play.refused(call, _body(play, call), Code.UNKNOWN, **_nothing(play, call))

    return act


def _repeated(call: Call) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        sent = _sent(play, call)
        exchange = play.again(sent)
        if exchange.trouble:
            raise Failed(exchange.trouble)
        if exchange.envelope != sent.answer:
            raise Failed(f"再次应答{exchange.envelope.get('code')}，与第一次的应答不同")

    return act


def _other_content(call: Call) -> Callable[[Play], None]:
    def act(play: Play) -> None:
        sent = _sent(play, call)
        raw = orjson.dumps(orjson.loads(sent.raw) | {"other": "content"})
        exchange = play.again(sent, raw=raw)
        play.must_refuse(call, exchange, Code.DUPLICATE)
        if exchange.status != 409:
            raise Failed(f"HTTP状态应为409，实为{exchange.status}")

    return act


def _sent(play: Play, call: Call) -> Sent:
    return play.sent[call.id]


FIRST_ACCEPTED = {
    "A1": "A1-1", "A2": "A2-1", "A3": "A5-1", "A5": "A5-1", "A6": "A6-1", "A7": "B5-1", "A8": "B6-1", "A9": "B7-1",
    "A10": "B9-1", "A11": "B8-1", "A12": "A12-1", "A14": "A14-1", "A15": "A15-4",
}  # fmt: skip
"""the check that made a call be accepted: what is then repeated"""


def _there(call: Call) -> tuple[str, ...]:
    """What a call with a wrong body must find: a product, an order, a guarantee."""
    if "{guarantee_no}" in call.path or call.id == "A11":
        return ("B3-1",)
    if call.id in LIVING:
        return ("B3-3",) if call.id == "A15" else ("A2-6",)
    return () if call.id in ("A12", "A14") else ("B10-1",)


def _required(call: Call) -> str:
    assert call.body is not None
    return next(name for name, one in call.body().fields.items() if one.required)


for call in ASKED:
    product = () if call.id in ("A4", "A5", "A12", "A13", "A14", "A3") else ("B10-1",)
    chapter.add(f"{call.id}-签名", f"{call.title}：签名无效", _forged(call), expects="拒绝，应答1001", needs=product)
    if call.body is not None:
        field = _required(call)
        chapter.add(
            f"{call.id}-缺项",
            f"{call.title}：缺少{field}",
            _without(call, field),
            expects="拒绝，应答2001",
            needs=_there(call),
        )
        chapter.add(
            f"{call.id}-格式",
            f"{call.title}：{field}格式不对",
            _misshapen(call, field),
            expects="拒绝，应答2002",
            needs=_there(call),
        )
    if "no}" in call.path:
        chapter.add(
            f"{call.id}-编号",
            f"{call.title}：没有的编号",
            _about_nothing(call),
            expects="拒绝，应答3001",
            needs=product,
        )
    if call.method == "POST":
        accepted = (FIRST_ACCEPTED[call.id],)
        chapter.add(
            f"{call.id}-重复",
            f"{call.title}：同一请求再次发送",
            _repeated(call),
            expects="请求编号和内容相同，应答与第一次相同，不再办理",
            needs=accepted,
        )
        chapter.add(
            f"{call.id}-换内容",
            f"{call.title}：同一请求编号、另一内容",
            _other_content(call),
            expects="拒绝，应答3003，HTTP状态409",
            needs=accepted,
        )
