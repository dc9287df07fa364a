"""Waiting for something to become true, and not a moment longer."""

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(found: Callable[[], T], seconds: float = 15.0, *, what: str = "") -> T:
    """Ask again until the answer is true; fails with `what` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        answer = found()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds:g} s: {what or found}")
        time.sleep(0.02)


def gone(pid: int) -> bool:
    """Whether no such process lives (one that only waits to be noticed counts as gone)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True
