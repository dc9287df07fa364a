"""When something is due: ISO 8601 as BPMN writes it, reckoned on the calendar, in Shanghai where no zone is given."""

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from app import rules
from app.clock import SHANGHAI
from app.runtime import expressions

_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d{1,6})?)S)?)?", re.ASCII
)
_CYCLE = re.compile(r"R(\d{0,4})/(?:([^/]+)/)?(P[^/]+)", re.ASCII)
_LARGEST = 400 * 366  # days; more is a slip of the pen, and would leave the calendar


class BadTimer(ValueError):
    """The text is not a time; the message says why, in Chinese."""


@dataclass(frozen=True, slots=True)
class Span:
    """A duration that keeps months apart from days, because months differ."""

    months: int = 0
    rest: timedelta = timedelta()

    def after(self, start: datetime, times: int = 1) -> datetime:
        """`start` plus this span, `times` over; the 31st becomes a shorter month's last day."""
        local = start.astimezone(SHANGHAI)
        if self.months:
            year, month = divmod(local.year * 12 + local.month - 1 + self.months * times, 12)
            local = local.replace(year=year, month=month + 1, day=min(local.day, monthrange(year, month + 1)[1]))
        return local.astimezone(UTC) + self.rest * times


@dataclass(frozen=True, slots=True)
class Cycle:
    """Rounds at equal distances; `rounds` None never ends."""

    rounds: int | None
    start: datetime | None
    every: Span


@dataclass(frozen=True, slots=True)
class Due:
    """A stored due time. A cycle also keeps where it began, which round this is, and how many there are."""

    at: datetime
    anchor: datetime | None = None
    every: str | None = None
    round: int = 1
    rounds: int | None = 1

    def next(self, now: datetime) -> "Due | None":
        """The first round after `now`, missed ones passed over (they are caught up by the one that just fired)."""
        if self.anchor is None or self.every is None:
            return None
        every, count = span(self.every), self.round + 1
        if not every.months:
            count = max(count, int((now - self.anchor) / every.rest) + 2)
        while (at := every.after(self.anchor, count - 1)) <= now:
            count += 1
        return (
            None
            if self.rounds is not None and count > self.rounds
            else Due(at, self.anchor, self.every, count, self.rounds)
        )

    def stored(self) -> list[Any]:
        if self.anchor is None:
            return [self.at.isoformat()]
        return [self.at.isoformat(), self.anchor.isoformat(), self.every, self.round, self.rounds]

    @classmethod
    def restored(cls, stored: list[Any]) -> "Due":
        at = datetime.fromisoformat(stored[0])
        return cls(at) if len(stored) == 1 else cls(at, datetime.fromisoformat(stored[1]), *stored[2:])


def span(text: str) -> Span:
    """`PT30M`, `P1M`, `P3D`; not negative, no fractions but of seconds."""
    found = _DURATION.fullmatch(text.strip())
    if found is None or not any(found.groups()) or text.strip().endswith("T"):
        raise BadTimer(f"“{text}”不是 ISO 8601 时长，例如 PT30M（30 分钟）、P3D（3 天）、P1M（1 个月）")
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:6])
    rest_days = weeks * 7 + days + (hours + minutes / 60) / 24
    if (years * 12 + months) * 31 + rest_days > _LARGEST:
        raise BadTimer(f"“{text}”过长")
    rest = timedelta(days=weeks * 7 + days, hours=hours, minutes=minutes, seconds=float(found[7] or 0))
    return Span(years * 12 + months, rest)


def moment(text: str) -> datetime:
    """An ISO date or date-time; Shanghai if it names no zone; a date is its midnight."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadTimer(f"“{text}”不是 ISO 8601 时间，例如 2026-11-23T09:00 或 2026-11-23T09:00+08:00") from None
    return _aware(found)


def cycle(text: str) -> Cycle:
    """`R3/PT24H`, `R/P1D`, `R3/2026-11-23T09:00/PT24H`."""
    found = _CYCLE.fullmatch(text.strip())
    if found is None:
        raise BadTimer(f"“{text}”不是 ISO 8601 循环，例如 R3/PT24H（每 24 小时一次，共 3 次）")
    every = span(found[3])
    if every == Span():
        raise BadTimer(f"“{text}”的间隔为零")
    if found[1] == "0":
        raise BadTimer(f"“{text}”一次也不执行")
    return Cycle(int(found[1]) if found[1] else None, moment(found[2]) if found[2] else None, every)


_READ: dict[str, Callable[[str], Any]] = {"date": moment, "duration": span, "cycle": cycle}


def check(kind: str, text: str) -> None:
    """Refuse, at publish, a timer that could only fail later; FEEL is checked elsewhere."""
    if kind not in _READ:
        raise BadTimer("定时器须写明 timeDate、timeDuration 或 timeCycle 之一")
    if not text:
        raise BadTimer("定时器没有内容")
    if not text.startswith("="):
        _READ[kind](text)


def due(kind: str, text: Any, now: datetime) -> Due:
    """The due time of a timer a token has just reached; `text` may be what FEEL answered. BadTimer if it is no time."""
    match text:
        case str():
            if kind == "cycle":
                return _first(cycle(text), text.rsplit("/", 1)[-1], now)
            return Due(span(text).after(now) if text.strip()[:1] == "P" else moment(text))
        case datetime():
            return Due(_aware(text))
        case date():
            return Due(datetime.combine(text, time(), SHANGHAI).astimezone(UTC))
        case timedelta() if text >= timedelta():
            return Due(now.astimezone(UTC) + text)
        case rules.Months() if text.count >= 0:
            return Due(Span(text.count).after(now))
    raise BadTimer(f"定时器得到的不是时间：{expressions.shown(text)}")


def _first(found: Cycle, every: str, now: datetime) -> Due:
    anchor = found.start or found.every.after(now)
    return Due(anchor, anchor, every, 1, found.rounds)


def _aware(moment: datetime) -> datetime:
    return (moment if moment.tzinfo else moment.replace(tzinfo=SHANGHAI)).astimezone(UTC)
