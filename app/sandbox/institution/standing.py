"""A4: where an order stands, with all that the callbacks told or would have told."""

from __future__ import annotations

import sqlite3
from typing import Any

from app.sandbox.institution import issuing, money, orders
from app.sandbox.institution.ledger import Row
from app.sandbox.institution.office import Ask, Office


def status(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    order = office.order(books, ask.code, ask.order_no)
    paid = money.payments(books, ask.code, ask.order_no)
    return {
        "order_no": ask.order_no,
        "underwriting_status": order["underwriting_status"],
        "pay_status": order["pay_status"],
        "issue_status": order["issue_status"],
        "premium_paid": sum(payment["amount"] for payment in paid) or None,
        "underwriting": orders.underwriting(order),
        "payments": paid,
        "repayments": money.repayments(books, ask.code, ask.order_no),
        **_issued(books, order),
    }


def _issued(books: sqlite3.Connection, order: Row) -> dict[str, Any]:
    guarantee = issuing.guarantee_of(books, order)
    if guarantee is not None:
        told = issuing.issuance(guarantee)
        told["file"] = issuing.file(books, told["file"])
        return {"guarantee_no": guarantee["guarantee_no"], "issuance": told}
    if order["issue_status"] == "REFUSED":
        return {"issuance": issuing.refusal(order)}
    return {}
