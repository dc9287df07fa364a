"""What a played institution knows while it runs: orders, money, guarantees, applications; and what it answered."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import RLock
from typing import Any

from app.protocol.codes import Code, Refusal
from app.protocol.messages.fields import SHANGHAI
from app.protocol.trial import Play, played


@dataclass
class Guarantee:
    number: str
    order: Order
    verify_code: str
    amount: int
    valid_from: datetime
    valid_to: datetime
    issued_at: datetime
    pay_txn_no: str
    pdf: bytes
    state: str = "IN_FORCE"
    paid_out: int = 0


@dataclass
class Order:
    """`body` is A2's as Python values; `wire` the same as JSON has it; money in fen."""

    number: str
    env: str
    body: Mapping[str, Any]
    wire: Mapping[str, Any]
    premium: int
    underwriting: str = "PENDING"
    pay: str = "UNPAID"
    issue: str = "NONE"
    refusal: Mapping[str, str] = field(default_factory=dict)
    payments: list[dict[str, Any]] = field(default_factory=list)
    repayments: list[dict[str, Any]] = field(default_factory=list)
    guarantee: Guarantee | None = None
    token: str = ""
    return_url: str = ""
    pay_until: datetime | None = None

    @property
    def play(self) -> Play | None:
        """What the acceptance test wants of this order."""
        return played(self.number) if self.env else None


@dataclass
class Application:
    """One of A7–A11: `name` is the field its number stands in."""

    call: str
    name: str
    order: Order
    body: Mapping[str, Any]
    wire: Mapping[str, Any]
    env: str

    @property
    def number(self) -> str:
        return str(self.body[self.name])


@dataclass
class Books:
    lock: RLock = field(default_factory=RLock)
    orders: dict[tuple[str, str], Order] = field(default_factory=dict)
    applications: dict[tuple[str, str], Application] = field(default_factory=dict)
    answers: dict[tuple[str, str], tuple[str, int, bytes]] = field(default_factory=dict)
    nonces: dict[str, datetime] = field(default_factory=dict)

    def order(self, env: str, number: str) -> Order:
        found = self.orders.get((env, number))
        if found is None:
            raise Refusal(Code.UNKNOWN, f"没有订单{number}")
        return found

    def guarantee(self, env: str, number: str) -> Guarantee:
        for (where, _), order in self.orders.items():
            if where == env and order.guarantee is not None and order.guarantee.number == number:
                return order.guarantee
        raise Refusal(Code.UNKNOWN, f"没有保函{number}")

    def by_token(self, token: str) -> Order | None:
        return next((one for one in self.orders.values() if token and secrets.compare_digest(one.token, token)), None)

    def remember(self, nonce: str, until: datetime) -> bool:
        """False if that nonce is already remembered."""
        now = datetime.now(UTC)
        with self.lock:
            for old in [one for one, end in self.nonces.items() if end < now]:
                del self.nonces[old]
            return self.nonces.setdefault(nonce, until) is until

    def entries(self, env: str, day: date) -> list[dict[str, Any]]:
        """A13: what happened on that day in Shanghai."""
        found: list[dict[str, Any]] = []
        for (where, number), order in self.orders.items():
            if where != env:
                continue
            for kind, told, txn, at in (
                *(("PAYMENT", one, "pay_txn_no", "paid_at") for one in order.payments),
                *(("REPAYMENT", one, "repay_txn_no", "at") for one in order.repayments),
            ):
                found.append(
                    {"order_no": number, "kind": kind, "txn_no": told[txn], "amount": told["amount"], "at": told[at]}
                )
            if paper := order.guarantee:
                found.append(
                    {"order_no": number, "kind": "ISSUANCE", "guarantee_no": paper.number, "amount": paper.amount,
                     "at": paper.issued_at}
                )  # fmt: skip
        of_day = [one for one in found if one["at"].astimezone(SHANGHAI).date() == day]
        return sorted(of_day, key=lambda one: one["at"])


def txn_no(letter: str) -> str:
    return f"{letter}{datetime.now(SHANGHAI):%Y%m%d}{secrets.randbelow(10**12):012d}"


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)
