"""Guarantees: printed, signed, told by B3; after opening unsealed (A6) and told by B4. And flawed ones, if asked."""

from __future__ import annotations

import json
import secrets
import sqlite3
from typing import Any

from app.protocol import trial
from app.protocol.codes import Code, Refusal
from app.protocol.digests import sha256_hex, sm3_hex
from app.protocol.messages.guarantees import UnsealedLot
from app.protocol.messages.message import read, write
from app.protocol.trial import Play
from app.sandbox import clock
from app.sandbox.institution import orders
from app.sandbox.institution.behaviour import KINDS
from app.sandbox.institution.ledger import Row, insert, moment
from app.sandbox.institution.office import Ask, Office
from app.sandbox.institution.paper import Terms


def issue(office: Office, chore: Row) -> None:
    """Print and sign outside the transaction, then enter the guarantee, if it is still wanted, and tell it."""
    code, order_no = chore["institution"], chore["order_no"]
    order = office.ledger.row("SELECT * FROM orders WHERE institution = ? AND order_no = ?", code, order_no)
    assert order is not None
    if order["issue_status"] != "PENDING" or office.manners.option(code, order_no, "never_issue"):
        return
    refused = office.manners.option(code, order_no, "refuse_issue") or _asked_to_refuse(order)
    if refused:
        with office.ledger.write() as books:
            books.execute(
                "UPDATE orders SET issue_status = 'REFUSED', reject_code = ?, reason = ?"
                " WHERE institution = ? AND order_no = ? AND issue_status = 'PENDING'",
                (refused["code"], refused["reason"], code, order_no),
            )
            office.tell(books, order, "B3", refusal(office.order(books, code, order_no)))
        return
    body = orders.wanted(order)
    ready = _presigned(office, code)
    if ready is None:
        number, verify_code = numbers(code)
        terms = _terms(body, number, verify_code)
        pdf = office.press.issue(office.institution(code), terms)
    else:
        number, verify_code, pdf = ready
    flawed = office.manners.option(code, order_no, "bad_pdf")
    with office.ledger.write() as books:
        if office.order(books, code, order_no)["issue_status"] != "PENDING":
            return
        books.execute(
            "UPDATE orders SET issue_status = 'ISSUED' WHERE institution = ? AND order_no = ?", (code, order_no)
        )
        insert(
            books,
            "guarantees",
            guarantee_no=number,
            institution=code,
            order_no=order_no,
            verify_code=verify_code,
            pay_txn_no=json.loads(chore["body"])["pay_txn_no"],
            mode=body["mode"],
            amount=body["guarantee_amount"],
            valid_from=body["valid_from"].isoformat(),
            valid_to=body["valid_to"].isoformat(),
            issued_at=clock.now().isoformat(),
            sm3=keep(books, pdf),
        )
        guarantee = guarantee_of(books, order)
        assert guarantee is not None
        told = issuance(guarantee)
        wait = 0.0
        if flawed:
            bad = _spoil(office, code, pdf, flawed["how"])
            claim = "0" * 64 if flawed["how"] == "hash" else None
            office.tell(books, order, "B3", {**told, "file": keep(books, bad), "claim": claim}, after=chore["after"])
            wait = flawed["again"]
        if wait is not None:
            office.tell(books, order, "B3", told, seconds=wait, after=chore["after"])


def ask_unseal(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A6: each guarantee is printed anew with its lot and beneficiary, and told by B4."""
    accepted = []
    for lot in ask.body["guarantees"]:
        number = lot["guarantee_no"]
        guarantee = books.execute(
            "SELECT * FROM guarantees WHERE institution = ? AND guarantee_no = ?", (ask.code, number)
        ).fetchone()
        if guarantee is None:
            raise Refusal(Code.UNKNOWN, f"没有保函{number}")
        order = office.order(books, ask.code, guarantee["order_no"])
        office.post(books, "unseal", order, write(UnsealedLot, lot))
        accepted.append(number)
    return {"accepted": accepted}


def unseal(office: Office, chore: Row) -> None:
    code, order_no = chore["institution"], chore["order_no"]
    lot = read(UnsealedLot, json.loads(chore["body"]))
    order = office.ledger.row("SELECT * FROM orders WHERE institution = ? AND order_no = ?", code, order_no)
    guarantee = office.ledger.row("SELECT * FROM guarantees WHERE guarantee_no = ?", lot["guarantee_no"])
    assert order is not None
    assert guarantee is not None
    if guarantee["unsealed_sm3"]:
        return
    named = {"lot": lot["lot"], "project": lot["project"], "beneficiary": lot["beneficiary"]}
    terms = _terms({**orders.wanted(order), **named}, guarantee["guarantee_no"], guarantee["verify_code"])
    pdf = office.press.issue(office.institution(code), terms)
    with office.ledger.write() as books:
        books.execute(
            "UPDATE guarantees SET unsealed_sm3 = ? WHERE guarantee_no = ?", (keep(books, pdf), lot["guarantee_no"])
        )
        told = {"guarantee_no": lot["guarantee_no"], "file": sm3_hex(pdf), "replaces_sm3": guarantee["sm3"]}
        office.tell(books, order, "B4", told)


def guarantee_of(books: sqlite3.Connection, order: Row) -> Row | None:
    row: Row | None = books.execute(
        "SELECT * FROM guarantees WHERE institution = ? AND order_no = ?", (order["institution"], order["order_no"])
    ).fetchone()
    return row


def issuance(guarantee: Row) -> dict[str, Any]:
    """As B3 tells it; `file` is the SM3 of the file in the books."""
    return {
        "order_no": guarantee["order_no"],
        "result": "ISSUED",
        "guarantee_no": guarantee["guarantee_no"],
        "verify_code": guarantee["verify_code"],
        "issued_at": moment(guarantee["issued_at"]),
        "valid_from": moment(guarantee["valid_from"]),
        "valid_to": moment(guarantee["valid_to"]),
        "amount": guarantee["amount"],
        "mode": guarantee["mode"],
        "kind": "INDEPENDENT",
        "file": guarantee["sm3"],
    }


def refusal(order: Row) -> dict[str, Any]:
    return {
        "order_no": order["order_no"],
        "result": "REFUSED",
        "reject_code": order["reject_code"],
        "reason": order["reason"],
    }


def file(books: sqlite3.Connection, sm3: str) -> dict[str, Any]:
    row = books.execute("SELECT * FROM files WHERE sm3 = ?", (sm3,)).fetchone()
    return {"name": "保函.pdf", "format": "PDF", "content": row["content"], "sm3": sm3, "sha256": row["sha256"]}


def keep(books: sqlite3.Connection, pdf: bytes) -> str:
    sm3 = sm3_hex(pdf)
    books.execute("INSERT OR IGNORE INTO files (sm3, sha256, content) VALUES (?, ?, ?)", (sm3, sha256_hex(pdf), pdf))
    return sm3


def numbers(code: str) -> tuple[str, str]:
    """A guarantee's number and verification code."""
    return f"{code}{clock.now():%Y%m%d}{secrets.randbelow(10**8):08d}", f"{secrets.randbelow(10**8):08d}"


def presign(office: Office, code: str, wanted: int) -> None:
    """Fill the pool of guarantees signed beforehand up to `wanted`, so that a benchmark measures the platform."""
    while True:
        have = office.ledger.row("SELECT count(*) AS n FROM presigned WHERE institution = ?", code)
        if have is None or have["n"] >= wanted:
            return
        number, verify_code = numbers(code)
        now = clock.now()
        terms = Terms(number, verify_code, "-", None, 100, now, now, now)
        pdf = office.press.issue(office.institution(code), terms)
        with office.ledger.write() as books:
            insert(
                books,
                "presigned",
                guarantee_no=number,
                institution=code,
                verify_code=verify_code,
                sm3=keep(books, pdf),
            )


def _asked_to_refuse(order: Row) -> dict[str, Any] | None:
    wanted = order["env"] == trial.ENV and trial.played(order["order_no"]) is Play.REFUSED
    return KINDS["refuse_issue"] if wanted else None


def _presigned(office: Office, code: str) -> tuple[str, str, bytes] | None:
    with office.ledger.write() as books:
        row = books.execute(
            "DELETE FROM presigned WHERE guarantee_no ="
            " (SELECT guarantee_no FROM presigned WHERE institution = ? LIMIT 1) RETURNING *",
            (code,),
        ).fetchone()
        if row is None:
            return None
        return row["guarantee_no"], row["verify_code"], file(books, row["sm3"])["content"]


def _terms(body: dict[str, Any], number: str, verify_code: str) -> Terms:
    return Terms(
        guarantee_no=number,
        verify_code=verify_code,
        order_no=body["order_no"],
        bidder=body["bidder"],
        amount=body["guarantee_amount"],
        valid_from=body["valid_from"],
        valid_to=body["valid_to"],
        issued_at=clock.now(),
        lot=body.get("lot"),
        project=body.get("project"),
        beneficiary=body.get("beneficiary"),
    )


def _spoil(office: Office, code: str, pdf: bytes, how: str) -> bytes:
    """A copy with one flaw; "hash" leaves the file as it is: its message claims another hash."""
    if how == "tampered":
        at = pdf.index(b"stream") + 40
        return pdf[:at] + bytes([pdf[at] ^ 1]) + pdf[at + 1 :]
    if how == "appended":
        return pdf + b"\n%appended\n"
    if how == "truncated":
        return pdf[: len(pdf) // 2]
    if how == "foreign":
        other = next(one["code"] for one in office.demo["institutions"] if one["code"] != code)
        return office.press.sign(other, pdf[: pdf.index(b"%%EOF") + 6])
    if how == "unsigned":
        return pdf[: pdf.index(b"%%EOF") + 6]
    return pdf
