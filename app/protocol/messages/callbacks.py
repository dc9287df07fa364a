"""B1–B4 and B11: underwriting, payment, issuance, unsealed, repayment (institution → platform)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.fields import MISSING, Choice, Digest, Money, Number, Part, Text, Time
from app.protocol.messages.message import Message
from app.protocol.messages.parties import File


def refusal_has_reason(data: dict[str, Any], refused: bool, *names: str) -> None:
    """A refusal without a reason is not accepted (domain.md §5)."""
    missing = {name: [MISSING] for name in names if refused and name not in data}
    if missing:
        raise ValidationError(missing)


class Underwriting(Message):
    """B1. PASS carries the premium; REJECT a code and a text for people."""

    order_no = Number(required=True)
    result = Choice("PASS", "REJECT", required=True)
    premium = Money()
    reject_code = Number()
    reason = Text(500)

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, data["result"] == "REJECT", "reject_code", "reason")
        if data["result"] == "PASS" and "premium" not in data:
            raise ValidationError({"premium": [MISSING]})


class Payment(Message):
    """B2. One transaction of money; another pay_txn_no for the same order is another payment."""

    order_no = Number(required=True)
    pay_txn_no = Number(required=True)
    amount = Money(required=True)
    channel = Text(40, required=True)
    paid_at = Time(required=True)
    status = Choice("SUCCESS", "FAILED", required=True)


class Issuance(Message):
    """B3. REFUSED carries a code and a text; ISSUED everything else. SEALED: the file names neither lot nor
    beneficiary, and B4 replaces it after opening."""

    order_no = Number(required=True)
    result = Choice("ISSUED", "REFUSED", load_default="ISSUED")
    guarantee_no = Number()
    verify_code = Number()
    issued_at = Time()
    valid_from = Time()
    valid_to = Time()
    amount = Money()
    mode = Choice("SEALED", "PLAIN")
    kind = Choice("INDEPENDENT", "ACCESSORY", load_default="INDEPENDENT")
    file = Part(File)
    reject_code = Number()
    reason = Text(500)

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        if data["result"] == "REFUSED":
            refusal_has_reason(data, True, "reject_code", "reason")
            return
        needed = (
            "guarantee_no", "verify_code", "issued_at", "valid_from", "valid_to", "amount", "mode", "file",
        )  # fmt: skip
        missing = {name: [MISSING] for name in needed if name not in data}
        if missing:
            raise ValidationError(missing)
        if data["valid_to"] <= data["valid_from"]:
            raise ValidationError({"valid_to": ["应晚于valid_from"]})


class Unsealed(Message):
    """B4: the plain guarantee, and the SM3 of the sealed file it replaces."""

    guarantee_no = Number(required=True)
    file = Part(File, required=True)
    replaces_sm3 = Digest(required=True)


class Repayment(Message):
    """B11: money given back, or a failure with its reason."""

    order_no = Number(required=True)
    pay_txn_no = Number(required=True)
    repay_txn_no = Number()
    amount = Money(required=True)
    at = Time(required=True)
    result = Choice("DONE", "FAILED", required=True)
    reason = Text(500)

    @validates_schema(skip_on_field_errors=True)
    def _complete(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, data["result"] == "FAILED", "reason")
        if data["result"] == "DONE" and "repay_txn_no" not in data:
            raise ValidationError({"repay_txn_no": [MISSING]})
