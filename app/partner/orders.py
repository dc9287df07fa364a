"""A1–A5 and A15: quote, take an order, let it be paid, close it, give money back; B1, B2 and B11."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from app.partner import papers
from app.partner.books import Order, now, txn_no
from app.partner.hall import Ask, Hall
from app.partner.script import REJECTION
from app.protocol.codes import Code, Refusal
from app.protocol.messages.fields import SHANGHAI
from app.protocol.trial import Play

CHANNEL = "企业网银"


def quote(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A1"""
    product = hall.script.product(ask.body.get("product_code"))
    if ask.body["lot_category"] not in product["categories"]:
        raise Refusal(Code.INSTITUTION_UNAVAILABLE, "该产品不承接此类标段")
    return {"premium": hall.script.premium(product, ask.body["amount"]), "rate": product["rate"]}


def accept(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A2: into the books; the verdict follows by B1."""
    body, number = ask.body, ask.body["order_no"]
    premium = hall.script.premium(hall.script.product(body["product_code"]), body["guarantee_amount"])
    covered = (body["valid_to"].astimezone(SHANGHAI).date() - body["opening_date"]).days
    if covered < body["bid_validity_days"]:
        raise Refusal(Code.VALIDITY_TOO_SHORT, fields={"valid_to": f"应覆盖开标后{body['bid_validity_days']}天"})
    known = hall.books.orders.get((ask.env, number))
    if known is not None and known.wire != ask.wire:
        raise Refusal(Code.DUPLICATE, "该订单编号已用于另一份订单")
    if known is None:
        order = hall.books.orders[ask.env, number] = Order(number, ask.env, body, ask.wire, premium)
        hall.outbox.later(ask.env, number, 0, lambda: underwrite(hall, order))
    return {"order_no": number, "institution_order_no": f"P-{number}"[:64]}


def underwrite(hall: Hall, order: Order) -> None:
    """B1"""
    rejected = hall.script.rejects(order.body["guarantee_amount"])
    if order.env:
        rejected = REJECTION if order.play is Play.REJECTED else None
    with hall.books.lock:
        order.underwriting = "REJECT" if rejected else "PASS"
        if rejected:
            order.refusal = {"reject_code": str(rejected["code"]), "reason": str(rejected["reason"])}
        hall.outbox.tell(order.env, order.number, "B1", verdict(order))


def open_payment(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A3: the address of the payment page. In the acceptance test nobody comes to it."""
    order = hall.books.order(ask.env, ask.numbers["order_no"])
    if order.pay in ("PAID", "REPAID"):
        raise Refusal(Code.ALREADY_PAID)
    if order.pay == "CLOSED" or order.underwriting != "PASS":
        raise Refusal(Code.STATE_CONFLICT, "订单已关闭" if order.pay == "CLOSED" else "核保尚未通过")
    first, order.token = not order.token, order.token or secrets.token_urlsafe(24)
    order.return_url, order.pay_until = ask.body["return_url"], ask.body["expires_at"]
    if first and order.play in (Play.PAID, Play.REFUSED):
        hall.outbox.later(order.env, order.number, 0, lambda: pay(hall, order))
    return {"url": f"{hall.script.address}/pay/{order.token}", "expires_at": order.pay_until}


def payable(order: Order, at: datetime) -> bool:
    return order.pay == "UNPAID" and order.pay_until is not None and at < order.pay_until


def pay(hall: Hall, order: Order) -> bool:
    """The premium is here: B2, then the guarantee. False if the order takes no money (any more)."""
    with hall.books.lock:
        if not payable(order, now()):
            return False
        order.pay, order.issue = "PAID", "PENDING"
        order.payments.append(
            {"order_no": order.number, "pay_txn_no": txn_no("P"), "amount": order.premium, "channel": CHANNEL,
             "paid_at": now(), "status": "SUCCESS"}
        )  # fmt: skip
        hall.outbox.tell(order.env, order.number, "B2", order.payments[-1])
        hall.outbox.later(order.env, order.number, 0, lambda: papers.issue(hall, order))
        return True


def close(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A5: from now on no money is taken; 3004 if some was."""
    order = hall.books.order(ask.env, ask.numbers["order_no"])
    if order.pay == "PAID":
        raise Refusal(Code.ALREADY_PAID)
    if order.pay == "UNPAID":
        order.pay = "CLOSED"
    return {"order_no": order.number, "result": "CLOSED"}


def status(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A4: all that the callbacks told, so that a lost one loses nothing."""
    order = hall.books.order(ask.env, ask.numbers["order_no"])
    told: dict[str, Any] = {
        "order_no": order.number,
        "underwriting_status": order.underwriting,
        "pay_status": order.pay,
        "issue_status": order.issue,
        "premium_paid": sum(one["amount"] for one in order.payments) or None,
        "underwriting": None if order.underwriting == "PENDING" else verdict(order),
        "payments": order.payments,
        "repayments": order.repayments,
    }
    if order.guarantee is not None:
        told |= {"guarantee_no": order.guarantee.number, "issuance": papers.issuance(order.guarantee)}
    elif order.issue == "REFUSED":
        told["issuance"] = papers.no_issuance(order)
    return told


def ask_repayment(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A15: refused for money that a guarantee rests on; done soon after, told by B11."""
    order, body = hall.books.order(ask.env, ask.numbers["order_no"]), ask.body
    payment = next((one for one in order.payments if one["pay_txn_no"] == body["pay_txn_no"]), None)
    if payment is None:
        raise Refusal(Code.UNKNOWN, f"没有交易{body['pay_txn_no']}")
    if payment["amount"] != body["amount"]:
        raise Refusal(Code.AMOUNT_MISMATCH, f"该交易金额为{payment['amount'] / 100:.2f}元")
    if order.guarantee is not None and order.guarantee.pay_txn_no == body["pay_txn_no"]:
        raise Refusal(Code.STATE_CONFLICT, "该笔保费已用于出函，不能退款")
    if order.pay == "PAID":
        if order.issue != "REFUSED":
            order.issue, order.refusal = "REFUSED", {"reject_code": "I99", "reason": "保费已退回"}
        order.pay = "REPAID"
        order.repayments.append(
            {"order_no": order.number, "pay_txn_no": body["pay_txn_no"], "repay_txn_no": txn_no("R"),
             "amount": payment["amount"], "at": now(), "result": "DONE"}
        )  # fmt: skip
        hall.outbox.tell(order.env, order.number, "B11", order.repayments[-1])
    return {"order_no": order.number, "pay_txn_no": body["pay_txn_no"]}


def verdict(order: Order) -> dict[str, Any]:
    """As B1 tells it."""
    told = {"order_no": order.number, "result": order.underwriting}
    return told | (dict(order.refusal) if order.underwriting == "REJECT" else {"premium": order.premium})
