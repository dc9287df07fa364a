"""A1–A5 and A15: quote, order, payment address, query, close, repayment (platform → institution)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.callbacks import Issuance, Payment, Repayment, Underwriting
from app.protocol.messages.fields import (
    MISSING,
    Choice,
    Count,
    Day,
    Money,
    Number,
    Part,
    Parts,
    Rate,
    Region,
    Text,
    Time,
    Web,
)
from app.protocol.messages.message import Message
from app.protocol.messages.parties import LOT_CATEGORIES, File, Handler, LotName, Party, Project

SEALED, PLAIN = "SEALED", "PLAIN"
REPAYMENT_REASONS = ("LATE", "DUPLICATE", "NOT_ISSUED", "TERMINATED")


class QuoteRequest(Message):
    product_code = Number()
    lot_category = Choice(*LOT_CATEGORIES, required=True)
    region = Region()
    amount = Money(required=True)
    valid_from = Time(required=True)
    valid_to = Time(required=True)


class Quote(Message):
    premium = Money(required=True)
    rate = Rate(required=True)


class Order(Message):
    """A2. SEALED: `lot_ref` is a pseudonym, and lot, project and beneficiary are absent."""

    order_no = Number(required=True)
    product_code = Number(required=True)
    mode = Choice(SEALED, PLAIN, required=True)
    lot_ref = Number(required=True)
    lot_category = Choice(*LOT_CATEGORIES)
    lot = Part(LotName)
    project = Part(Project)
    beneficiary = Part(Party)
    guarantee_amount = Money(required=True)
    premium = Money(metadata={"description": "the price the bidder was shown; another one needs consent"})
    valid_from = Time(required=True)
    valid_to = Time(required=True)
    bid_validity_days = Count(1, 3650, required=True)
    opening_date = Day(required=True)
    bidder = Part(Party, required=True)
    handler = Part(Handler, required=True)
    attachments = Parts(File, most=20)
    expires_at = Time(required=True, metadata={"description": "the underwriting deadline"})

    @validates_schema(skip_on_field_errors=True)
    def _named_only_if_plain(self, data: dict[str, Any], **_: Any) -> None:
        names = ("lot", "project", "beneficiary")
        if data["mode"] == PLAIN:
            missing = {name: [MISSING] for name in names if name not in data}
            if missing:
                raise ValidationError(missing)
        named = {name: ["密文模式下不得出现"] for name in names if name in data and data["mode"] == SEALED}
        if named:
            raise ValidationError(named)
        if data["valid_to"] <= data["valid_from"]:
            raise ValidationError({"valid_to": ["应晚于valid_from"]})


class OrderAccepted(Message):
    order_no = Number(required=True)
    institution_order_no = Number()


class PaymentLinkRequest(Message):
    """A3. `expires_at` is the payment timer's due time: no later payment may be accepted."""

    return_url = Web(required=True)
    expires_at = Time(required=True)


class PaymentLink(Message):
    url = Web(required=True)
    expires_at = Time(required=True)


class OrderStatus(Message):
    """A4's answer: everything the callbacks would have told, so that a lost callback loses nothing."""

    order_no = Number(required=True)
    underwriting_status = Choice("PENDING", "PASS", "REJECT", required=True)
    pay_status = Choice("UNPAID", "PAID", "CLOSED", "REPAID", required=True)
    issue_status = Choice("NONE", "PENDING", "ISSUED", "REFUSED", required=True)
    guarantee_no = Number()
    premium_paid = Money()
    underwriting = Part(Underwriting)
    payments = Parts(Payment)
    issuance = Part(Issuance)
    repayments = Parts(Repayment)


class CloseRequest(Message):
    reason = Choice("TIMEOUT", "ABANDON", required=True)


class Closed(Message):
    """A5's answer. An order that is paid is refused with 3004 instead."""

    order_no = Number(required=True)
    result = Choice("CLOSED", required=True)


class RepaymentRequest(Message):
    """A15: give money back that bought nothing; done when B11 says so."""

    pay_txn_no = Number(required=True)
    amount = Money(required=True)
    reason = Choice(*REPAYMENT_REASONS, required=True)
    note = Text(200)


class RepaymentAccepted(Message):
    order_no = Number(required=True)
    pay_txn_no = Number(required=True)
