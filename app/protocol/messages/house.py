"""A11–A14: invoices, lot events, reconciliation, ping (platform → institution)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.fields import MISSING, Choice, Day, Flag, Money, Number, Parts, Phone, Text, Time
from app.protocol.messages.message import Message


class InvoiceRequest(Message):
    """A11. Special adds address, phone, bank, account; paper the recipient; electronic the e-mail. A credit note says
    which invoice it takes back; its amount is positive, too."""

    invoice_no = Number(required=True)
    order_no = Number(required=True)
    kind = Choice("VAT_NORMAL", "VAT_SPECIAL", required=True)
    form = Choice("PAPER", "ELECTRONIC", required=True)
    amount = Money(required=True)
    title = Text(120, required=True)
    tax_no = Text(30, required=True)
    address = Text(200)
    phone = Phone()
    bank = Text(120)
    account = Text(60)
    recipient = Text(60)
    recipient_phone = Phone()
    recipient_address = Text(200)
    email = Text(120)
    type = Choice("INVOICE", "CREDIT_NOTE", load_default="INVOICE")
    original_no = Number()
    original_tax_invoice_no = Number()

    @validates_schema(skip_on_field_errors=True)
    def _takes_back_something(self, data: dict[str, Any], **_: Any) -> None:
        if data["type"] == "CREDIT_NOTE" and "original_no" not in data:
            raise ValidationError({"original_no": [MISSING]})


class LotNews(Message):
    """A12: what happened to a lot the institution has guarantees on; a pseudonym before opening."""

    lot_ref = Number(required=True)
    event = Choice("CHANGED", "SUSPENDED", "RESUMED", "TERMINATED", "FAILED", "OPENED", required=True)
    at = Time(required=True)
    opening_at = Time()
    bid_deadline = Time()
    reason = Text(1000)
    orders = Parts(Number(), most=1000)


class Reconciled(Message):
    """One order's money and paper as the institution's books have it on that day."""

    order_no = Number(required=True)
    kind = Choice("PAYMENT", "REPAYMENT", "ISSUANCE", required=True)
    txn_no = Number()
    guarantee_no = Number()
    amount = Money(required=True)
    at = Time(required=True)


class Reconciliation(Message):
    """A13's answer."""

    date = Day(required=True)
    entries = Parts(Reconciled, most=100_000, required=True)


class Ping(Message):
    """A14"""

    at = Time(required=True)
    echo = Text(64)


class Pong(Message):
    at = Time(required=True)
    echo = Text(64)
    accepting = Flag(load_default=True)
