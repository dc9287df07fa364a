"""The nearest answers: which columns of a table would have to hold what, for it to say something else."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations, islice, product
from typing import Any

from . import syntax
from .bounds import Run, Scope
from .code import Surroundings, make
from .comparison import equal, order
from .hits import Hits
from .model import Model, Part, Session, bind
from .printer import shown
from .samples import samples, written_in
from .table import Column, Table, input_code
from .values import Range, Value

_LABOUR = 4_000  # answers tried


@dataclass(frozen=True, slots=True)
class Lack:
    """A column that stands in the way: what it holds, and what it would have to.

    `wanted` are values and ranges, any of which would do; a `stranger` to them is wanted instead if that is set. `asks`
    is the column's expression; columns count from 1.
    """

    column: int
    label: str
    asks: str
    value: Value
    wanted: tuple[Value, ...]
    stranger: bool = False


Way = tuple[Lack, ...]
"""What must change together."""


def nearest(
    model: Model,
    decision: str,
    context: Mapping[str, Any],
    accepts: Callable[[Value], bool],
    *,
    held: Container[str] = (),
    now: datetime | None = None,
) -> list[Way]:
    """The ways with the fewest columns changed to an answer that `accepts` takes; none if it takes the present one.

    The table itself is asked, so every hit policy counts. `held`: expressions of columns that will not change.
    Raises RuleError when a bound is reached.
    """
    part = model.part(decision)
    if part.table is None:
        return []
    asked = _Asked(model, part, part.table, context, now)
    if accepts(asked.answer(asked.present)):
        return []
    free = [n for n, column in enumerate(asked.columns) if column.others and column.asks not in held]
    for size in range(1, len(free) + 1):
        if ways := [way for places in combinations(free, size) if (way := asked.way(places, accepts))]:
            return ways
    return []


@dataclass(frozen=True, slots=True)
class _Column:
    """An input column with the values its cells tell apart."""

    label: str
    asks: str
    written: list[Value]
    samples: list[Value]
    others: list[Value]  # the samples that differ from the present value

    def wanted(self, good: list[Value]) -> tuple[tuple[Value, ...], bool]:
        """`good` samples in as few words as may be; (values, whether a stranger to them is meant)."""
        if isinstance(good[0], str):
            if good[-1] in self.written:
                return tuple(good), False
            return tuple(value for value in self.written if value not in good), True
        if isinstance(good[0], bool) or order(good[0], good[0]) is None:
            return tuple(good), False
        return tuple(self._runs(good)), False

    def _runs(self, good: list[Value]) -> Iterator[Value]:
        """Neighbours among the samples, as one value or range; a sample nobody wrote stands for all beside it."""
        run: list[int] = []
        for n, value in enumerate([*self.samples, None]):
            if value is not None and any(equal(value, one) is True for one in good):
                run.append(n)
            elif run:
                yield self._range(run[0], run[-1])
                run = []

    def _range(self, first: int, last: int) -> Value:
        low, low_in = self._end(first, -1)
        high, high_in = self._end(last, 1)
        return low if first == last and low_in else Range(low, high, low_in, high_in)

    def _end(self, n: int, step: int) -> tuple[Value, bool]:
        if any(equal(self.samples[n], one) is True for one in self.written):
            return self.samples[n], True
        beside = n + step
        return (self.samples[beside] if 0 <= beside < len(self.samples) else None), False


class _Asked:
    """A table with what it is asked; its columns may be given other values."""

    def __init__(
        self, model: Model, part: Part, table: Table, context: Mapping[str, Any], now: datetime | None
    ) -> None:
        self.table, self.run, around = table, Run(), Surroundings(model.types)
        self.run.now = now
        names = dict(context)
        bind(names, part.requires, Session(model.parts, context, self.run))
        self.scope = Scope(names, None, self.run)
        self.present = [code(self.scope) for _, code, _ in (input_code(one, around) for one in table.inputs)]
        self.rules = [table.tests_of(rule, around) for rule in table.rules]
        self.hits = Hits(table, around)
        cells = list(zip(*(rule.tests for rule in table.rules), strict=True)) or [()] * len(table.inputs)
        self.columns = [
            self._column(column, own, present, around)
            for column, own, present in zip(table.inputs, cells, self.present, strict=True)
        ]
        self.left = _LABOUR

    def _column(self, column: Column, cells: Sequence[syntax.Tests], present: Value, around: Surroundings) -> _Column:
        written = written_in(column, cells, lambda node: make(node, around)(self.scope))
        values = samples(column, written)
        others = [value for value in values if equal(value, present) is not True]
        asks = shown(column.expression) if column.expression else ""
        return _Column(column.label, asks, written, values, others)

    def answer(self, values: Sequence[Value]) -> Value:
        matched = [n for n, tests in enumerate(self.rules) if all(test(values[at], self.scope) for at, test in tests)]
        return self.hits.result(matched[:1] if self.table.policy == "F" else matched, self.scope)

    def way(self, places: tuple[int, ...], accepts: Callable[[Value], bool]) -> Way:
        """What these columns would have to hold together; empty if nothing helps."""
        choices = islice(product(*(self.columns[n].others for n in places)), self.left)
        good = []
        for choice in choices:
            self.left -= 1
            values = list(self.present)
            for n, value in zip(places, choice, strict=True):
                values[n] = value
            if accepts(self.answer(values)):
                good.append(choice)
        return tuple(self._lack(n, [choice[k] for choice in good]) for k, n in enumerate(places)) if good else ()

    def _lack(self, n: int, good: list[Value]) -> Lack:
        column = self.columns[n]
        kept = [value for value in column.others if any(equal(value, one) is True for one in good)]
        wanted, stranger = column.wanted(kept)
        return Lack(n + 1, column.label, column.asks, self.present[n], wanted, stranger)
