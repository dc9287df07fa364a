"""Stopwatches, statement counters and the machine's own numbers."""

import os
import platform
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import statements

TICK = 1000.0 / os.sysconf("SC_CLK_TCK")
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def machine() -> str:
    """Cores and processor, for whoever compares figures."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor()
    load = " ".join(f"{one:.1f}" for one in os.getloadavg())
    return f"{os.cpu_count()} × {name or platform.machine()}, Python {platform.python_version()}, load {load}"


def each(work: Callable[[Any], Any], items: Iterable[Any]) -> list[float]:
    """Milliseconds of `work` on each item."""
    took = []
    for item in items:
        started = perf_counter()
        work(item)
        took.append((perf_counter() - started) * 1e3)
    return took


def turns(works: dict[str, tuple[Callable[[Any], Any], list[Any]]]) -> dict[str, float]:
    """Medians in milliseconds of works that take turns, so that the machine's moods meet all alike."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for position in range(max(len(items) for _, items in works.values())):
        for name, (work, items) in works.items():
            if position < len(items):
                took[name] += each(work, items[position : position + 1])
    return {name: median(values) for name, values in took.items()}


@dataclass
class Counted:
    sql: int = 0
    commits: int = 0


@contextmanager
def counted() -> Iterator[Counted]:
    """What goes to the database inside: statements (one executemany is one) and commits."""
    found, before = Counted(), statements.count

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        found.sql += not text.lstrip().upper().startswith(UNCOUNTED)

    def commit(_connection: Any) -> None:
        found.commits += 1

    event.listen(Engine, "before_cursor_execute", statement)
    event.listen(Engine, "commit", commit)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", statement)
        event.remove(Engine, "commit", commit)
        found.sql += statements.count - before


def cpu_ms(pid: int) -> float:
    """Milliseconds of processor this process, its children and those that have ended have used."""
    return sum(_own_ms(one) for one in (pid, *_below(pid)))


def _own_ms(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return sum(int(field) for field in fields[11:15]) * TICK  # own and waited-for children's, user and system


def _below(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in (int(word) for word in task.read_text().split()):
            found += [child, *_below(child)]
    return found
