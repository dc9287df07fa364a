"""A1, A2, A3, A5: quote, take an order and underwrite it, open the payment page, close."""

from __future__ import annotations

import json
import secrets
import sqlite3
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from app.protocol import trial
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write
from app.protocol.messages.orders import Order
from app.protocol.trial import Play
from app.sandbox import clock
from app.sandbox.institution.behaviour import KINDS
from app.sandbox.institution.ledger import Row, insert
from app.sandbox.institution.office import Ask, Office


def quote(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A1"""
    products, body = office.institution(ask.code)["products"], ask.body
    wanted = body.get("product_code")
    product = _product(products, wanted) if wanted else products[0]
    if body["lot_category"] not in product["categories"]:
        raise Refusal(Code.INSTITUTION_UNAVAILABLE, "该产品不承接此类标段")
    _within_limit(product, body["amount"])
    return {"premium": premium(product, body["amount"]), "rate": Decimal(product["rate"])}


def accept(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A2: into the books; underwriting answers by B1."""
    code, body = ask.code, ask.body
    product = _product(office.institution(code)["products"], body["product_code"])
    _within_limit(product, body["guarantee_amount"])
    covered = (body["valid_to"].astimezone(clock.SHANGHAI).date() - body["opening_date"]).days
    if covered < body["bid_validity_days"]:
        raise Refusal(Code.VALIDITY_TOO_SHORT, fields={"valid_to": f"应覆盖开标后{body['bid_validity_days']}天"})
    wire = json.dumps(write(Order, body), ensure_ascii=False, sort_keys=True)
    accepted = {"order_no": body["order_no"], "institution_order_no": f"{code}-{body['order_no']}"[:64]}
    known = books.execute(
        "SELECT body FROM orders WHERE institution = ? AND order_no = ?", (code, body["order_no"])
    ).fetchone()
    if known:
        if known["body"] != wire:
            raise Refusal(Code.DUPLICATE, "该订单编号已用于另一份订单")
        return accepted
    insert(
        books,
        "orders",
        institution=code,
        order_no=body["order_no"],
        env=ask.env,
        body=wire,
        created_at=clock.now().isoformat(),
    )
    order = office.order(books, code, body["order_no"])
    slow = office.manners.option(code, body["order_no"], "slow", "B1")
    office.post(books, "underwrite", order, {}, seconds=office.delay + (slow["seconds"] if slow else 0))
    return accepted


def underwrite(office: Office, chore: Row) -> None:
    """The verdict on an order, told by B1. An institution that is silent here hasn't decided."""
    code, order_no = chore["institution"], chore["order_no"]
    if office.manners.option(code, order_no, "silent", "B1"):
        return
    with office.ledger.write() as books:
        order = office.order(books, code, order_no)
        if order["underwriting_status"] != "PENDING":
            return
        body = wanted(order)
        rejected = office.manners.option(code, order_no, "reject") or _asked_to_reject(order)
        if rejected:
            books.execute(
                "UPDATE orders SET underwriting_status = 'REJECT', reject_code = ?, reason = ?"
                " WHERE institution = ? AND order_no = ?",
                (rejected["code"], rejected["reason"], code, order_no),
            )
        else:
            asked = premium(
                _product(office.institution(code)["products"], body["product_code"]), body["guarantee_amount"]
            )
            other = office.manners.option(code, order_no, "reprice")
            if other:
                asked = round(asked * other["factor"])
            books.execute(
                "UPDATE orders SET underwriting_status = 'PASS', premium = ? WHERE institution = ? AND order_no = ?",
                (asked, code, order_no),
            )
        verdict = underwriting(office.order(books, code, order_no))
        assert verdict is not None
        office.tell(books, order, "B1", verdict)


def open_payment(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A3: the address where the bidder pays."""
    code, order_no, body = ask.code, ask.order_no, ask.body
    order = office.order(books, code, order_no)
    if order["pay_status"] in ("PAID", "REPAID"):
        raise Refusal(Code.ALREADY_PAID)
    if order["pay_status"] == "CLOSED":
        raise Refusal(Code.STATE_CONFLICT, "订单已关闭")
    if order["underwriting_status"] != "PASS":
        raise Refusal(Code.STATE_CONFLICT, "核保尚未通过")
    token = order["token"] or secrets.token_urlsafe(24)
    books.execute(
        "UPDATE orders SET token = ?, return_url = ?, pay_until = ? WHERE institution = ? AND order_no = ?",
        (token, body["return_url"], body["expires_at"].isoformat(), code, order_no),
    )
    pays = office.manners.option(code, order_no, "pays") or _paid_by_itself(order)
    if pays and not order["token"]:
        office.post(books, "pay", order, {"channel": "网上银行", "when": "asked"}, seconds=pays["seconds"])
    return {"url": f"{office.address}/pay/{token}", "expires_at": body["expires_at"]}


def close(office: Office, books: sqlite3.Connection, ask: Ask) -> dict[str, Any]:
    """A5: no money is taken any more; 3004 if some was."""
    code, order_no = ask.code, ask.order_no
    order = office.order(books, code, order_no)
    if order["pay_status"] == "PAID":
        raise Refusal(Code.ALREADY_PAID)
    if order["pay_status"] == "UNPAID":
        books.execute(
            "UPDATE orders SET pay_status = 'CLOSED', closed_for = ? WHERE institution = ? AND order_no = ?",
            (ask.body["reason"], code, order_no),
        )
        late = office.manners.option(code, order_no, "late")
        if late and order["premium"] is not None:
            office.post(books, "pay", order, {"channel": "对公转账", "when": "late"}, seconds=late["seconds"])
    return {"order_no": order_no, "result": "CLOSED"}


def wanted(order: Row) -> dict[str, Any]:
    """The A2 body of an order, as Python values."""
    return read(Order, json.loads(order["body"]))


def underwriting(order: Row) -> dict[str, Any] | None:
    verdict = order["underwriting_status"]
    if verdict == "PENDING":
        return None
    return {
        "order_no": order["order_no"],
        "result": verdict,
        "premium": order["premium"],
        "reject_code": order["reject_code"] if verdict == "REJECT" else None,
        "reason": order["reason"] if verdict == "REJECT" else None,
    }


def premium(product: dict[str, Any], amount: int) -> int:
    """rate × amount, at least the minimum; fen."""
    exact = (Decimal(amount) * Decimal(product["rate"])).quantize(Decimal(1), ROUND_HALF_UP)
    return max(int(exact), int(Decimal(product["minimum_premium"]) * 100))


def _asked_to_reject(order: Row) -> dict[str, Any] | None:
    wanted = order["env"] == trial.ENV and trial.played(order["order_no"]) is Play.REJECTED
    return KINDS["reject"] if wanted else None


def _paid_by_itself(order: Row) -> dict[str, Any] | None:
    """In the acceptance test nobody comes to the payment page."""
    wanted = order["env"] == trial.ENV and trial.played(order["order_no"]) in (Play.PAID, Play.REFUSED)
    return KINDS["pays"] if wanted else None


def _product(products: list[dict[str, Any]], code: str) -> dict[str, Any]:
    for product in products:
        if product["product_code"] == code:
            return product
    raise Refusal(Code.UNKNOWN, f"没有产品{code}")


def _within_limit(product: dict[str, Any], amount: int) -> None:
    if amount > int(Decimal(product["limit"]) * 100):
        raise Refusal(Code.INSTITUTION_UNAVAILABLE, f"担保金额超过该产品限额{product['limit']}元")
