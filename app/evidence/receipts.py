"""回执: the platform's signed word that somebody sent something at a moment, for a step on a case's timeline.

The token is what a QR code carries and anybody may see: a number, a step, a moment, a digest. It names neither bidder
nor lot. The document is for whoever has the case: it adds the lot with its deadlines and, word for word, what was
sent; its digest is the token's.
"""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock, projects
from app.applications import secrets as applications
from app.applications.models import Kind
from app.audit import AuditLine
from app.db import db
from app.errors import NotFound
from app.evidence import signing
from app.guarantees import secrets as guarantees
from app.invoices import secrets as invoices
from app.orders import payments
from app.orders import secrets as orders
from app.projects.models import Lot
from app.protocol.digests import sm3_hex
from app.runtime import sent, timeline
from app.runtime.models import History, Instance
from app.runtime.step import SCOPE
from app.sealing import unseal

KIND, FIRST_LINE = "baohan-receipt", "BAOHAN-RECEIPT-1"
LONGEST = 2000


@dataclass(frozen=True)
class Receipt:
    """What the token says. `chain_no`: the line's number in the audit chain; None for one not a second old."""

    key_id: str
    no: str
    at: datetime
    step: str
    digest: str
    chain_no: int | None

    @property
    def text(self) -> bytes:
        """What is signed: an item a line."""
        at = clock.local(self.at).isoformat(timespec="microseconds")
        lines = [FIRST_LINE, self.key_id, self.no, at, self.step, self.digest, str(self.chain_no or "")]
        return "\n".join(lines).encode()


def policy_of(no: str) -> str:
    """The policy of the case with that number. Raises NotFound."""
    found = db.session.scalar(select(Instance.policy).where(Instance.key == no).order_by(Instance.id).limit(1))
    if found is None:
        raise NotFound("没有找到这项业务")
    return found


def made(no: str, position: int) -> tuple[Receipt, str]:
    """The receipt of the case's line in that place, and its token; an edge. Raises NotFound."""
    key = signing.key()
    lines = list(db.session.scalars(select(AuditLine).where(AuditLine.subject == no).order_by(AuditLine.id)))
    places = timeline.receipts(orjson.dumps(line.facts).decode() if line.facts else None for line in lines)
    if position not in set(places):
        raise NotFound("这一步没有回执")
    line = lines[position - 1]
    receipt = Receipt(key.id, no, line.at, line.text, line.facts["sent"], line.chain_no)
    signature = key.sign(receipt.text)
    return receipt, f"{_packed(receipt.text)}.{_packed(bytes.fromhex(signature))}"


def document(receipt: Receipt, token: str) -> dict[str, Any]:
    """The receipt as a file, signed as a whole; an edge."""
    policy, lot = policy_of(receipt.no), lot_of(receipt.no)
    said: dict[str, Any] = {
        "type": KIND,
        "version": 1,
        "no": receipt.no,
        "step": receipt.step,
        "at": clock.local(receipt.at).isoformat(timespec="microseconds"),
        "digest": receipt.digest,
        "chain_no": receipt.chain_no,
        "made_at": clock.local(clock.now()).isoformat(timespec="seconds"),
        "token": token,
        "sent": content(policy, receipt.no, receipt.digest),
    }
    if lot is not None:
        said |= {
            "lot_no": lot.number,
            "lot_name": lot.name,
            "bid_deadline": clock.local(lot.bid_deadline).isoformat(timespec="seconds"),
            "opening_at": clock.local(lot.opening_at).isoformat(timespec="seconds"),
        }
    return signing.signed(signing.key(), said)


def lot_of(no: str) -> Lot | None:
    """The lot behind a case, for its owner's eyes."""
    policy, order_no = policy_of(no), no
    if policy in set(Kind):
        order_no = guarantees.find(applications.find(no).guarantee_no).order_no
    elif policy == "invoice":
        order_no = invoices.find(no).order_no
    elif policy != "order":
        return None
    return projects.get(orders.content(orders.find(order_no)).lot_no)


def content(policy: str, no: str, digest: str) -> str | None:
    """Word for word what has this digest; None if it is kept no more."""
    steps = (
        select(History.step, History.sealed)
        .join(Instance, Instance.id == History.instance_id)
        .where(Instance.policy == policy, Instance.key == no, History.actor == "entity")
    )
    for step, sealed in db.session.execute(steps):
        told = orjson.loads(unseal(sealed or b"", SCOPE))
        said = sent.document(policy, no, step, told["payload"], told["secret"])
        if sm3_hex(said) == digest:
            return said.decode()
    told_of = (payments.told(payment) for payment in (payments.of_order(no) if policy == "order" else ()))
    return next((said.decode() for said in told_of if sm3_hex(said) == digest), None)


def read(token: str) -> Receipt | str:
    """The receipt that a token carries, its signature verified; else why it is none."""
    try:
        packed, _dot, signature = "".join(token.split()).partition(".")
        text = _unpacked(packed)
        first, key_id, no, at, step, digest, chain_no = text.decode().split("\n")
        receipt = Receipt(key_id, no, datetime.fromisoformat(at), step, digest, int(chain_no) if chain_no else None)
        signed = _unpacked(signature).hex()
    except (ValueError, binascii.Error):
        return _("这不是本平台的回执")
    if first != FIRST_LINE or receipt.at.tzinfo is None or receipt.text != text:
        return _("这不是本平台的回执")
    return signing.wrong_text(key_id, text, signed) or receipt


def token_in(pasted: str) -> str:
    """The token in what somebody pasted: itself, the address of the QR code, or a receipt's file."""
    pasted = pasted.strip()
    if pasted.startswith("{"):
        try:
            found = orjson.loads(pasted)
        except orjson.JSONDecodeError:
            return ""
        pasted = str(found.get("token", "")) if isinstance(found, Mapping) else ""
    return pasted.rpartition("r=")[2] if "r=" in pasted else pasted


def standing(receipt: Receipt) -> AuditLine | None:
    """The line of the trail that the receipt was made of, if it is there as the receipt says."""
    lines = select(AuditLine).where(AuditLine.subject == receipt.no, AuditLine.at == receipt.at)
    return next(
        (
            line
            for line in db.session.scalars(lines)
            if line.text == receipt.step
            and (line.facts or {}).get("sent") == receipt.digest
            and receipt.chain_no in (None, line.chain_no)
        ),
        None,
    )


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
