"""What an order would cost with each product: the live policy's own premium table, asked before anything is placed."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from app import clock, institutions, money
from app.errors import AppError
from app.institutions.models import Product
from app.orders.subject import facts_before
from app.projects.models import Lot
from app.runtime import definitions


@dataclass(frozen=True)
class Offer:
    """A product with its price for this lot (fen), or why it can't be had."""

    product: Product
    premium: int
    refused: str = ""


def offers(lot: Lot, product_type: str, amount: int) -> list[Offer]:
    """Side by side, in the neutral rotating order; those that can't be had last, with the table's reason."""
    found = [
        offer(lot, product, amount)
        for product in institutions.selling(product_type, region=lot.region, category=lot.category)
    ]
    return sorted(found, key=lambda one: bool(one.refused))


def offer(lot: Lot, product: Product, amount: int) -> Offer:
    policy = definitions.live("order")
    facts = facts_before(lot, product, amount)
    try:
        verdict = _decide(policy, "order_eligibility", facts)
        price = money.parse(str(_decide(policy, "premium", facts)))
    except AppError as error:
        return Offer(product, 0, error.message)
    return Offer(product, price, "" if verdict["accepted"] else verdict["reason"])


def _decide(policy: definitions.Policy, decision: str, facts: Mapping[str, Any]) -> Any:
    return policy.definition.models[decision].evaluate(decision, dict(facts), now=clock.now())


def rate_shown(rate: Decimal) -> str:
    """0.30%"""
    return f"{(rate * 100).normalize():f}%"
