"""What may be done with a guarantee, as its page shows it; features that offer something append a function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.accounts.user import User


@dataclass(frozen=True)
class Act:
    """A button; one that is closed says why, and since or until when if that is known."""

    label: str
    url: str
    why: str = ""
    opens_at: datetime | None = None


offers: list[Callable[[User, str], list[Act]]] = []
"""(user, guarantee number) → acts, in the order in which they stand."""


def of(user: User, no: str) -> list[Act]:
    return [act for offer in offers for act in offer(user, no)]
