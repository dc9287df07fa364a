"""The signed door: who asks, is it new, the same answer to the same question, every answer signed."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import orjson
from flask import Blueprint, Response, request

from app.protocol import signing
from app.protocol.calls import CALLS, Call
from app.protocol.canonical import Stamp, target
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.digests import sm3_hex
from app.protocol.messages.message import read, write
from app.protocol.signing import Key, new_secret
from app.sandbox import clock
from app.sandbox.institution import applications, issuing, money, news, orders, standing
from app.sandbox.institution.behaviour import KINDS
from app.sandbox.institution.office import Ask, Office

Verb = Callable[[Office, sqlite3.Connection, Ask], dict[str, Any]]
VERBS: dict[str, Verb] = {
    "A1": orders.quote,
    "A2": orders.accept,
    "A3": orders.open_payment,
    "A4": standing.status,
    "A5": orders.close,
    "A6": issuing.ask_unseal,
    "A7": applications.extend,
    "A8": applications.refund,
    "A9": applications.cancel,
    "A10": applications.claim,
    "A11": applications.invoice,
    "A12": news.hear,
    "A13": news.reconcile,
    "A14": news.pong,
    "A15": money.ask_repayment,
}


def blueprint(office: Office) -> Blueprint:
    bp = Blueprint("door", __name__)
    for id, verb in VERBS.items():
        call = CALLS[id]
        rule = "/<code>" + call.path.replace("{", "<").replace("}", ">")
        bp.add_url_rule(rule, id, _view(office, call, verb), methods=[call.method])
    return bp


def _view(office: Office, call: Call, verb: Verb) -> Callable[..., Response]:
    def view(code: str, **numbers: str) -> Response:
        return _Visit(office, call, verb, code, numbers).answer()

    return view


class _Visit:
    """One request, from signature to signed answer."""

    def __init__(self, office: Office, call: Call, verb: Verb, code: str, numbers: dict[str, str]) -> None:
        self.office, self.call, self.verb, self.code, self.numbers = office, call, verb, code, numbers
        self.raw = request.get_data()
        self.order_no = numbers.get("order_no", "")

    def answer(self) -> Response:
        asked: Stamp | None = None
        known = True
        try:
            asked = signing.verify_request(
                method=request.method,
                path=request.path,
                query=request.query_string.decode("ascii", "replace"),
                headers=request.headers,
                body=self.raw,
                keys=self._key,
                now=clock.now(),
                remember=self._remember,
            )
            if asked.app_id != self.office.institution(self.code)["app_id"]:
                raise Refusal(Code.UNKNOWN_APP, known=False, asked=asked)
            body = self._body()
            self.order_no = self.order_no or str(body.get("order_no", "")) or self._of_guarantee()
            if self._hangs():
                return Response("", 504)
            status, content = self._once(asked, body)
        except Refusal as refusal:
            asked, known = asked or refusal.asked, refusal.known
            status, content = refusal.status, orjson.dumps(refusal.envelope())
        return self._signed(asked, known, status, content)

    def _key(self, app_id: str, key_id: str, env: str) -> Key | None:
        return self.office.key_for(self.code, key_id, env) if app_id == self.code else None

    def _remember(self, app_id: str, nonce: str, until: datetime) -> bool:
        with self.office.ledger.write() as books:
            books.execute("DELETE FROM nonces WHERE until < ?", (clock.now().timestamp(),))
            added = books.execute(
                "INSERT OR IGNORE INTO nonces (app_id, nonce, until) VALUES (?, ?, ?)",
                (app_id, nonce, until.timestamp()),
            )
            return added.rowcount == 1

    def _body(self) -> dict[str, Any]:
        if self.call.body is None:
            return dict(self.numbers)
        try:
            return read(self.call.body, orjson.loads(self.raw))
        except orjson.JSONDecodeError as error:
            raise Refusal(Code.FORMAT, "请求体不是JSON") from error

    def _once(self, asked: Stamp, body: dict[str, Any]) -> tuple[int, bytes]:
        """Do it, or give the answer that this request id got before."""
        question = sm3_hex(f"{request.method} {target(request.path)}".encode() + b"\n" + self.raw)
        with self.office.ledger.write() as books:
            before = books.execute(
                "SELECT * FROM answers WHERE app_id = ? AND env = ? AND request_id = ?",
                (asked.app_id, asked.env, asked.request_id),
            ).fetchone()
            if before and request.method != "GET":
                if before["question"] != question:
                    raise Refusal(Code.DUPLICATE, "该请求编号已用于另一个请求")
                return before["status"], before["body"]
            try:
                books.execute("SAVEPOINT verb")
                data = self.verb(self.office, books, Ask(self.code, asked.env, body, self.order_no, self.numbers))
                status, content = 200, orjson.dumps(envelope(data=write(self.call.answer, data)))
            except Refusal as refusal:
                books.execute("ROLLBACK TO verb")
                status, content = refusal.status, orjson.dumps(refusal.envelope())
            if request.method != "GET":
                books.execute(
                    "INSERT INTO answers (app_id, env, request_id, question, status, body, at)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (asked.app_id, asked.env, asked.request_id, question, status, content, clock.now().timestamp()),
                )
        slow = self.office.manners.option(self.code, self.order_no, "slow", self.call.id)
        if slow:
            time.sleep(slow["seconds"])
        return status, content

    def _of_guarantee(self) -> str:
        row = self.office.ledger.row(
            "SELECT order_no FROM guarantees WHERE guarantee_no = ?", self.numbers.get("guarantee_no", "")
        )
        return row["order_no"] if row is not None else ""

    def _hangs(self) -> bool:
        """Told to be silent: nothing is done, and after a while the connection brings nothing."""
        silent = self._misbehaves("silent")
        if silent is not None:
            time.sleep(silent.get("seconds", KINDS["slow"]["seconds"]))
        return silent is not None

    def _misbehaves(self, kind: str) -> dict[str, Any] | None:
        options = self.office.manners.option(self.code, self.order_no, kind, self.call.id)
        if options is None:
            return None
        with self.office.ledger.write() as books:
            subject = f"{self.order_no}:{self.call.id}"
            return options if self.office.manners.use(books, self.code, subject, kind, options) else None

    def _signed(self, asked: Stamp | None, known: bool, status: int, content: bytes) -> Response:
        """Signed as the caller signs; a caller that is not known gets the institution's SM2 signature."""
        response = Response(content, status, content_type="application/json")
        if asked is None:
            return response
        key = self._key(asked.app_id, asked.key_id, asked.env) if known else None
        if key is None or key.public:
            key = self.office.own_sm2(self.code)
        if self._misbehaves("bad_signature"):
            key = Key(key.id, signing.Algorithm.HMAC_SM3, new_secret())
        response.headers.update(signing.sign_answer(key, asked, status, content, clock.now()))
        return response
