"""The bounds of one evaluation and what it has used of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from time import thread_time
from typing import Any

from .failures import Failed, Note, RuleError, note


@dataclass(frozen=True, slots=True)
class Bounds:
    steps: int = 40_000  # loop rounds, calls, items touched
    seconds: float = 0.02  # processor time of this thread
    depth: int = 48  # functions calling functions
    items: int = 10_000  # of one list
    characters: int = 100_000  # of one text


DEFAULT = Bounds()
SIZE = 10_000  # characters of one expression
TOKENS = 2_000
NESTING = 90


class Run:
    """One evaluation: its clock, its budget, and the notes it takes when asked to explain."""

    steps = 0
    depth = 0
    deadline = 0.0
    checked = 0
    bounds = DEFAULT
    now: datetime | None = None
    notes: list[Note] | None = None
    admitted: dict[int, Any] | None = None
    trace: list[Any] | None = None

    def spend(self, steps: int = 1) -> None:
        """Count work; raises RuleError when the budget is used up."""
        self.steps += steps
        if self.steps > self.bounds.steps:
            raise RuleError("steps", limit=self.bounds.steps)
        if self.steps >= self.checked:
            self.checked = self.steps + 100
            self.left()

    def left(self) -> float:
        """Seconds left; raises RuleError when there are none."""
        time = thread_time()
        if not self.deadline:
            self.deadline = time + self.bounds.seconds
        if time > self.deadline:
            raise RuleError("time", limit=self.bounds.seconds)
        return self.deadline - time

    def enter(self) -> None:
        self.depth += 1
        if self.depth > self.bounds.depth:
            raise RuleError("depth", limit=self.bounds.depth)
        self.spend()

    def items(self, size: int) -> None:
        """Room for a list of this size?"""
        if size > self.bounds.items:
            raise RuleError("list_size", limit=self.bounds.items)
        self.spend(1 + size // 8)

    def text(self, size: int) -> None:
        """Room for a text of this size?"""
        if size > self.bounds.characters:
            raise RuleError("text_size", limit=self.bounds.characters)
        self.spend(1 + size // 64)

    def null(self, place: tuple[int, int], code: str, **facts: Any) -> None:
        """Answer null and, if somebody wants to know, why."""
        if self.notes is not None and len(self.notes) < 200:
            self.notes.append(note(code, *place, **facts))

    def failed(self, place: tuple[int, int], failure: Failed) -> None:
        self.null(place, failure.code, **failure.facts)


class Scope:
    """Names visible at one place: a mapping and the scope around it (the outermost is the caller's data)."""

    __slots__ = ("names", "outer", "run")

    def __init__(self, names: Any, outer: Scope | None, run: Run) -> None:
        self.names = names
        self.outer = outer
        self.run = run
