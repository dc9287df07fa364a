"""C1–C6: lots, events, guarantees on them, verification, eligibility, award (trading platform ↔ platform)."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validates_schema

from app.protocol.messages.callbacks import refusal_has_reason
from app.protocol.messages.fields import (
    Choice,
    Count,
    CreditCode,
    Flag,
    Money,
    Number,
    Part,
    Parts,
    Region,
    Text,
    Time,
)
from app.protocol.messages.message import Message
from app.protocol.messages.parties import LOT_CATEGORIES, Party, Project

EVENTS = ("CHANGED", "SUSPENDED", "RESUMED", "TERMINATED", "FAILED", "OPENED")


class Lot(Message):
    """C1: the whole lot; a version not above the one known changes nothing."""

    version = Count(1, 2_000_000_000, required=True)
    lot_no = Number(required=True)
    name = Text(200, required=True)
    project = Part(Project, required=True)
    region = Region(required=True)
    category = Choice(*LOT_CATEGORIES, required=True)
    estimate = Money(required=True)
    bond_amount = Money(required=True)
    opening_at = Time(required=True)
    bid_deadline = Time(required=True)
    bid_validity_days = Count(1, 3650, required=True)
    tenderer = Part(Party, required=True)
    agent = Part(Party)
    sealed = Flag(load_default=True, metadata={"description": "guarantees stay sealed until OPENED"})
    notice_url = Text(2000)

    @validates_schema(skip_on_field_errors=True)
    def _in_order(self, data: dict[str, Any], **_: Any) -> None:
        if data["opening_at"] < data["bid_deadline"]:
            raise ValidationError({"opening_at": ["不得早于bid_deadline"]})


class LotKnown(Message):
    """C1's answer: the version now held."""

    lot_id = Number(required=True)
    version = Count(1, 2_000_000_000, required=True)


class LotEvent(Message):
    """C2. CHANGED names the version, sent by C1 before; TERMINATED, FAILED and SUSPENDED say why."""

    event_id = Number(required=True)
    event = Choice(*EVENTS, required=True)
    at = Time(required=True)
    version = Count(1, 2_000_000_000)
    reason = Text(1000)

    @validates_schema(skip_on_field_errors=True)
    def _says_why(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, data["event"] in ("TERMINATED", "FAILED", "SUSPENDED"), "reason")


class LotGuarantee(Message):
    guarantee_no = Number(required=True)
    bidder = Part(Party, required=True)
    institution_name = Text(120, required=True)
    institution_uscc = CreditCode(required=True)
    amount = Money(required=True)
    valid_from = Time(required=True)
    valid_to = Time(required=True)
    status = Text(40, required=True)


class LotGuarantees(Message):
    """C3's answer; before OPENED it is always 4003, not even a count."""

    lot_id = Number(required=True)
    guarantees = Parts(LotGuarantee, most=100_000, required=True)


class VerifyQuery(Message):
    """C4's query string."""

    guarantee_no = Number(required=True)
    verify_code = Number(required=True)


class Verification(Message):
    """C4's answer. Before opening only `exists`, `status` and `opened`."""

    exists = Flag(required=True)
    status = Text(40)
    status_text = Text(40)
    opened = Flag()
    guarantee_no = Number()
    institution_name = Text(120)
    bidder_name = Text(120)
    beneficiary_name = Text(120)
    lot_name = Text(200)
    amount = Money()
    valid_from = Time()
    valid_to = Time()
    sm3 = Text(64)


class EligibilityQuestion(Message):
    """C5: may this bidder bid on this lot (platform → trading platform)."""

    bidder = Part(Party, required=True)


class Eligibility(Message):
    eligible = Flag(required=True)
    reason = Text(500)

    @validates_schema(skip_on_field_errors=True)
    def _says_why(self, data: dict[str, Any], **_: Any) -> None:
        refusal_has_reason(data, not data["eligible"], "reason")


class Award(Message):
    """C6"""

    winner = Part(Party, required=True)
    awarded_at = Time(required=True)
    amount = Money()
