"""Dates, times and durations: making them and taking them apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal

from ..bounds import Run
from ..comparison import equal
from ..failures import Failed
from ..far import FarDate, FarMoment, any_date, moment, near
from ..signatures import standard
from ..temporal import ZONE, months_between, parse_date, parse_duration, parse_moment, parse_time, show_zone
from ..values import Months, Value

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip


def _wrong(name: str, found: object) -> Failed:
    return Failed("argument_value", name=name, found=f"“{str(found)[:40]}”")


def _whole(name: str, *numbers: Decimal) -> list[int]:
    if any(number != number.to_integral_value() or abs(number) > 10**10 for number in numbers):
        raise _wrong(name, numbers)
    return [int(number) for number in numbers]


@standard("date", "from: text")
def date_from_text(run: Run, text: str) -> Value:
    try:
        return parse_date(text)
    except ValueError:
        raise _wrong("date", text) from None


@standard("date", "from: date | datetime")
def date_from_moment(run: Run, day: Value) -> Value:
    return day.date() if isinstance(day, (datetime, FarMoment)) else day


@standard("date", "year: number, month: number, day: number")
def date_from_parts(run: Run, year: Decimal, month: Decimal, day: Decimal) -> Value:
    try:
        return any_date(*_whole("date", year, month, day))
    except ValueError:
        raise _wrong("date", f"{year}-{month}-{day}") from None


@standard("time", "from: text")
def time_from_text(run: Run, text: str) -> Value:
    try:
        return parse_time(text)
    except ValueError:
        raise _wrong("time", text) from None


@standard("time", "from: time | date | datetime")
def time_from_moment(run: Run, value: Value) -> Value:
    if isinstance(value, FarMoment):
        return value.clock
    if isinstance(value, datetime):
        return value.timetz()
    return time(tzinfo=UTC) if isinstance(value, (date, FarDate)) else value


@standard("time", "hour: number, minute: number, second: number, offset?: days?")
def time_from_parts(
    run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: timedelta | None = None
) -> Value:
    try:
        hours, minutes = _whole("time", hour, minute)
        if not 0 <= second < 60:
            raise ValueError
        micro = int(second % 1 * 1_000_000)
        return time(hours, minutes, int(second), micro, None if offset is None else timezone(offset))
    except ValueError:
        raise _wrong("time", f"{hour}:{minute}:{second}") from None


@standard("date and time", "from: text")
def datetime_from_text(run: Run, text: str) -> Value:
    try:
        return parse_moment(text)
    except ValueError:
        raise _wrong("date and time", text) from None


@standard("date and time", "from: datetime")
def datetime_from_moment(run: Run, value: Value) -> Value:
    return value


@standard("date and time", "date: date | datetime, time: time")
def datetime_from_both(run: Run, day: Value, clock: time) -> Value:
    return moment(date_from_moment(run, day), clock)


@standard(
    "date and time",
    "year: number, month: number, day: number, hour: number, minute: number, second: number, offset?: days?",
)
def datetime_from_parts(
    run: Run,
    year: Decimal,
    month: Decimal,
    day: Decimal,
    hour: Decimal,
    minute: Decimal,
    second: Decimal,
    offset: timedelta | None = None,
) -> Value:
    clock = time_from_parts(run, hour, minute, second, offset)
    return moment(date_from_parts(run, year, month, day), clock)


@standard("duration", "from: text")
def duration(run: Run, text: str) -> Value:
    try:
        return parse_duration(text)
    except ValueError:
        raise _wrong("duration", text) from None


@standard("duration", "from: days | months")
def duration_itself(run: Run, length: Value) -> Value:
    return length


@standard("years and months duration", "from: date | datetime, to: date | datetime")
def years_and_months(run: Run, start: Value, end: Value) -> Value:
    return Months(months_between(start, end))


@standard("now", "")
def now(run: Run) -> Value:
    return _now(run)


@standard("today", "")
def today(run: Run) -> Value:
    return _now(run).date()


def _now(run: Run) -> datetime:
    """The evaluation's own moment, in the zone people here live in; the same however often it is asked."""
    if run.now is None:
        run.now = datetime.now(ZONE)
    given = run.now if run.now.tzinfo else run.now.replace(tzinfo=ZONE)
    return given.astimezone(ZONE)


@standard("day of year", "date: date | datetime")
def day_of_year(run: Run, day: Value) -> Value:
    return Decimal(near(day).timetuple().tm_yday)


@standard("day of week", "date: date | datetime")
def day_of_week(run: Run, day: Value) -> Value:
    return _DAYS[near(day).weekday()]


@standard("month of year", "date: date | datetime")
def month_of_year(run: Run, day: Value) -> Value:
    return _MONTHS[day.month - 1]


@standard("week of year", "date: date | datetime")
def week_of_year(run: Run, day: Value) -> Value:
    return Decimal(near(day).isocalendar().week)


@standard("is", "value1?: any, value2?: any")
def is_same(run: Run, left: Value = None, right: Value = None) -> Value:
    """The same element of the same domain: unlike `=`, also the same offset."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (datetime, time)):
        return _parts(left) == _parts(right)
    return equal(left, right) is True


def _parts(value: Value) -> tuple[object, ...]:
    return (value.replace(tzinfo=None, microsecond=0), show_zone(value.tzinfo))
