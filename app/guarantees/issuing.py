"""Receiving a guarantee: its document is verified outside the step, then it is entered and its order is 成功出函."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app import files, money
from app.audit import record
from app.db import db
from app.errors import Conflict
from app.guarantees import secrets
from app.guarantees.models import Guarantee
from app.guarantees.secrets import Content
from app.institutions import catalogue
from app.orders import life, payments
from app.orders import secrets as orders
from app.protocol.documents import verify
from app.runtime.operations import OpContext


def verify_document(context: OpContext, file_id: int, sm3: str, sha256: str) -> dict[str, Any]:
    """Outside: signature, coverage and hashes of the received PDF. A bad one is an answer, not a failure."""
    order = orders.find(context.key)
    certificate = catalogue.seen(order.institution).signer_certificate
    verdict = verify(files.content(file_id), certificate=certificate, sm3=sm3, sha256=sha256)
    return {"ok": verdict.ok, "code": verdict.flaw or "", "reason": "" if verdict.ok else verdict.text}


def check_terms(context: OpContext, issuance: dict[str, Any]) -> dict[str, Any]:
    """Whether the guarantee is the one that was bought: amount, period, number not used for another order."""
    content = orders.content(orders.find(context.key))
    wrong = []
    if money.parse(issuance["amount"]) != content.amount:
        wrong.append("担保金额与订单不一致")
    if datetime.fromisoformat(issuance["valid_to"]) < content.ends:
        wrong.append("保函有效期不足")
    other = db.session.scalar(select(Guarantee.order_no).where(Guarantee.no == issuance["guarantee_no"]))
    if other is not None and other != context.key:
        wrong.append("保函编号已用于其他订单")
    return {"ok": not wrong, "reason": "；".join(wrong)}


def issue(context: OpContext, issuance: dict[str, Any]) -> dict[str, Any]:
    """Enter the guarantee, move the order to 成功出函, let the premium be earned. Told twice, entered once."""
    order = orders.locked(context.key)
    known = secrets.of_order(order.no)
    if known is not None:
        if known.no != issuance["guarantee_no"]:
            raise Conflict("该订单已有另一份保函", no=known.no)
        return {"guarantee_no": known.no, "repeat": True}
    bought = orders.content(order)
    content = Content(
        lot_no=bought.lot_no,
        bidder_id=bought.bidder_id,
        bidder_name=bought.bidder_name,
        bidder_uscc=bought.bidder_uscc,
        amount=bought.amount,
        balance=bought.amount,
        premium=bought.premium,
        valid_from=datetime.fromisoformat(issuance["valid_from"]).astimezone(UTC).isoformat(),
        valid_to=datetime.fromisoformat(issuance["valid_to"]).astimezone(UTC).isoformat(),
        region=bought.region,
    )
    guarantee = Guarantee(
        no=issuance["guarantee_no"],
        order_no=order.no,
        institution=order.institution,
        bidder_index=order.bidder_index,
        lot_sealed=bought.lot_no,
        sealed=secrets.sealed(content),
        verify_code=issuance["verify_code"],
        file_id=issuance["file_id"],
        mode=issuance["mode"],
        independent=issuance.get("kind", "INDEPENDENT") == "INDEPENDENT",
        issued_at=datetime.fromisoformat(issuance["issued_at"]),
        received_at=context.now,
    )
    db.session.add(guarantee)
    db.session.flush()
    orders.hold(order)
    life.issued(order, by=context.by, now=context.now)
    payments.earned(order.no)
    record(guarantee.no, "收到保函", by=context.by, order=order.no)
    return {"guarantee_no": guarantee.no, "repeat": False}
