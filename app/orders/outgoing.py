"""What the institution is told of an order, as the protocol's messages have it (A2, A3, A15)."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import clock, money, projects
from app.db import db
from app.orders import payments, secrets
from app.runtime import waits
from app.sealing import blind

UNDERWRITING_TIMEOUT = "underwriting_timeout"
PAYMENT_TIMEOUT = "payment_timeout"


def institution_of(no: str) -> str:
    code: str = secrets.find(no).institution
    return code


def order_payload(no: str) -> dict[str, Any]:
    """A2, sealed until opening: the lot is a pseudonym, beneficiary and project are absent."""
    order = secrets.find(no)
    content = secrets.content(order)
    lot = projects.seen(content.lot_no)
    plain = not lot.sealed
    body: dict[str, Any] = {
        "order_no": order.no,
        "product_code": order.product,
        "mode": "PLAIN" if plain else "SEALED",
        "lot_ref": lot.no if plain else pseudonym(order.no, lot.no),
        "guarantee_amount": money.yuan(content.amount),
        "premium": money.yuan(content.premium),
        "valid_from": clock.local(content.begins).isoformat(timespec="seconds"),
        "valid_to": clock.local(content.ends).isoformat(timespec="seconds"),
        "bid_validity_days": content.bid_validity_days,
        "opening_date": clock.local(lot.opening_at).date().isoformat(),
        "bidder": {"name": content.bidder_name, "uscc": content.bidder_uscc},
        "handler": {
            "name": content.handler.name,
            "id_no": content.handler.id_no,
            "phone": content.handler.phone,
        },
        "expires_at": _due(no, UNDERWRITING_TIMEOUT),
    }
    if plain:
        lot = projects.get(content.lot_no)
        body |= {
            "lot_category": lot.category,
            "lot": {"lot_no": lot.number, "name": lot.name},
            "project": {"project_no": lot.project.no, "name": lot.project.name},
            "beneficiary": {"name": lot.tenderer_name, "uscc": lot.tenderer_uscc},
        }
    return body


def pseudonym(order_no: str, lot_no: str) -> str:
    """Another one for every order, so that an institution can't count a lot's bidders by it."""
    return "L" + blind("order.lot_ref", order_no, lot_no)[:20]


def link_payload(no: str, return_url: str) -> dict[str, Any]:
    """A3: the page may take money no later than the diagram's payment timer."""
    return {"return_url": return_url, "expires_at": _due(no, PAYMENT_TIMEOUT)}


def repayment_payload(no: str, txn_no: str, reason: str) -> dict[str, Any]:
    """A15: the whole of one transaction."""
    return {"pay_txn_no": txn_no, "amount": money.yuan(payments.amount_of(no, txn_no)), "reason": reason}


def exists(no: str) -> bool:
    return db.session.scalar(select(secrets.Order.id).where(secrets.Order.no == no)) is not None


def premium_of(no: str) -> int:
    """Fen."""
    return secrets.content(secrets.find(no)).premium


def _due(no: str, element: str) -> str:
    at = waits.due("order", no, element) or clock.now() + timedelta(minutes=30)
    return clock.local(at).isoformat(timespec="seconds")
