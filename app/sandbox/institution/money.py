"""Money at the institution: payments taken (B2), and given back (A15, B11)."""

from __future__ import annotations

import json
import secrets
import sqlite3
from datetime import date
from typing import Any

from app.protocol.codes import Code, Refusal
from app.sandbox import clock
from app.sandbox.institution.ledger import Row, insert, moment
from app.sandbox.institution.office import Ask, Office


def take(office: Office, books: sqlite3.Connection, order: Row, *, channel: str) -> None:
    """The bidder's money is here: say so by B2, and go on to issue if it is the right sum for an open order."""
    code, order_no = order["institution"], order["order_no"]
    first = not payments(books, code, order_no)
    late = order["pay_status"] == "CLOSED"
    wrong = office.manners.option(code, order_no, "wrong_amount") if first else None
    amount = max(1, order["premium"] + (wrong["fen"] if wrong else 0))
    txn_no = f"P{clock.now():%Y%m%d}{secrets.randbelow(10**12):012d}"
    insert(
        books,
        "payments",
        pay_txn_no=txn_no,
        institution=code,
        order_no=order_no,
        amount=amount,
        channel=channel,
        paid_at=clock.now().isoformat(),
    )
    books.execute(
        "UPDATE orders SET pay_status = 'PAID' WHERE institution = ? AND order_no = ?",
        (code, order_no),
    )
    told = next(payment for payment in payments(books, code, order_no) if payment["pay_txn_no"] == txn_no)
    reorder = office.manners.option(code, order_no, "reorder")
    sent = office.tell(books, order, "B2", told, seconds=office.delay + reorder["seconds"] if reorder else 0)
    agreed = _agrees(office, order) if late else True
    if amount == order["premium"] and order["issue_status"] == "NONE" and agreed:
        books.execute(
            "UPDATE orders SET issue_status = 'PENDING' WHERE institution = ? AND order_no = ?", (code, order_no)
        )
        after = None if reorder else sent
        office.post(books, "issue", order, {"pay_txn_no": txn_no}, seconds=office.delay, after=after)
    repeated = office.manners.option(code, order_no, "repeated")
    if repeated and first:
        office.post(books, "pay", order, {"channel": channel, "when": "again"}, seconds=repeated["seconds"])


def take_unasked(office: Office, chore: Row) -> None:
    """Money that comes without the payment page: by itself, after closing, or a second time."""
    body = json.loads(chore["body"])
    with office.ledger.write() as books:
        order = office.order(books, chore["institution"], chore["order_no"])
        had, state = len(payments(books, order["institution"], order["order_no"])), order["pay_status"]
        when = {"asked": not had and state == "UNPAID", "late": not had and state == "CLOSED", "again": had == 1}
        if when[body["when"]]:
            take(office, books, order, channel=body["channel"])


def ask_repayment(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A15: done soon after, told by B11; refused for money that a guarantee rests on."""
    code, order_no, body = ask.code, ask.order_no, ask.body
    order = office.order(books, code, order_no)
    payment = books.execute(
        "SELECT * FROM payments WHERE institution = ? AND order_no = ? AND pay_txn_no = ?",
        (code, order_no, body["pay_txn_no"]),
    ).fetchone()
    if payment is None:
        raise Refusal(Code.UNKNOWN, f"没有交易{body['pay_txn_no']}")
    if payment["amount"] != body["amount"]:
        raise Refusal(Code.AMOUNT_MISMATCH, f"该交易金额为{payment['amount'] / 100:.2f}元")
    if books.execute("SELECT 1 FROM guarantees WHERE pay_txn_no = ?", (body["pay_txn_no"],)).fetchone():
        raise Refusal(Code.STATE_CONFLICT, "该笔保费已用于出函，不能退款")
    if payment["repayment_asked"] is None:
        books.execute(
            "UPDATE payments SET repayment_asked = ? WHERE pay_txn_no = ?", (body["reason"], body["pay_txn_no"])
        )
        if not _others(books, order, body["pay_txn_no"]):
            books.execute(
                "UPDATE orders SET issue_status = 'REFUSED', reject_code = 'R010', reason = '保费已退回'"
                " WHERE institution = ? AND order_no = ? AND issue_status IN ('NONE', 'PENDING')",
                (code, order_no),
            )
        chore = {"pay_txn_no": body["pay_txn_no"], "reason": body["reason"]}
        office.post(books, "repay", order, chore, seconds=office.delay)
    return {"order_no": order_no, "pay_txn_no": body["pay_txn_no"]}


def repay(office: Office, chore: Row) -> None:
    """Give one payment back, once."""
    body = json.loads(chore["body"])
    code, order_no = chore["institution"], chore["order_no"]
    with office.ledger.write() as books:
        order = office.order(books, code, order_no)
        done = books.execute("SELECT 1 FROM repayments WHERE pay_txn_no = ?", (body["pay_txn_no"],)).fetchone()
        if done:
            return
        amount = books.execute("SELECT amount FROM payments WHERE pay_txn_no = ?", (body["pay_txn_no"],)).fetchone()[0]
        insert(
            books,
            "repayments",
            repay_txn_no=f"R{clock.now():%Y%m%d}{secrets.randbelow(10**12):012d}",
            pay_txn_no=body["pay_txn_no"],
            institution=code,
            order_no=order_no,
            amount=amount,
            reason=body["reason"],
            at=clock.now().isoformat(),
        )
        given = repayments(books, code, order_no)
        if len(given) == len(payments(books, code, order_no)):
            books.execute(
                "UPDATE orders SET pay_status = 'REPAID' WHERE institution = ? AND order_no = ?", (code, order_no)
            )
        office.tell(books, order, "B11", next(one for one in given if one["pay_txn_no"] == body["pay_txn_no"]))


def payments(books: sqlite3.Connection, code: str, order_no: str) -> list[dict[str, Any]]:
    """As B2 tells them, oldest first."""
    rows = books.execute(
        "SELECT * FROM payments WHERE institution = ? AND order_no = ? ORDER BY rowid", (code, order_no)
    ).fetchall()
    return [
        {
            "order_no": order_no,
            "pay_txn_no": row["pay_txn_no"],
            "amount": row["amount"],
            "channel": row["channel"],
            "paid_at": moment(row["paid_at"]),
            "status": "SUCCESS",
        }
        for row in rows
    ]


def repayments(books: sqlite3.Connection, code: str, order_no: str) -> list[dict[str, Any]]:
    """As B11 tells them."""
    rows = books.execute(
        "SELECT * FROM repayments WHERE institution = ? AND order_no = ? ORDER BY rowid", (code, order_no)
    ).fetchall()
    return [
        {
            "order_no": order_no,
            "pay_txn_no": row["pay_txn_no"],
            "repay_txn_no": row["repay_txn_no"],
            "amount": row["amount"],
            "at": moment(row["at"]),
            "result": "DONE",
        }
        for row in rows
    ]


def _agrees(office: Office, order: Row) -> bool:
    """Does the institution still issue for money that came after closing: yes before the day of opening."""
    late = office.manners.option(order["institution"], order["order_no"], "late")
    if late and not late["agree"]:
        return False
    opening = date.fromisoformat(json.loads(order["body"])["opening_date"])
    return clock.now().astimezone(clock.SHANGHAI).date() < opening


def _others(books: sqlite3.Connection, order: Row, pay_txn_no: str) -> bool:
    """Is there another payment, not asked back, that a guarantee may rest on?"""
    return bool(
        books.execute(
            "SELECT 1 FROM payments WHERE institution = ? AND order_no = ? AND pay_txn_no <> ? AND amount = ?"
            " AND repayment_asked IS NULL",
            (order["institution"], order["order_no"], pay_txn_no, order["premium"]),
        ).fetchone()
    )
