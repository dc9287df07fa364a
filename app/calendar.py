"""Working days in Shanghai: weekends, public holidays and the weekends worked in their place (config/holidays.yaml)."""

from datetime import date, datetime, timedelta
from functools import cache

import yaml

from app import clock
from app.settings import ROOT

HOLIDAYS = ROOT / "config/holidays.yaml"


def working_days_after(moment: datetime, days: int) -> datetime:
    """The same time of day, so many working days later; what falls on a day off counts from the next working day."""
    at = clock.local(moment)
    while days > 0:
        at += timedelta(days=1)
        if works(at.date()):
            days -= 1
    return at


def works(day: date) -> bool:
    """Whether people work on this day."""
    off, on = _announced()
    return day in on or (day.weekday() < 5 and day not in off)


@cache
def _announced() -> tuple[frozenset[date], frozenset[date]]:
    """(days off, weekends worked) as announced by the State Council."""
    off: set[date] = set()
    on: set[date] = set()
    for year in yaml.safe_load(HOLIDAYS.read_text()).values():
        for first, last in year["closed"]:
            off.update(first + timedelta(days=n) for n in range((last - first).days + 1))
        on.update(year["worked"])
    return frozenset(off), frozenset(on)
