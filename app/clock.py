"""Time: aware UTC inside, Asia/Shanghai at the edges."""

import os
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_offset = timedelta(seconds=float(os.environ.get("CLOCK_OFFSET", "0")))


def now() -> datetime:
    """The present, aware, in UTC. CLOCK_OFFSET (seconds) moves it in rehearsals of bad days; never in production."""
    return datetime.now(UTC) + _offset


def offset() -> timedelta:
    """How far this process's clock stands from the machine's; added to the database's clock too."""
    return _offset


def shift(offset: timedelta) -> None:
    """Move this process's clock, as CLOCK_OFFSET does at its start."""
    global _offset
    _offset = offset


def today() -> date:
    """The date in Shanghai."""
    return local(now()).date()


def days(number: int) -> timedelta:
    return timedelta(days=number)


def local(moment: datetime) -> datetime:
    return moment.astimezone(SHANGHAI)


def shown(moment: datetime | None) -> str:
    """2026-11-23 14:05, Shanghai time; an en dash for nothing."""
    return local(moment).strftime("%Y-%m-%d %H:%M") if moment else "–"
