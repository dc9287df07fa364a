"""Dates before the year 1 and after 9999, which the standard knows and Python does not: read, shown, compared."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any


@dataclass(frozen=True, slots=True)
class FarDate:
    """A day of the Gregorian calendar in any year; its `twin` is the same day of a near year that is built alike."""

    year: int
    month: int
    day: int
    twin: date = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if abs(self.year) > 999_999_999:
            raise ValueError(self.year)
        object.__setattr__(self, "twin", date(2000 + self.year % 400, self.month, self.day))

    def isoformat(self) -> str:
        return f"{'-' if self.year < 0 else ''}{abs(self.year):04d}-{self.month:02d}-{self.day:02d}"


@dataclass(frozen=True, slots=True)
class FarMoment(FarDate):
    """A time of such a day."""

    clock: time

    def date(self) -> FarDate:
        return FarDate(self.year, self.month, self.day)


def any_date(year: int, month: int, day: int) -> date | FarDate:
    """The date, near or far; raises ValueError if the calendar has no such day."""
    return date(year, month, day) if 1 <= year <= 9999 else FarDate(year, month, day)


def moment(day: date | FarDate, clock: time) -> datetime | FarMoment:
    if isinstance(day, FarDate):
        return FarMoment(day.year, day.month, day.day, clock)
    return datetime.combine(day, clock)


def near(day: Any) -> Any:
    """A date to ask for weekdays and the like."""
    return day.twin if isinstance(day, FarDate) else day


def position(value: Any) -> tuple[Any, ...]:
    """Where a date or moment lies among all others of its kind, its zone disregarded."""
    day = (value.year, value.month, value.day)
    if isinstance(value, FarMoment):
        return (*day, value.clock.replace(tzinfo=None))
    return (*day, value.time()) if isinstance(value, datetime) else day
