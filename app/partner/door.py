"""The signed door of a played institution: who asks, is it new, the same answer to the same question, all signed."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message as Headers
from typing import Any
from urllib.parse import urlsplit

import orjson

from app.partner import house, orders, papers
from app.partner.books import Order
from app.partner.card import Card
from app.partner.hall import Ask, Hall, Verb
from app.protocol import signing
from app.protocol.calls import CALLS, Call
from app.protocol.canonical import Stamp, target
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.digests import sm3_hex
from app.protocol.messages.message import read, write
from app.protocol.signing import Algorithm, Key

VERBS: dict[str, Verb] = {
    "A1": orders.quote,
    "A2": orders.accept,
    "A3": orders.open_payment,
    "A4": orders.status,
    "A5": orders.close,
    "A6": papers.unseal,
    "A7": papers.extend,
    "A8": papers.refund,
    "A9": papers.cancel,
    "A10": papers.claim,
    "A11": papers.invoice,
    "A12": house.hear,
    "A13": house.reconcile,
    "A14": house.pong,
    "A15": orders.ask_repayment,
}
Answer = tuple[int, Mapping[str, str], bytes]
JSON, PAGE = "application/json; charset=utf-8", "text/html; charset=utf-8"


class Door:
    def __init__(self, card: Card, hall: Hall) -> None:
        self.card, self.hall = card, hall
        number = r"(?P<\1>[A-Za-z0-9][A-Za-z0-9_-]{0,63})"
        self.ways = [
            (CALLS[id], re.compile(hall.script.path + re.sub(r"\{(\w+)\}", number, CALLS[id].path)), verb)
            for id, verb in VERBS.items()
        ]

    def answer(self, method: str, address: str, headers: Headers, body: bytes) -> Answer:
        path = urlsplit(address).path
        if path.startswith("/pay/"):
            return self._counter(method, path.removeprefix("/pay/"))
        for call, way, verb in self.ways:
            found = way.fullmatch(path)
            if found and call.method == method:
                return self._visit(call, verb, found.groupdict(), address, headers, body)
        return 404, {"Content-Type": JSON}, orjson.dumps(envelope(Code.UNKNOWN, "没有这个接口"))

    def _visit(
        self, call: Call, verb: Verb, numbers: Mapping[str, str], address: str, headers: Headers, body: bytes
    ) -> Answer:
        parts, asked = urlsplit(address), None
        try:
            asked = signing.verify_request(
                method=call.method, path=parts.path, query=parts.query, headers=headers, body=body, keys=self._key,
                now=datetime.now(UTC), remember=lambda _app, nonce, until: self.hall.books.remember(nonce, until),
            )  # fmt: skip
            status, content = self._once(asked, f"{call.method}\n{target(parts.path)}\n".encode() + body, call, verb,
                                         numbers, body)  # fmt: skip
        except Refusal as refusal:
            asked = asked or refusal.asked
            status, content = refusal.status, orjson.dumps(refusal.envelope())
        return self._signed(asked, status, content)

    def _key(self, app_id: str, key_id: str, env: str) -> Key | None:
        """The shared key of this traffic, or the platform's own."""
        return next((key for key in self.card.believed(env) if key.id == key_id and app_id == self.card.app_id), None)

    def _once(
        self, asked: Stamp, question: bytes, call: Call, verb: Verb, numbers: Mapping[str, str], body: bytes
    ) -> tuple[int, bytes]:
        """Do it, or give the answer that this request id got before."""
        digest, place = sm3_hex(question), (asked.env, asked.request_id)
        with self.hall.books.lock:
            before = self.hall.books.answers.get(place)
            if before is not None and call.method != "GET":
                if before[0] != digest:
                    raise Refusal(Code.DUPLICATE, "该请求编号已用于另一个请求")
                return before[1], before[2]
            try:
                data = verb(self.hall, _ask(call, asked.env, numbers, body))
                status, content = 200, orjson.dumps(envelope(data=write(call.answer, data)))
            except Refusal as refusal:
                return refusal.status, orjson.dumps(refusal.envelope())
            self.hall.books.answers[place] = (digest, status, content)
            return status, content

    def _signed(self, asked: Stamp | None, status: int, content: bytes) -> Answer:
        """As the question is signed: with our own pair, or the shared key of the traffic it belongs to."""
        key = self.card.test_key if asked is not None and asked.env else self.card.key
        if asked is not None and asked.algorithm == Algorithm.SM2_SM3:
            key = self.card.sm2_key or key
        elif asked is not None and self.card.old_key is not None and asked.key_id == self.card.old_key.id:
            key = self.card.old_key
        headers = {"Content-Type": JSON}
        if key is not None:
            headers |= signing.sign_answer(key, asked, status, content, datetime.now(UTC))
        return status, headers, content

    def _counter(self, method: str, token: str) -> Answer:
        """The payment page: one button, and back to the platform."""
        order = self.hall.books.by_token(token)
        if order is None:
            return 404, {"Content-Type": PAGE}, _page("没有这个付款页面", "")
        if method == "POST" and (orders.pay(self.hall, order) or order.pay == "PAID"):
            return 303, {"Location": order.return_url, "Content-Length": "0"}, b""
        return 200, {"Content-Type": PAGE}, _payment(self.hall, order)


def _ask(call: Call, env: str, numbers: Mapping[str, str], body: bytes) -> Ask:
    if call.body is None:
        return Ask(env, {}, {}, numbers)
    try:
        values: dict[str, Any] = read(call.body, orjson.loads(body))
    except orjson.JSONDecodeError:
        raise Refusal(Code.FORMAT, "请求体不是合法的JSON") from None
    return Ask(env, values, write(call.body, values), numbers)


def _payment(hall: Hall, order: Order) -> bytes:
    amount = f"¥{order.premium // 100:,}.{order.premium % 100:02d}"
    facts = f"<p>{html.escape(hall.script.name)}</p><p>订单 {html.escape(order.number)}</p><p>保费 <b>{amount}</b></p>"
    if orders.payable(order, datetime.now(UTC)):
        return _page("支付保费", facts + '<form method="post"><button>支付</button></form>')
    back = f'<p><a href="{html.escape(order.return_url)}">返回</a></p>'
    return _page("已支付" if order.pay == "PAID" else "该订单不能再支付", facts + back)


def _page(title: str, inside: str) -> bytes:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>body{{font:16px/1.7 sans-serif;max-width:30em;margin:3em auto;padding:0 1em}}"
        f"button{{font:inherit;padding:.5em 2em}}</style><h1>{title}</h1>{inside}</html>"
    ).encode()
