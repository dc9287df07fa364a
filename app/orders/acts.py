"""What may be done about an order, as its page shows it; features that offer something append a function."""

from collections.abc import Callable
from dataclasses import dataclass

from app.accounts.user import User
from app.runtime.conditions import Verdict


@dataclass(frozen=True)
class Act:
    """A button; the verdict of its policy's table says whether it is open, and why not."""

    label: str
    url: str
    verdict: Verdict
    urgent: str = ""  # why it should be done now


offers: list[Callable[[User, str], list[Act]]] = []
"""(user, order number) → acts, in the order in which they stand."""


def of(user: User, no: str) -> list[Act]:
    return [act for offer in offers for act in offer(user, no)]
