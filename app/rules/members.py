"""`value.member`: entries of contexts, of a list's items, properties of dates, durations, ranges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from .bounds import Run
from .far import FarDate, FarMoment, near
from .syntax import Place
from .temporal import offset_of, seconds_of
from .values import Months, Range, Value, told

_Property = Callable[[Any], Value]


def _part(duration: timedelta, length: int, cycle: int | None) -> Decimal:
    """A part of a duration, with its sign: whole hours of the day, and so on."""
    whole = int(abs(seconds_of(duration))) // length
    part = whole % cycle if cycle else whole
    return Decimal(-part if duration < timedelta() else part)


def _months_part(count: int, years: bool) -> Decimal:
    part = abs(count) // 12 if years else abs(count) % 12
    return Decimal(-part if count < 0 else part)


def _zone_name(value: time | datetime) -> str | None:
    zone = value.tzinfo
    if zone is None:
        return None
    return zone.key if isinstance(zone, ZoneInfo) else ("Z" if not offset_of(value) else None)


def _of_clock(read: _Property) -> _Property:
    return lambda value: read(value.clock)


_DATE: dict[str, _Property] = {
    "year": lambda value: Decimal(value.year),
    "month": lambda value: Decimal(value.month),
    "day": lambda value: Decimal(value.day),
    "weekday": lambda value: Decimal(near(value).isoweekday()),
}
_TIME: dict[str, _Property] = {
    "hour": lambda value: Decimal(value.hour),
    "minute": lambda value: Decimal(value.minute),
    "second": lambda value: Decimal(value.second),
    "time offset": offset_of,
    "timezone": _zone_name,
}
_PROPERTIES: dict[type, dict[str, _Property]] = {
    date: _DATE,
    time: _TIME,
    datetime: _DATE | _TIME,
    FarDate: _DATE,
    FarMoment: _DATE | {name: _of_clock(read) for name, read in _TIME.items()},
    timedelta: {
        "days": lambda value: _part(value, 86400, None),
        "hours": lambda value: _part(value, 3600, 24),
        "minutes": lambda value: _part(value, 60, 60),
        "seconds": lambda value: _part(value, 1, 60),
    },
    Months: {
        "years": lambda value: _months_part(value.count, True),
        "months": lambda value: _months_part(value.count, False),
    },
    Range: {
        "start": lambda value: value.low,
        "end": lambda value: value.high,
        "start included": lambda value: value.low_in,
        "end included": lambda value: value.high_in,
    },
}


def member_of(value: Value, name: str, run: Run, place: Place) -> Value:
    of = type(value)
    if of is dict:
        if name in value:
            return value[name]
    elif of is list:
        run.items(len(value))
        return [member_of(item, name, run, place) for item in value]
    else:
        found = _PROPERTIES.get(of, {}).get(name)
        if found:
            return found(value)
    if run.notes is not None:
        run.null(place, "no_member", of=told(value), name=name)
    return None
