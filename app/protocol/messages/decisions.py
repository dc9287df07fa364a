"""B5–B10: what an institution decided on an application, and what it sells (institution → platform)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.callbacks import refusal_has_reason
from app.protocol.messages.fields import MISSING, Choice, Money, Number, Part, Parts, Rate, Region, Text, Time, Web
from app.protocol.messages.message import Message
from app.protocol.messages.parties import LOT_CATEGORIES, File


class _Decision(Message):
    result = Choice("APPROVED", "REJECTED", required=True)
    reject_code = Number()
    reason = Text(500)
    file = Part(File)

    @validates_schema(skip_on_field_errors=True)
    def _says_why(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, data["result"] == "REJECTED", "reject_code", "reason")


class Extension(_Decision):
    """B5"""

    extension_no = Number(required=True)
    guarantee_no = Number(required=True)
    valid_to = Time()


class Refund(_Decision):
    """B6. APPROVED says what was repaid, by which transaction, when."""

    refund_no = Number(required=True)
    guarantee_no = Number(required=True)
    amount = Money()
    repay_txn_no = Number()
    repaid_at = Time()

    @validates_schema(skip_on_field_errors=True)
    def _says_what_was_repaid(self, data: dict[str, Any], **_: Any) -> None:
        needed = ("amount", "repay_txn_no", "repaid_at")
        missing = {name: [MISSING] for name in needed if data["result"] == "APPROVED" and name not in data}
        if missing:
            raise ValidationError(missing)


class Cancellation(_Decision):
    """B7"""

    cancellation_no = Number(required=True)
    guarantee_no = Number(required=True)


class Invoice(_Decision):
    """B8. APPROVED: its number, and the file or the courier number of a paper one; so for a credit note."""

    invoice_no = Number(required=True)
    order_no = Number(required=True)
    tax_invoice_no = Number()
    courier = Text(60)
    courier_no = Number()

    @validates_schema(skip_on_field_errors=True)
    def _says_where(self, data: dict[str, Any], **_: Any) -> None:
        if data["result"] != "APPROVED":
            return
        if "tax_invoice_no" not in data:
            raise ValidationError({"tax_invoice_no": [MISSING]})
        if "file" not in data and "courier_no" not in data:
            raise ValidationError({"file": ["file与courier_no应至少填一项"]})


class Claim(Message):
    """B9"""

    claim_no = Number(required=True)
    guarantee_no = Number(required=True)
    result = Choice("ACCEPTED", "NEED_DOCS", "APPROVED", "REJECTED", "PAID", required=True)
    approved_amount = Money()
    reject_code = Number()
    reason = Text(1000)
    paid_at = Time()
    voucher = Part(File)

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, data["result"] in ("NEED_DOCS", "REJECTED"), "reason")
        needed = {"APPROVED": ("approved_amount",), "PAID": ("paid_at", "voucher")}.get(data["result"], ())
        missing = {name: [MISSING] for name in needed if name not in data}
        if missing:
            raise ValidationError(missing)


class Product(Message):
    product_code = Number(required=True)
    name = Text(120, required=True)
    type = Number(metadata={"description": "the platform's product type"})
    rate = Rate(required=True)
    minimum_premium = Money(required=True)
    limit = Money(required=True, metadata={"description": "highest guarantee amount"})
    categories = Parts(Choice(*LOT_CATEGORIES), least=1, most=len(LOT_CATEGORIES), required=True)
    regions = Parts(Region(), least=1, most=200, required=True)
    terms = Text(60_000, metadata={"description": "the terms themselves; or their address"})
    terms_url = Web(metadata={"description": "a UTF-8 text on the institution's own endpoint, fetched once"})
    description = Text(4000)


class Products(Message):
    """B10: the whole list, replacing the last one, and whether the institution takes orders now."""

    status = Choice("OPEN", "PAUSED", required=True)
    products = Parts(Product, most=100, required=True)
