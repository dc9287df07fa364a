"""Orders as they stand after 提交保函申请, and the least diagram that waits for news of them."""

from datetime import timedelta
from typing import Any

from app import clock, projects, runtime
from app.audit import Actor
from app.db import db, transaction
from app.guarantees.models import Guarantee
from app.guarantees.secrets import Content, sealed
from app.orders import placing
from app.runtime import definitions
from app.runtime.operations import OpContext
from tests.runtime.engine import bpmn
from tests.support.papers import kept

BIDDER = Actor("account:1", "投标人", sealed=True)


def order(no: str, lot: str, *, institution: str = "BANK01", bidder: int = 1, **values: Any) -> str:
    """The order's row; nothing runs yet."""
    begins = projects.get(lot).bid_deadline
    told = {
        "institution": institution, "product": f"{institution}-TB", "lot_no": lot, "bidder_id": bidder,
        "bidder_name": "湘建一川建设集团有限公司", "bidder_uscc": "91430100MA8XJY0152",
        "handler": {"name": "刘思齐", "id_no": "430102199001011238", "phone": "13900000001"},
        "amount": 60_000_000, "premium": 180_000, "valid_from": begins.isoformat(),
        "valid_to": (begins + timedelta(days=90)).isoformat(), "bid_validity_days": 90, "region": "430100",
    } | values  # fmt: skip
    with transaction():
        placing.open_order(OpContext(key=no, policy="order", now=clock.now(), element="open", by=BIDDER, secret=told))
    return no


def waiting_for(no: str, message: str, institution: str = "BANK01") -> None:
    """A case of policy `order` that waits for `message`, keeps it as `told`, and ends."""
    diagram = bpmn.process(
        bpmn.start(), bpmn.catch("news", message=message, result="told"), bpmn.end("over"),
        flows="start > news > over",
    )  # fmt: skip
    with transaction():
        definitions.publish("order", {"process.bpmn": diagram.decode()}, by=BIDDER)
    with transaction():
        runtime.start("order", key=no, data={}, by=BIDDER, institution=institution)


def fresh(query: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(query))


def guarantee(no: str, order_no: str, lot: str, *, institution: str = "BANK01", **values: Any) -> str:
    """A guarantee as it was issued for the order."""
    content = {
        "lot_no": lot, "bidder_id": 1, "bidder_name": "湘建一川建设集团有限公司", "bidder_uscc": "91430100MA8XJY0152",
        "amount": 60_000_000, "balance": 60_000_000, "premium": 180_000, "valid_from": clock.now().isoformat(),
        "valid_to": (clock.now() + timedelta(days=90)).isoformat(), "region": "430100",
    } | values  # fmt: skip
    stored = kept(b"%PDF-1.7\n" + no.encode())
    with transaction():
        db.session.add(
            Guarantee(
                no=no, order_no=order_no, institution=institution, bidder_index="x", lot_sealed=lot, mode="SEALED",
                sealed=sealed(Content(**content)), verify_code=f"V-{no}", file_id=stored.id, issued_at=clock.now(),
                received_at=clock.now(),
            )
        )  # fmt: skip
    return no
