"""What may be done with a guarantee, as its page shows it; features that offer something append a function."""

from collections.abc import Callable

from app.accounts.user import User
from app.orders.acts import Act

__all__ = ["Act", "of", "offers"]

offers: list[Callable[[User, str], list[Act]]] = []
"""(user, guarantee number) → acts, in the order in which they stand."""


def of(user: User, no: str) -> list[Act]:
    return [act for offer in offers for act in offer(user, no)]
