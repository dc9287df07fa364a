"""Who applies for what, and what each bidder does with an order."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.sandbox import cast

KINDS = [
    "silent", "slow", "duplicate", "late", "wrong_amount", "reject", "bad_signature", "bad_pdf", "reorder", "repeated",
    "refuse_issue", "never_issue", "reprice", "by_url", "silent_answer", "silent_payment", "silent_issuance",
    "silent_repayment", "silent_decision", "bad_answer",
]  # fmt: skip
"""How institutions misbehave in this run (app/sandbox/institution/behaviour.py)."""
SHARE = 0.65
QUICK = [
    "slow",
    "duplicate",
    "wrong_amount",
    "reject",
    "bad_signature",
    "reorder",
    "repeated",
    "refuse_issue",
    "by_url",
]
"""Those after which an order comes to its end without the clock being moved."""

PAYS, PAYS_TWICE, ABANDONS, ABANDONS_EARLY, RACES, LEAVES = (
    "pays", "pays_twice", "abandons", "abandons_early", "races", "leaves",
)  # fmt: skip
WEIGHTS = {PAYS: 66, PAYS_TWICE: 6, ABANDONS: 7, ABANDONS_EARLY: 4, RACES: 6, LEAVES: 11}


@dataclass(frozen=True)
class Bidder:
    """A market entity that bids; the login platform would say the same of it."""

    number: int
    name: str
    uscc: str
    phone: str

    @property
    def who(self) -> dict[str, Any]:
        handler = {"name": "韩知远", "id_no": cast.identity_no(self.number % 90), "phone": self.phone}
        return {"sub": f"chaos-{self.number}", "name": self.name, "uscc": self.uscc, "handler": handler}


@dataclass(frozen=True)
class Plan:
    """What the bidder does: `acts`, after thinking for so many seconds; `consents` to another premium."""

    acts: str
    thinks: float
    consents: bool


@dataclass
class Site:
    """A lot of the run; `ends_in`: its bid deadline comes while it runs."""

    no: str
    body: dict[str, Any]
    fate: str = ""


def bidders(count: int) -> list[Bidder]:
    return [
        Bidder(n, f"湖南澧水第{n}建设有限公司", cast.credit_code("430100", f"MA9CH{n:03d}"), f"139100{n:05d}")
        for n in range(1, count + 1)
    ]


def sites(count: int, now: datetime, soon: float, *, fates: bool = True) -> list[Site]:
    """Lots with ten days to go, with twenty hours, and a few whose deadline comes after `soon` seconds."""
    tenderer = next(entity for entity in cast.ENTITIES if "tenderer" in entity["roles"])
    found = []
    for n in range(count):
        number = f"CH{n + 1:04d}"
        away = timedelta(days=10) if n % 3 else timedelta(hours=20)
        fate = FATES[n] if fates and n < len(FATES) else ""
        if fate == "deadline":
            away = timedelta(seconds=soon)
        deadline = (now + away).replace(microsecond=0)
        category = ("works", "goods", "works", "property")[n % 4]
        found.append(
            Site(
                number,
                {
                    "version": 1,
                    "lot_no": number,
                    "name": f"沅江大桥第{n + 1}标段",
                    "project": {"project_no": f"XMCH{n // 4:03d}", "name": f"沅江大桥工程{n // 4 + 1}"},
                    "region": ("430000", "430100")[n % 2],
                    "category": category,
                    "estimate": 4_000_000_000,
                    "bond_amount": 50_000_000 + 1_000_000 * n,
                    "bid_deadline": deadline,
                    "opening_at": deadline + timedelta(minutes=30),
                    "bid_validity_days": 90,
                    "tenderer": {"name": tenderer["name"], "uscc": tenderer["uscc"], "phone": "13900000007"},
                    "agent": None,
                    "sealed": category != "property",
                },
                fate,
            )
        )
    return found


FATES = ("terminated", "suspended", "deadline", "failed", "changed", "suspended", "brought_forward")
"""What befalls the first lots while the run goes on."""


def plan(dice: random.Random, weights: dict[str, int], *, late: bool) -> Plan:
    """Drawn, but one whose money is to come late does not pay in time."""
    acts = dice.choices(list(weights), list(weights.values()))[0]
    if late:
        acts = dice.choice((ABANDONS, LEAVES))
    return Plan(acts, dice.uniform(2, 16), dice.random() < 0.75)
