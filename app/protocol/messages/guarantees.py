"""A6–A10: unseal, and the applications on a guarantee in force (platform → institution)."""

from __future__ import annotations

from app.protocol.messages.fields import Money, Number, Part, Parts, Phone, Text, Time
from app.protocol.messages.message import Message
from app.protocol.messages.parties import File, LotName, Party, Payee, Project


class UnsealedLot(Message):
    guarantee_no = Number(required=True)
    lot = Part(LotName, required=True)
    project = Part(Project, required=True)
    beneficiary = Part(Party, required=True)
    opening_at = Time(required=True)


class UnsealRequest(Message):
    """A6: after opening, what each sealed guarantee was for; each is answered by a B4."""

    guarantees = Parts(UnsealedLot, least=1, most=500, required=True)


class UnsealAccepted(Message):
    accepted = Parts(Number(), required=True)


class ExtensionRequest(Message):
    """A7"""

    extension_no = Number(required=True)
    reason = Text(500, required=True)
    valid_to = Time(required=True)


class RefundRequest(Message):
    """A8"""

    refund_no = Number(required=True)
    reason_code = Number(required=True)
    reason = Text(500, required=True)
    premium = Money(required=True)


class CancellationRequest(Message):
    """A9"""

    cancellation_no = Number(required=True)
    reason = Text(500, required=True)
    evidence = Parts(File, least=1, most=20, required=True)


class ClaimRequest(Message):
    """A10"""

    claim_no = Number(required=True)
    amount = Money(required=True)
    reason = Text(1000, required=True)
    claimant = Part(Party, required=True)
    payee = Part(Payee, required=True)
    contact = Text(60, required=True)
    phone = Phone(required=True)
    evidence = Parts(File, least=1, most=20, required=True)


class ApplicationAccepted(Message):
    """The answer to A7–A11: received under this number; decided by B5–B9."""

    number = Number(required=True)
