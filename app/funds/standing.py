"""Money that stands longer than the table `money_limits` lets it. Only what is under way is read."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text

from app import clock
from app.db import db
from app.errors import AppError
from app.institutions import Institution
from app.ledger import IS_UNDER_WAY, Account, Parcel
from app.orders.models import Order
from app.runtime import definitions, timers
from app.runtime.timers import BadTimer

POLICY, LIMITS = "money_watch", "money_limits"


@dataclass(frozen=True)
class Stay:
    """A parcel where it is now. `until` None: the table does not say how long it may stay, so it may not."""

    order_no: str
    parcel: str
    account: Account
    since: datetime
    institution: str
    until: datetime | None

    @property
    def place(self) -> dict[str, Any]:
        return {"order_no": self.order_no, "parcel": self.parcel, "account": str(self.account), "since": self.since}


def late(now: datetime | None = None) -> Iterator[Stay]:
    """Every stay that is too long, the oldest first; two queries however many there are."""
    now = now or clock.now()
    model = definitions.live(POLICY).definition.models[LIMITS]
    houses = {one.code: house(one) for one in db.session.scalars(select(Institution))}
    query = (
        select(Parcel.order_no, Parcel.parcel, Parcel.account, Parcel.since, Order.institution)
        .join(Order, Order.no == Parcel.order_no)
        .where(text(IS_UNDER_WAY))
        .order_by(Parcel.since, Parcel.order_no, Parcel.parcel)
    )
    for order_no, parcel, account, since, institution in db.session.execute(query).tuples():
        facts = {"money": {"account": account, "since": since}, "institution": houses[institution]}
        until = _until(model, facts, since, now)
        if until is None or until < now:
            yield Stay(order_no, parcel, Account(account), since, institution, until)


def house(one: Institution) -> dict[str, Any]:
    return {"code": one.code, "kind": one.kind, "online": one.online}


def _until(model: Any, facts: Mapping[str, Any], since: datetime, now: datetime) -> datetime | None:
    try:
        limits: Any = model.evaluate(LIMITS, facts, now=now)
        return timers.span(limits["stay"]).after(since)
    except (AppError, BadTimer, TypeError, KeyError, AttributeError):
        return None
