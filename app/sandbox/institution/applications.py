"""A7–A11: applications on a guarantee or for an invoice, written down; in the acceptance test decided as the number's
last word says, and told by B5–B9. Otherwise the institution's reviewer decides at the platform, unless the institution
is told to decide itself, or both at once.
"""

from __future__ import annotations

import json
import random
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from app.protocol import trial
from app.protocol.calls import CALLS
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write
from app.protocol.trial import Play
from app.sandbox import clock
from app.sandbox.institution.behaviour import KINDS
from app.sandbox.institution.ledger import Row, insert, moment
from app.sandbox.institution.office import Ask, Office


def extend(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A7"""
    guarantee = _guarantee(books, ask)
    if ask.body["valid_to"] <= moment(guarantee["valid_to"]):
        raise Refusal(Code.VALIDITY_TOO_SHORT, "新的有效期应晚于原有效期", fields={"valid_to": "应晚于原有效期"})
    return _enter(office, books, ask, guarantee, "A7")


def refund(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A8: the premium given back is the one that was paid."""
    guarantee = _guarantee(books, ask)
    paid = _paid(books, guarantee)
    if ask.body["premium"] != paid:
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{paid / 100:.2f}元")
    return _enter(office, books, ask, guarantee, "A8")


def cancel(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A9"""
    return _enter(office, books, ask, _guarantee(books, ask), "A9")


def claim(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A10: not more than what is left of the guarantee."""
    guarantee = _guarantee(books, ask)
    if ask.body["amount"] > guarantee["amount"] - guarantee["paid_out"]:
        raise Refusal(Code.OVER_BALANCE)
    return _enter(office, books, ask, guarantee, "A10")


def invoice(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A11: for a premium that was paid and bought a guarantee; a credit note takes back an invoice of its order."""
    order = office.order(books, ask.code, ask.body["order_no"])
    if order["issue_status"] != "ISSUED":
        raise Refusal(Code.STATE_CONFLICT, "尚未出函，不能开票")
    if ask.body["type"] == "CREDIT_NOTE":
        _may_credit(books, ask, order)
    elif ask.body["amount"] != order["premium"]:
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{order['premium'] / 100:.2f}元")
    guarantee = books.execute(
        "SELECT * FROM guarantees WHERE institution = ? AND order_no = ?", (ask.code, order["order_no"])
    ).fetchone()
    return _enter(office, books, ask, guarantee, "A11")


def _may_credit(books: sqlite3.Connection, ask: Ask, order: Row) -> None:
    original = ask.body["original_no"]
    row = books.execute(
        "SELECT order_no FROM applications WHERE institution = ? AND number = ? AND call = 'A11'", (ask.code, original)
    ).fetchone()
    if row is None or row["order_no"] != order["order_no"]:
        raise Refusal(Code.UNKNOWN, f"没有开票申请{original}", fields={"original_no": "没有这份开票申请"})
    if not 0 < ask.body["amount"] <= order["premium"]:
        raise Refusal(Code.AMOUNT_MISMATCH, f"红冲金额应不超过保费{order['premium'] / 100:.2f}元")


def products(office: Office, books: sqlite3.Connection, ask: Ask) -> None:
    """B10, asked for by a ping of the acceptance test."""
    same = ("product_code", "name", "type", "rate", "categories", "regions", "description")
    sells = [
        {name: one[name] for name in same}
        | {name: int(Decimal(one[name]) * 100) for name in ("minimum_premium", "limit")}
        for one in office.institution(ask.code)["products"]
    ]
    told = {"institution": ask.code, "order_no": ask.body["echo"], "env": ask.env}
    office.tell(books, told, "B10", {"status": "OPEN", "products": sells})


@dataclass(frozen=True, slots=True)
class _Agreed:
    """One application that is agreed to; `asked` as Python values."""

    books: sqlite3.Connection
    guarantee: Row
    asked: dict[str, Any]

    def end(self, state: str) -> None:
        self.books.execute(
            "UPDATE guarantees SET state = ? WHERE guarantee_no = ?", (state, self.guarantee["guarantee_no"])
        )


def decide(office: Office, chore: Row) -> None:
    """The verdict on an application, told by its callback."""
    code, number = chore["institution"], json.loads(chore["body"])["number"]
    with office.ledger.write() as books:
        row = _application(books, code, number)
        if row["told"]:
            return
        books.execute("UPDATE applications SET told = 1 WHERE institution = ? AND number = ?", (code, number))
        verdict = conclude(office, books, code, number)
        order = office.order(books, code, row["order_no"])
        last = None
        for said in _steps(row["call"], verdict):
            part = "voucher" if row["call"] == "A10" else "file"
            last = office.tell(books, order, _CALLBACKS[row["call"]], said, after=last, part=part)


def conclude(office: Office, books: sqlite3.Connection, code: str, number: str) -> dict[str, Any]:
    """Decide, once, with what follows from it in the books; what is to be said of it, money in fen, a file's SM3."""
    row = _application(books, code, number)
    if row["verdict"]:
        return {name: _value(name, value) for name, value in json.loads(row["verdict"]).items()}
    message = CALLS[row["call"]].body
    assert message is not None
    asked = read(message, json.loads(row["body"]))
    guarantee = books.execute("SELECT * FROM guarantees WHERE guarantee_no = ?", (row["guarantee_no"],)).fetchone()
    verdict = {name: asked[name] for name in ("order_no", _NAMES[row["call"]]) if name in asked}
    if row["call"] != "A11":
        verdict["guarantee_no"] = row["guarantee_no"]
    if _agrees(office, row):
        verdict |= {"result": "APPROVED"} | _EFFECTS[row["call"]](_Agreed(books, guarantee, asked))
    else:
        verdict |= {"result": "REJECTED", "reject_code": "N99", "reason": "复核后不同意"}
    books.execute(
        "UPDATE applications SET decided = ?, verdict = ? WHERE institution = ? AND number = ?",
        (verdict["result"], json.dumps(verdict, ensure_ascii=False, default=datetime.isoformat), code, number),
    )
    return verdict


def _agrees(office: Office, row: Row) -> bool:
    """As the number's last word says; outside the acceptance test by lot, the same for a number whenever asked."""
    if trial.played(row["number"]) is not None:
        return trial.played(row["number"]) is Play.APPROVE
    if json.loads(row["body"]).get("type") == "CREDIT_NOTE":
        return True  # what was given back must be taken back
    options = office.manners.option(row["institution"], row["order_no"], "decides") or KINDS["decides"]
    return bool(random.Random(row["number"]).random() < options["agrees"])  # noqa: S311


def _extension(agreed: _Agreed) -> dict[str, Any]:
    until = agreed.asked["valid_to"]
    agreed.books.execute(
        "UPDATE guarantees SET valid_to = ? WHERE guarantee_no = ?",
        (until.isoformat(), agreed.guarantee["guarantee_no"]),
    )
    return {"valid_to": until, "file": agreed.guarantee["sm3"]}


def _refund(agreed: _Agreed) -> dict[str, Any]:
    agreed.end("REFUNDED")
    now = clock.now()
    number = f"R{now:%Y%m%d}{secrets.randbelow(10**12):012d}"
    return {"amount": agreed.asked["premium"], "repaid_at": now, "repay_txn_no": number}


def _cancellation(agreed: _Agreed) -> dict[str, Any]:
    agreed.end("LAPSED")
    return {}


def _claim(agreed: _Agreed) -> dict[str, Any]:
    guarantee, amount = agreed.guarantee, agreed.asked["amount"]
    agreed.books.execute(
        "UPDATE guarantees SET paid_out = paid_out + ? WHERE guarantee_no = ?", (amount, guarantee["guarantee_no"])
    )
    if guarantee["paid_out"] + amount == guarantee["amount"]:
        agreed.end("LAPSED")
    return {"approved_amount": amount, "paid_at": clock.now(), "file": guarantee["sm3"]}


def _invoice(agreed: _Agreed) -> dict[str, Any]:
    return {"tax_invoice_no": f"{secrets.randbelow(10**20):020d}", "file": agreed.guarantee["sm3"]}


_EFFECTS: dict[str, Callable[[_Agreed], dict[str, Any]]] = {
    "A7": _extension,
    "A8": _refund,
    "A9": _cancellation,
    "A10": _claim,
    "A11": _invoice,
}
_CALLBACKS = {"A7": "B5", "A8": "B6", "A9": "B7", "A10": "B9", "A11": "B8"}
_NAMES = {
    "A7": "extension_no",
    "A8": "refund_no",
    "A9": "cancellation_no",
    "A10": "claim_no",
    "A11": "invoice_no",
}


def _steps(call: str, verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """The messages that say it, one after another: a claim is taken up, approved and paid."""
    if call != "A10" or verdict["result"] != "APPROVED":
        return [verdict]
    both = {name: verdict[name] for name in ("claim_no", "guarantee_no")}
    owed = {**both, "approved_amount": verdict["approved_amount"]}
    return [both | {"result": "ACCEPTED"}, owed | {"result": "APPROVED"}, verdict | {"result": "PAID"}]


def _value(name: str, value: Any) -> Any:
    return moment(value) if name.endswith("_at") or name == "valid_to" else value


def _application(books: sqlite3.Connection, code: str, number: str) -> Row:
    row: Row | None = books.execute(
        "SELECT * FROM applications WHERE institution = ? AND number = ?", (code, number)
    ).fetchone()
    if row is None:
        raise Refusal(Code.UNKNOWN, f"没有申请{number}")
    return row


CORRECTED = frozenset({"A9", "A10"})
"""May be sent back for correction, and come again under their number."""


def _enter(office: Office, books: sqlite3.Connection, ask: Ask, guarantee: Row, call: str) -> dict[str, Any]:
    number, message = ask.body[_NAMES[call]], CALLS[call].body
    assert message is not None
    wire = json.dumps(write(message, ask.body), ensure_ascii=False, sort_keys=True)
    known = books.execute(
        "SELECT body, verdict FROM applications WHERE institution = ? AND number = ?", (ask.code, number)
    ).fetchone()
    if known:
        if known["body"] != wire:
            if call not in CORRECTED or known["verdict"]:
                raise Refusal(Code.DUPLICATE, "该申请编号已用于另一份申请")
            books.execute(
                "UPDATE applications SET body = ? WHERE institution = ? AND number = ?", (wire, ask.code, number)
            )
        return {"number": number}
    insert(
        books,
        "applications",
        institution=ask.code,
        number=number,
        call=call,
        order_no=guarantee["order_no"],
        guarantee_no=guarantee["guarantee_no"],
        body=wire,
    )
    order = office.order(books, ask.code, guarantee["order_no"])
    if ask.env == trial.ENV or office.manners.option(ask.code, order["order_no"], "decides"):
        office.post(books, "decide", order, {"number": number}, seconds=office.delay)
    return {"number": number}


def _guarantee(books: sqlite3.Connection, ask: Ask) -> Row:
    """The guarantee asked about, in force."""
    number = ask.numbers["guarantee_no"]
    row: Row | None = books.execute(
        "SELECT * FROM guarantees WHERE institution = ? AND guarantee_no = ?", (ask.code, number)
    ).fetchone()
    if row is None:
        raise Refusal(Code.UNKNOWN, f"没有保函{number}")
    if row["state"] != "IN_FORCE":
        raise Refusal(Code.NOT_IN_FORCE)
    return row


def _paid(books: sqlite3.Connection, guarantee: Row) -> int:
    amount: int = books.execute(
        "SELECT amount FROM payments WHERE pay_txn_no = ?", (guarantee["pay_txn_no"],)
    ).fetchone()[0]
    return amount
