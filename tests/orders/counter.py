"""Institutions on the loopback, as a test wants them: they keep books, answer what they are asked, say what they are
told to say. One address for all of them; the SMS provider's is beside it."""

import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

from app import clock
from app.protocol import signing
from app.protocol.calls import A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A15, C5, Call
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.messages.message import read, write
from app.protocol.signing import Key

APPLICATIONS = {A7: "extension_no", A8: "refund_no", A9: "cancellation_no", A10: "claim_no", A11: "invoice_no"}
CALLS = (A1, A2, A3, A4, A5, A6, A15, C5, *APPLICATIONS)
DOWN = "down"  # the call is not done
DEAF = "deaf"  # the call is done, and its answer is lost


@dataclass
class Standing:
    """An order in an institution's books; everything as the interface's Python values."""

    verdict: dict[str, Any] | None = None
    payments: list[dict[str, Any]] = field(default_factory=list)
    issue_status: str = "NONE"
    issuance: dict[str, Any] | None = None
    repayments: list[dict[str, Any]] = field(default_factory=list)
    rests_on: str = ""  # the payment the guarantee was issued for, which is not given back
    closed: bool = False
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # (call, body), in the order they came

    def bodies(self, call: Call) -> list[dict[str, Any]]:
        return [body for name, body in self.asked if name == call.id]

    @property
    def pay_status(self) -> str:
        if not self.payments:
            return "CLOSED" if self.closed else "UNPAID"
        done = {one["pay_txn_no"] for one in self.repayments if one["result"] == "DONE"}
        return "REPAID" if done >= {one["pay_txn_no"] for one in self.payments} else "PAID"


class Counter:
    """`manners`: call → DOWN, DEAF or a Refusal, until the test takes it back."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.reset({})

    def reset(self, keys: dict[str, Key]) -> None:
        """Empty books; `keys`: institution → the key it shares with the platform."""
        self.keys = keys
        self.books: dict[str, Standing] = {}
        self.manners: dict[str, str | Refusal] = {}
        self.texts: list[dict[str, Any]] = []  # SMS, as the provider got them
        self.premium = 0  # what A1 answers, in fen
        self.barred: dict[str, str] = {}  # who may not bid, as the trading platform knows it: uscc → why

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def order(self, no: str) -> Standing:
        return self.books.setdefault(no, Standing())

    # what it is asked

    def answer(self, call: Call, no: str, body: dict[str, Any]) -> dict[str, Any]:
        if call == C5:
            why = self.barred.get(body["bidder"]["uscc"])
            return {"eligible": why is None, "reason": why}
        if call == A6:
            numbers = [one["guarantee_no"] for one in body["guarantees"]]
            for number in numbers:
                self.order(number).asked.append((call.id, body))
            return {"accepted": numbers}
        if call in APPLICATIONS:
            number: str = body[APPLICATIONS[call]]
            self.order(number).asked.append((call.id, body))
            return {"number": number}
        if call not in (A1, A2) and not self.order(no).asked:
            raise Refusal(Code.UNKNOWN, f"没有订单{no}")
        standing = self.order(no or body.get("order_no", ""))
        standing.asked.append((call.id, body))
        return getattr(self, f"_{call.id.lower()}")(no, body, standing)

    def _a1(self, _no: str, _body: dict[str, Any], _standing: Standing) -> dict[str, Any]:
        return {"premium": self.premium, "rate": "0.003"}

    def _a2(self, _no: str, body: dict[str, Any], _standing: Standing) -> dict[str, Any]:
        return {"order_no": body["order_no"], "institution_order_no": f"I-{body['order_no']}"}

    def _a3(self, no: str, body: dict[str, Any], _standing: Standing) -> dict[str, Any]:
        return {"url": f"{self.url}/pay/{no}", "expires_at": body["expires_at"]}

    def _a4(self, no: str, _body: dict[str, Any], standing: Standing) -> dict[str, Any]:
        verdict = standing.verdict
        return {
            "order_no": no,
            "underwriting_status": verdict["result"] if verdict else "PENDING",
            "pay_status": standing.pay_status,
            "issue_status": standing.issue_status,
            "guarantee_no": (standing.issuance or {}).get("guarantee_no"),
            "premium_paid": sum(one["amount"] for one in standing.payments) or None,
            "underwriting": verdict,
            "payments": standing.payments,
            "issuance": standing.issuance,
            "repayments": standing.repayments,
        }

    def _a5(self, no: str, _body: dict[str, Any], standing: Standing) -> dict[str, Any]:
        if standing.pay_status == "PAID":
            raise Refusal(Code.ALREADY_PAID)
        standing.closed = True
        return {"order_no": no, "result": "CLOSED"}

    def _a15(self, no: str, body: dict[str, Any], standing: Standing) -> dict[str, Any]:
        known = {one["pay_txn_no"]: one["amount"] for one in standing.payments}
        if known.get(body["pay_txn_no"]) != body["amount"]:
            raise Refusal(Code.AMOUNT_MISMATCH)
        if body["pay_txn_no"] == standing.rests_on:
            raise Refusal(Code.STATE_CONFLICT, "该笔保费已用于出函，不能退款")
        return {"order_no": no, "pay_txn_no": body["pay_txn_no"]}

    # the wire

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        counter = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if self.path == "/sms":
                    counter.texts.append(orjson.loads(raw))
                    self.say(202, {}, b"{}")
                else:
                    self.say(*counter.serve(self.command, urlsplit(self.path).path, self.headers, raw))

            do_GET = do_POST

            def say(self, status: int, headers: dict[str, str], raw: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                """Nothing on the terminal."""

        return Handler

    def serve(self, method: str, path: str, headers: Any, raw: bytes) -> tuple[int, dict[str, str], bytes]:
        code, _, rest = path.removeprefix("/").partition("/")
        key = self.keys[code]
        asked = signing.verify_request(
            method=method, path=path, query="", headers=headers, body=raw, keys=lambda *_: key, now=clock.now(),
            remember=lambda *_: True,
        )  # fmt: skip
        call, no = _found(method, f"/{rest}")
        manner = self.manners.get(call.id)
        if manner == DOWN:
            return 503, {}, b""
        body = read(call.body, orjson.loads(raw)) if call.body else {}
        try:
            if isinstance(manner, Refusal):
                raise manner
            said, status = envelope(data=write(call.answer, self.answer(call, no, body))), 200
        except Refusal as refusal:
            said, status = refusal.envelope(), refusal.status
        if manner == DEAF:
            return 503, {}, b""
        answer = orjson.dumps(said)
        return status, signing.sign_answer(key, asked, status, answer, clock.now()), answer


def _found(method: str, path: str) -> tuple[Call, str]:
    for call in CALLS:
        if call.method == method and (found := re.fullmatch(re.sub(r"{\w+}", "([^/]+)", call.path), path)):
            return call, "".join(found.groups())
    raise LookupError(f"{method} {path}")
