"""What every answer of a played institution works with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.partner.books import Books
from app.partner.outbox import Outbox
from app.partner.press import Press
from app.partner.script import Script


@dataclass(frozen=True)
class Hall:
    script: Script
    books: Books
    outbox: Outbox
    press: Press


@dataclass(frozen=True)
class Ask:
    """One verified call: its body as Python values and as JSON has it, the numbers of its path."""

    env: str
    body: dict[str, Any]
    wire: Mapping[str, Any]
    numbers: Mapping[str, str]


Verb = Callable[[Hall, Ask], dict[str, Any]]
