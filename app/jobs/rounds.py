"""Daily rounds: an errand of a name once every Shanghai day, however many relays run.

A feature says in its init `rounds.daily(app, "gateway/reconcile", at=time(2, 30))` and registers a handler of that
name; it gets the payload {"date": "YYYY-MM-DD"} and the key `name:date`. After days on which no relay ran, one errand
for the latest of them is posted: a handler that must not miss a day looks itself for what it has not done. A round
that is new begins with its next hour.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from flask import Flask, current_app
from sqlalchemy import select, update

from app import clock
from app.db import db, insert_new
from app.errors import Misconfigured
from app.jobs import queue
from app.jobs.models import DailyRound


@dataclass
class Round:
    """`seen`: the day this process knows to be begun; it spares a query at every sweep."""

    name: str
    at: time
    seen: date = date.min

    def day(self, now: datetime) -> date:
        """The latest Shanghai day whose hour has struck."""
        local = clock.local(now)
        return local.date() if local.time() >= self.at else local.date() - timedelta(days=1)


def daily(app: Flask, name: str, *, at: time) -> None:
    """Post the errand `name` every day at this Shanghai time."""
    kept = app.extensions.setdefault("rounds", {})
    if name in kept:
        raise Misconfigured(f"重复登记：{name}")
    kept[name] = Round(name, at)


def post_due(now: datetime) -> None:
    """Post the errands of rounds whose hour has struck, in the caller's transaction."""
    for one in current_app.extensions["rounds"].values():
        day = one.day(now)
        if one.seen < day and _settled(one.name, day.isoformat()):
            one.seen = day


def _settled(name: str, day: str) -> bool:
    """Whether that day's errand is known to be posted. What this transaction did is known once it is committed."""
    begun = db.session.execute(
        update(DailyRound)
        .where(DailyRound.name == name, DailyRound.day < day)
        .values(day=day)
        .returning(DailyRound.name)
        .execution_options(synchronize_session=False)
    ).first()
    if begun:
        queue.post(name, {"date": day}, key=f"{name}:{day}")
    if begun or insert_new(DailyRound, name=name, day=day):
        return False
    return str(db.session.scalar(select(DailyRound.day).where(DailyRound.name == name))) >= day
