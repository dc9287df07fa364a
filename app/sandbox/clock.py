"""The sandbox's clock: CLOCK_OFFSET seconds ahead, and movable while it runs."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta, timezone

SHANGHAI = timezone(timedelta(hours=8))
_offset = timedelta(seconds=float(os.environ.get("CLOCK_OFFSET") or 0))


def now() -> datetime:
    return datetime.now(UTC) + _offset


def move(seconds: float) -> None:
    """Set the offset; for a test that moves the platform's clock too."""
    global _offset
    _offset = timedelta(seconds=seconds)


def shown(moment: datetime) -> str:
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M")
