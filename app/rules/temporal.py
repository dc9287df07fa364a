"""Dates, times and durations: reading, writing and calculating with them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from .far import FarDate, FarMoment, any_date, moment
from .values import Months, Value

ZONE = ZoneInfo("Asia/Shanghai")  # where a time without zone is, when it meets one that has a zone

_DATE = r"(-?(?:[1-9]\d{4,8}|\d{4}))-(\d\d)-(\d\d)"
_TIME = r"(\d\d):(\d\d):(\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d(?::\d\d)?|@[A-Za-z0-9_+\-/]{1,40})?"
_DAYS = re.compile(r"(-)?P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.(\d*))?S)?)?", re.ASCII)
_MONTHS = re.compile(r"(-)?P(?:(\d+)Y)?(?:(\d+)M)?", re.ASCII)
_DATE_ONLY = re.compile(_DATE, re.ASCII)
_TIME_ONLY = re.compile("T?" + _TIME, re.ASCII)
_BOTH = re.compile(_DATE + "T" + _TIME, re.ASCII)


@lru_cache(1)
def _zones() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones()}


def _zone(text: str | None) -> tzinfo | None:
    if not text:
        return None
    if text == "Z":
        return UTC
    if text[0] == "@":
        return ZoneInfo(_zones()[text[1:].lower()])
    hours, minutes, *seconds = (int(part) for part in text[1:].split(":"))
    if hours > 18 or minutes > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes, seconds=sum(seconds))
    return timezone(-offset if text[0] == "-" else offset)


def _micro(fraction: str | None) -> int:
    return int((fraction or "0")[:6].ljust(6, "0"))


def parse_date(text: str) -> date | FarDate:
    found = _DATE_ONLY.fullmatch(text)
    if not found:
        raise ValueError(text)
    return any_date(int(found[1]), int(found[2]), int(found[3]))


def parse_time(text: str) -> time:
    found = _TIME_ONLY.fullmatch(text)
    if not found:
        raise ValueError(text)
    hour, minute, second, fraction, zone = found.groups()
    try:
        return time(int(hour), int(minute), int(second), _micro(fraction), _zone(zone))
    except KeyError as error:
        raise ValueError(text) from error


def parse_moment(text: str) -> datetime | FarMoment:
    """`2026-11-23T09:00:00`, perhaps with fraction, offset, `Z` or `@Asia/Shanghai`; a date is its midnight."""
    if "T" not in text:
        return moment(parse_date(text), time())
    found = _BOTH.fullmatch(text)
    if not found:
        raise ValueError(text)
    day, _, clock = text.partition("T")
    return moment(parse_date(day), parse_time(clock))


def parse_datetime(text: str) -> datetime:
    """The same, of the years 1 to 9999 only."""
    value = parse_moment(text)
    if isinstance(value, FarMoment):
        raise ValueError(text)
    return value


def parse_duration(text: str) -> timedelta | Months:
    """ISO 8601: `P3D`, `PT30M`, `-P1DT2H` are days and time, `P1Y6M` years and months; never both."""
    found = _MONTHS.fullmatch(text)
    if found and (found[2] or found[3]):
        count = int(found[2] or 0) * 12 + int(found[3] or 0)
        if count > 12 * 10**9:
            raise ValueError(text)
        return Months(-count if found[1] else count)
    found = _DAYS.fullmatch(text)
    if not found or not any(found.groups()[1:5]) or text.endswith("T"):
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:5])
    try:
        length = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=_micro(found[6]))
        return -length if found[1] else length
    except OverflowError as error:
        raise ValueError(text) from error


def parse_temporal(text: str) -> Value:
    """What `@"…"` means: the kind is seen from the form."""
    for read in (parse_duration, parse_date, parse_time, parse_moment):
        try:
            return read(text)  # type: ignore[operator]
        except ValueError:
            continue
    raise ValueError(text)


def _fraction(micro: int) -> str:
    return f".{micro:06d}".rstrip("0") if micro else ""


def show_zone(zone: tzinfo | None) -> str:
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = zone.utcoffset(None) or timedelta()
    if not offset:
        return "Z"
    sign = "-" if offset < timedelta() else "+"
    seconds = int(abs(offset).total_seconds())
    text = f"{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}"
    return f"{text}:{seconds % 60:02d}" if seconds % 60 else text


def show_time(value: time) -> str:
    clock = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}{_fraction(value.microsecond)}"
    return clock + show_zone(value.tzinfo)


def show(value: Value) -> str:
    """The text that `parse_temporal` reads back."""
    if isinstance(value, datetime):
        return f"{value.date().isoformat()}T{show_time(value.timetz())}"
    if isinstance(value, FarMoment):
        return f"{value.isoformat()}T{show_time(value.clock)}"
    if isinstance(value, (date, FarDate)):
        return value.isoformat()
    if isinstance(value, time):
        return show_time(value)
    if isinstance(value, Months):
        years, months = divmod(abs(value.count), 12)
        body = (f"{years}Y" if years else "") + (f"{months}M" if months or not years else "")
        return ("-" if value.count < 0 else "") + "P" + body
    length = abs(value)
    hours, rest = divmod(length.seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    clock = (f"{hours}H" if hours else "") + (f"{minutes}M" if minutes else "")
    if seconds or length.microseconds:
        clock += f"{seconds}{_fraction(length.microseconds)}S"
    body = (f"{length.days}D" if length.days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta() else "") + "P" + (body or "T0S")


def instant(value: datetime) -> datetime:
    aware = value if value.tzinfo else value.replace(tzinfo=ZONE)
    try:
        return aware.astimezone(UTC)
    except OverflowError:  # within a day of the first or the last year
        return aware.replace(tzinfo=UTC)


def offset_of(value: time | datetime) -> timedelta | None:
    """The offset from UTC; a time of day in a named zone has the zone's standard one."""
    if value.tzinfo is None:
        return None
    if isinstance(value, datetime):
        return value.utcoffset()
    return (
        value.utcoffset()
        if not isinstance(value.tzinfo, ZoneInfo)
        else datetime(2000, 1, 1, tzinfo=value.tzinfo).utcoffset()
    )


def since_midnight(value: time) -> timedelta:
    """A time of day as a length, at UTC if it has an offset."""
    length = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond)
    return length - (offset_of(value) or timedelta())


def seconds_of(value: timedelta) -> Decimal:
    return Decimal(value.days * 86400 + value.seconds) + Decimal(value.microseconds).scaleb(-6)


def plus_months(value: date | datetime, count: int) -> date | datetime:
    """The same day that many months on, or the month's last day where it has no such day."""
    years, month = divmod(value.year * 12 + value.month - 1 + count, 12)
    for day in (value.day, 30, 29, 28):
        if day <= value.day:
            try:
                return value.replace(year=years, month=month + 1, day=day)
            except ValueError:
                continue
    raise OverflowError(count)


def months_between(start: date | FarDate, end: date | FarDate) -> int:
    """Whole months from start to end, negative if end is before start; the time of day does not count."""
    if (end.year, end.month, end.day) < (start.year, start.month, start.day):
        return -months_between(end, start)
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - 1 if end.day < start.day else months
