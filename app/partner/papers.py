"""Guarantees: issued (B3), unsealed (A6, B4), and what is applied for on them (A7–A11, B5–B9)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.partner.books import Application, Guarantee, Order, now, txn_no
from app.partner.hall import Ask, Hall
from app.partner.script import APPROVE, LEAVE
from app.protocol.codes import Code, Refusal
from app.protocol.digests import sha256_hex, sm3_hex
from app.protocol.messages.fields import SHANGHAI
from app.protocol.trial import Play, played

NO_ISSUANCE = {"reject_code": "I02", "reason": "承保条件发生变化"}
NOT_AGREED = {"reject_code": "N01", "reason": "不符合办理条件"}


def issue(hall: Hall, order: Order) -> None:
    """Print and sign, enter it, tell it by B3: or refuse, if the acceptance test says so."""
    if order.issue != "PENDING":
        return
    if order.play is Play.REFUSED:
        with hall.books.lock:
            order.issue, order.refusal = "REFUSED", NO_ISSUANCE
            hall.outbox.tell(order.env, order.number, "B3", no_issuance(order))
        return
    body, prefix = order.body, "TEST-" if order.env else ""
    guarantee = Guarantee(
        number=f"{prefix}BH{datetime.now(SHANGHAI):%Y%m%d}{secrets.randbelow(10**8):08d}",
        order=order,
        verify_code=f"{secrets.randbelow(10**8):08d}",
        amount=body["guarantee_amount"],
        valid_from=body["valid_from"],
        valid_to=body["valid_to"],
        issued_at=now(),
        pay_txn_no=order.payments[-1]["pay_txn_no"],
        pdf=b"",
    )
    guarantee.pdf = hall.press.issue(guarantee)
    with hall.books.lock:
        if order.issue == "PENDING":
            order.issue, order.guarantee = "ISSUED", guarantee
            hall.outbox.tell(order.env, order.number, "B3", issuance(guarantee))


def unseal(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A6: each is printed anew with its lot and beneficiary, and told by B4."""
    found = [(hall.books.guarantee(ask.env, one["guarantee_no"]), one) for one in ask.body["guarantees"]]
    for guarantee, lot in found:
        hall.outbox.later(ask.env, guarantee.order.number, 0, _unsealing(hall, guarantee, lot))
    return {"accepted": [guarantee.number for guarantee, _ in found]}


def _unsealing(hall: Hall, guarantee: Guarantee, lot: dict[str, Any]) -> Callable[[], None]:
    def act() -> None:
        plain = hall.press.issue(guarantee, lot)
        told = {"guarantee_no": guarantee.number, "file": part(plain), "replaces_sm3": sm3_hex(guarantee.pdf)}
        hall.outbox.tell(guarantee.order.env, guarantee.order.number, "B4", told)

    return act


def extend(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A7"""
    guarantee = _in_force(hall, ask)
    if ask.body["valid_to"] <= guarantee.valid_to:
        raise Refusal(Code.VALIDITY_TOO_SHORT, fields={"valid_to": "应晚于原有效期"})
    return _apply(hall, ask, Application("A7", "extension_no", guarantee.order, ask.body, ask.wire, ask.env))


def refund(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A8"""
    guarantee = _in_force(hall, ask)
    if ask.body["premium"] != guarantee.order.premium:
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{guarantee.order.premium / 100:.2f}元")
    return _apply(hall, ask, Application("A8", "refund_no", guarantee.order, ask.body, ask.wire, ask.env))


def cancel(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A9"""
    order = _in_force(hall, ask).order
    return _apply(hall, ask, Application("A9", "cancellation_no", order, ask.body, ask.wire, ask.env))


def claim(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A10"""
    guarantee = _in_force(hall, ask)
    if ask.body["amount"] > guarantee.amount - guarantee.paid_out:
        raise Refusal(Code.OVER_BALANCE)
    return _apply(hall, ask, Application("A10", "claim_no", guarantee.order, ask.body, ask.wire, ask.env))


def invoice(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A11; a credit note takes back an invoice of the same order."""
    order = hall.books.order(ask.env, ask.body["order_no"])
    if order.guarantee is None:
        raise Refusal(Code.STATE_CONFLICT, "尚未出函，不能开票")
    credit = ask.body["type"] == "CREDIT_NOTE"
    if credit:
        original = hall.books.applications.get((ask.env, ask.body["original_no"]))
        if original is None or original.call != "A11" or original.order is not order:
            raise Refusal(Code.UNKNOWN, fields={"original_no": "没有这份开票申请"})
    if not 0 < ask.body["amount"] <= order.premium or (not credit and ask.body["amount"] != order.premium):
        raise Refusal(Code.AMOUNT_MISMATCH, f"保费为{order.premium / 100:.2f}元")
    return _apply(hall, ask, Application("A11", "invoice_no", order, ask.body, ask.wire, ask.env))


def _apply(hall: Hall, ask: Ask, application: Application) -> dict[str, Any]:
    """Into the books once; decided as the test's number says, or as the script says."""
    place = (ask.env, application.number)
    known = hall.books.applications.get(place)
    if known is not None and known.wire != ask.wire:
        raise Refusal(Code.DUPLICATE, "该申请编号已用于另一份申请")
    if known is None:
        hall.books.applications[place] = application
        wanted = played(application.number) if ask.env else hall.script.applications
        if wanted and wanted != LEAVE:
            act = _deciding(hall, application, agreed=wanted in (Play.APPROVE, APPROVE))
            hall.outbox.later(ask.env, application.order.number, 0, act)
    return {"number": application.number}


def _deciding(hall: Hall, application: Application, *, agreed: bool) -> Callable[[], None]:
    def act() -> None:
        guarantee = application.order.guarantee
        assert guarantee is not None
        with hall.books.lock:
            for call, told in _verdicts(application, guarantee, agreed):
                hall.outbox.tell(application.env, application.order.number, call, told)

    return act


def _verdicts(application: Application, guarantee: Guarantee, agreed: bool) -> list[tuple[str, dict[str, Any]]]:
    """The callbacks that tell the decision; agreed ones change the guarantee."""
    body, whose = application.body, {"guarantee_no": guarantee.number}
    told: dict[str, Any] = {application.name: application.number, "result": "APPROVED" if agreed else "REJECTED"}
    told |= {"order_no": application.order.number} if application.call == "A11" else whose
    call = {"A7": "B5", "A8": "B6", "A9": "B7", "A10": "B9", "A11": "B8"}[application.call]
    if not agreed:
        return [(call, told | NOT_AGREED)]
    if call == "B5":
        guarantee.valid_to = body["valid_to"]
        told |= {"valid_to": body["valid_to"], "file": part(guarantee.pdf)}
    elif call == "B6":
        guarantee.state = "REFUNDED"
        told |= {"amount": body["premium"], "repay_txn_no": txn_no("R"), "repaid_at": now()}
    elif call == "B7":
        guarantee.state = "LAPSED"
    elif call == "B8":
        told |= {"tax_invoice_no": f"{secrets.randbelow(10**20):020d}", "file": part(guarantee.pdf)}
    else:
        guarantee.paid_out += body["amount"]
        guarantee.state = "LAPSED" if guarantee.paid_out == guarantee.amount else guarantee.state
        granted = {"approved_amount": body["amount"]}
        paid = granted | {"paid_at": now(), "voucher": part(guarantee.pdf)}
        steps: tuple[tuple[str, dict[str, Any]], ...] = (("ACCEPTED", {}), ("APPROVED", granted), ("PAID", paid))
        return [(call, told | {"result": result} | more) for result, more in steps]
    return [(call, told)]


def issuance(guarantee: Guarantee) -> dict[str, Any]:
    """As B3 tells it."""
    names = ("verify_code", "issued_at", "valid_from", "valid_to", "amount")
    return {name: getattr(guarantee, name) for name in names} | {
        "order_no": guarantee.order.number,
        "result": "ISSUED",
        "guarantee_no": guarantee.number,
        "mode": guarantee.order.body["mode"],
        "kind": "INDEPENDENT",
        "file": part(guarantee.pdf),
    }


def no_issuance(order: Order) -> dict[str, Any]:
    return {"order_no": order.number, "result": "REFUSED", **order.refusal}


def part(pdf: bytes) -> dict[str, Any]:
    """A document as messages carry it, as Python values."""
    return {"name": "保函.pdf", "format": "PDF", "content": pdf, "sm3": sm3_hex(pdf), "sha256": sha256_hex(pdf)}


def _in_force(hall: Hall, ask: Ask) -> Guarantee:
    guarantee = hall.books.guarantee(ask.env, ask.numbers["guarantee_no"])
    if guarantee.state != "IN_FORCE":
        raise Refusal(Code.NOT_IN_FORCE)
    return guarantee
