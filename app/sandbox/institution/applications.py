"""A7–A11: applications on a guarantee or for an invoice, written down; in the acceptance test decided as the number's
last word says, and told by B5–B9. Otherwise the institution's reviewer decides at the platform.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app.protocol import trial
from app.protocol.calls import CALLS
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write
from app.protocol.trial import Play
from app.sandbox import clock
from app.sandbox.institution.ledger import Row, insert, moment
from app.sandbox.institution.office import Ask, Office


def extend(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A7"""
    guarantee = _guarantee(books, ask)
    if ask.body["valid_to"] <= moment(guarantee["valid_to"]):
        raise Refusal(Code.VALIDITY_TOO_SHORT, "新的有效期应晚于原有效期", fields={"valid_to": "应晚于原有效期"})
    return _enter(office, books, ask, guarantee, "A7", "extension_no")


def refund(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A8: the premium given back is the one that was paid."""
    guarantee = _guarantee(books, ask)
    paid = _paid(books, guarantee)
    if ask.body["premium"] != paid:
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{paid / 100:.2f}元")
    return _enter(office, books, ask, guarantee, "A8", "refund_no")


def cancel(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A9"""
    return _enter(office, books, ask, _guarantee(books, ask), "A9", "cancellation_no")


def claim(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A10: not more than what is left of the guarantee."""
    guarantee = _guarantee(books, ask)
    if ask.body["amount"] > guarantee["amount"] - guarantee["paid_out"]:
        raise Refusal(Code.OVER_BALANCE)
    return _enter(office, books, ask, guarantee, "A10", "claim_no")


def invoice(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A11: for a premium that was paid and bought a guarantee."""
    order = office.order(books, ask.code, ask.body["order_no"])
    if order["issue_status"] != "ISSUED":
        raise Refusal(Code.STATE_CONFLICT, "尚未出函，不能开票")
    if ask.body["amount"] != order["premium"]:
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{order['premium'] / 100:.2f}元")
    guarantee = books.execute(
        "SELECT * FROM guarantees WHERE institution = ? AND order_no = ?", (ask.code, order["order_no"])
    ).fetchone()
    return _enter(office, books, ask, guarantee, "A11", "invoice_no")


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
class _Applied:
    """One application to be decided; `asked` as Python values."""

    office: Office
    books: sqlite3.Connection
    order: Row
    guarantee: Row
    asked: dict[str, Any]
    agreed: bool

    def tell(self, call: str, told: dict[str, Any], *, result: str = "", after: int | None = None) -> int:
        said = {**told, "result": result or ("APPROVED" if self.agreed else "REJECTED")}
        if call != "B8":
            said["guarantee_no"] = self.guarantee["guarantee_no"]
        if not self.agreed:
            said |= {"reject_code": "R020", "reason": "验收约定的不同意"}
        part = "voucher" if call == "B9" else "file"
        return self.office.tell(self.books, self.order, call, said, after=after, part=part)

    def end(self, state: str) -> None:
        self.books.execute(
            "UPDATE guarantees SET state = ? WHERE guarantee_no = ?", (state, self.guarantee["guarantee_no"])
        )


def decide(office: Office, chore: Row) -> None:
    """The verdict on an application of the acceptance test, told by its callback."""
    code, number = chore["institution"], json.loads(chore["body"])["number"]
    with office.ledger.write() as books:
        row = books.execute(
            "SELECT * FROM applications WHERE institution = ? AND number = ?", (code, number)
        ).fetchone()
        if row["decided"]:
            return
        agreed = trial.played(number) is Play.APPROVE
        books.execute(
            "UPDATE applications SET decided = ? WHERE institution = ? AND number = ?",
            ("APPROVED" if agreed else "REJECTED", code, number),
        )
        message = CALLS[row["call"]].body
        assert message is not None
        asked = read(message, json.loads(row["body"]))
        guarantee = books.execute("SELECT * FROM guarantees WHERE guarantee_no = ?", (row["guarantee_no"],)).fetchone()
        order = office.order(books, code, row["order_no"])
        _VERDICTS[row["call"]](_Applied(office, books, order, guarantee, asked, agreed))


def _extension(applied: _Applied) -> None:
    told = {name: applied.asked[name] for name in ("extension_no", "valid_to")}
    if applied.agreed:
        told["file"] = applied.guarantee["sm3"]
        applied.books.execute(
            "UPDATE guarantees SET valid_to = ? WHERE guarantee_no = ?",
            (told["valid_to"].isoformat(), applied.guarantee["guarantee_no"]),
        )
    applied.tell("B5", told)


def _refund(applied: _Applied) -> None:
    told: dict[str, Any] = {"refund_no": applied.asked["refund_no"]}
    if applied.agreed:
        now = clock.now()
        told |= {"amount": applied.asked["premium"], "repaid_at": now}
        told["repay_txn_no"] = f"R{now:%Y%m%d}{secrets.randbelow(10**12):012d}"
        applied.end("REFUNDED")
    applied.tell("B6", told)


def _cancellation(applied: _Applied) -> None:
    if applied.agreed:
        applied.end("LAPSED")
    applied.tell("B7", {"cancellation_no": applied.asked["cancellation_no"]})


def _claim(applied: _Applied) -> None:
    told: dict[str, Any] = {"claim_no": applied.asked["claim_no"]}
    if not applied.agreed:
        applied.tell("B9", told)
        return
    guarantee, amount = applied.guarantee, applied.asked["amount"]
    applied.books.execute(
        "UPDATE guarantees SET paid_out = paid_out + ? WHERE guarantee_no = ?", (amount, guarantee["guarantee_no"])
    )
    if guarantee["paid_out"] + amount == guarantee["amount"]:
        applied.end("LAPSED")
    last = applied.tell("B9", told, result="ACCEPTED")
    told["approved_amount"] = amount
    last = applied.tell("B9", told, result="APPROVED", after=last)
    told |= {"paid_at": clock.now(), "file": guarantee["sm3"]}
    applied.tell("B9", told, result="PAID", after=last)


def _invoice(applied: _Applied) -> None:
    told: dict[str, Any] = {name: applied.asked[name] for name in ("invoice_no", "order_no")}
    if applied.agreed:
        told |= {"tax_invoice_no": f"{secrets.randbelow(10**20):020d}", "file": applied.guarantee["sm3"]}
    applied.tell("B8", told)


_VERDICTS: dict[str, Callable[[_Applied], None]] = {
    "A7": _extension,
    "A8": _refund,
    "A9": _cancellation,
    "A10": _claim,
    "A11": _invoice,
}


def _enter(office: Office, books: sqlite3.Connection, ask: Ask, guarantee: Row, call: str, name: str) -> dict[str, Any]:
    number, message = ask.body[name], CALLS[call].body
    assert message is not None
    wire = json.dumps(write(message, ask.body), ensure_ascii=False, sort_keys=True)
    known = books.execute(
        "SELECT body FROM applications WHERE institution = ? AND number = ?", (ask.code, number)
    ).fetchone()
    if known:
        if known["body"] != wire:
            raise Refusal(Code.DUPLICATE, "该申请编号已用于另一份申请")
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
    if ask.env == trial.ENV:
        order = office.order(books, ask.code, guarantee["order_no"])
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
