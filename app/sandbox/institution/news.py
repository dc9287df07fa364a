"""A12–A14: hear of a lot, give the day's books, say hello."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app.protocol import trial
from app.protocol.codes import Code, Refusal
from app.protocol.messages.house import LotNews
from app.protocol.messages.message import write
from app.protocol.trial import Play
from app.sandbox import clock
from app.sandbox.institution import applications
from app.sandbox.institution.ledger import insert, moment
from app.sandbox.institution.office import Ask, Office

_OF_ENV = " AND order_no IN (SELECT order_no FROM orders WHERE institution = ? AND env = ?)"


def hear(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A12"""
    insert(books, "news", institution=ask.code, body=json.dumps(write(LotNews, ask.body), ensure_ascii=False))
    return {"received_at": clock.now()}


def reconcile(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A13: what the books say of that day in Shanghai."""
    try:
        day = date.fromisoformat(ask.body["date"])
    except ValueError:
        raise Refusal(Code.FORMAT, "日期应如2026-11-23") from None
    start = datetime.combine(day, time(), clock.SHANGHAI).astimezone(UTC)
    span = (ask.code, start.isoformat(), (start + timedelta(days=1)).isoformat())
    queries = {
        "PAYMENT": "SELECT order_no, pay_txn_no AS txn_no, NULL AS guarantee_no, amount, paid_at AS at FROM payments"
        " WHERE institution = ? AND paid_at >= ? AND paid_at < ?",
        "REPAYMENT": "SELECT order_no, repay_txn_no AS txn_no, NULL AS guarantee_no, amount, at FROM repayments"
        " WHERE institution = ? AND at >= ? AND at < ?",
        "ISSUANCE": "SELECT order_no, NULL AS txn_no, guarantee_no, amount, issued_at AS at FROM guarantees"
        " WHERE institution = ? AND issued_at >= ? AND issued_at < ?",
    }
    entries = [
        {**dict(row), "kind": kind, "at": moment(row["at"])}
        for kind, query in queries.items()
        for row in books.execute(query + _OF_ENV, (*span, ask.code, ask.env))
    ]
    entries.sort(key=lambda entry: entry["at"])
    lies = office.manners.option(ask.code, "", "lies")
    return {"date": day, "entries": _lied(entries, lies["how"]) if lies else entries}


def _lied(entries: list[dict[str, Any]], how: str) -> list[dict[str, Any]]:
    """Books that are wrong about the day's first payment."""
    first = next((entry for entry in entries if entry["kind"] == "PAYMENT"), None)
    if first is None:
        return entries
    others = [entry for entry in entries if entry is not first]
    if how == "missing":
        return others
    other = {**first, "txn_no": f"{first['txn_no']}X"} if how == "extra" else {**first, "amount": first["amount"] + 100}
    return [*others, other, first] if how == "extra" else [*others, other]


def pong(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A14"""
    if ask.env == trial.ENV and trial.played(ask.body.get("echo", "")) is Play.PRODUCTS:
        applications.products(office, books, ask)
    return {"at": clock.now(), "echo": ask.body.get("echo"), "accepting": True}
