"""Hit policies: what a table answers when these rules match."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from . import syntax
from .bounds import Scope
from .code import Code, Surroundings, make
from .comparison import equal, member
from .failures import Failed
from .kinds import Unfit, coerce
from .signatures import BUILTINS, invoke
from .values import Value, told

if TYPE_CHECKING:
    from .table import Column, Table

POLICIES = {
    ("UNIQUE", ""): "U",
    ("ANY", ""): "A",
    ("PRIORITY", ""): "P",
    ("FIRST", ""): "F",
    ("RULE ORDER", ""): "R",
    ("OUTPUT ORDER", ""): "O",
    ("COLLECT", ""): "C",
    ("COLLECT", "SUM"): "C+",
    ("COLLECT", "COUNT"): "C#",
    ("COLLECT", "MIN"): "C<",
    ("COLLECT", "MAX"): "C>",
}
_AGGREGATES = {"C+": "sum", "C<": "min", "C>": "max"}


class Hits:
    """Turns the numbers of the matching rules into the table's value."""

    def __init__(self, table: Table, around: Surroundings) -> None:
        self.table = table
        self.outputs = [[make(result, around) for result in rule.results] for rule in table.rules]
        self.defaults = [make(column.default, around) if column.default else None for column in table.outputs]
        self.orders = [_order_code(column, around) for column in table.outputs]
        self.single = len(table.outputs) == 1
        self._policy = _RESULTS[table.policy]

    def result(self, matched: list[int], scope: Scope) -> Value:
        if not matched:
            return self._default(scope)
        return self._policy(self, matched, scope)

    def _default(self, scope: Scope) -> Value:
        if any(self.defaults):
            value = self._row([code or _null for code in self.defaults], scope)
            return [value] if self.table.policy in ("R", "O", "C") else value
        scope.run.null((0, 0), "no_rule", name=self.table.name)
        if self.table.policy == "C#":
            return Decimal(0)
        return None

    def row(self, index: int, scope: Scope) -> Value:
        return self._row(self.outputs[index], scope)

    def _row(self, codes: list[Code], scope: Scope) -> Value:
        values = [_typed(column, code(scope), scope) for column, code in zip(self.table.outputs, codes, strict=True)]
        if self.single:
            return values[0]
        return {column.label: value for column, value in zip(self.table.outputs, values, strict=True)}

    def _null(self, code: str, scope: Scope, matched: list[int]) -> None:
        shown = "、".join(str(index + 1) for index in matched)
        scope.run.null((0, 0), code, name=self.table.name, rules=shown)

    def unique(self, matched: list[int], scope: Scope) -> Value:
        if len(matched) > 1:
            return self._null("not_unique", scope, matched)
        return self.row(matched[0], scope)

    def any(self, matched: list[int], scope: Scope) -> Value:
        rows = [self.row(index, scope) for index in matched]
        if not all(row is None if rows[0] is None else equal(rows[0], row) is True for row in rows[1:]):
            return self._null("not_any", scope, matched)
        return rows[0]

    def first(self, matched: list[int], scope: Scope) -> Value:
        return self.row(matched[0], scope)

    def every(self, matched: list[int], scope: Scope) -> Value:
        return [self.row(index, scope) for index in matched]

    def count(self, matched: list[int], scope: Scope) -> Value:
        return Decimal(len(matched))

    def aggregate(self, matched: list[int], scope: Scope) -> Value:
        if not self.single:
            return self._null("not_collectable", scope, matched)
        try:
            return invoke(BUILTINS[_AGGREGATES[self.table.policy]], [self.every(matched, scope)], (), scope.run)
        except Failed as failure:
            return scope.run.failed((0, 0), failure)

    def ordered(self, matched: list[int], scope: Scope) -> Value:
        """By the order of the allowed output values, first column first."""
        orders = [code(scope) if code else [] for code in self.orders]
        rows = [self.row(index, scope) for index in matched]

        def rank(row: Value) -> tuple[int, ...]:
            values = [row] if self.single else list(row.values())
            return tuple(_rank(value, allowed) for value, allowed in zip(values, orders, strict=True))

        return sorted(rows, key=rank)

    def priority(self, matched: list[int], scope: Scope) -> Value:
        return self.ordered(matched, scope)[0]


def _null(scope: Scope) -> Value:
    return None


def _typed(column: Column, value: Value, scope: Scope) -> Value:
    if column.type is None or value is None:
        return value
    try:
        return coerce(value, column.type)
    except Unfit:
        found = told(value)
        return scope.run.null((0, 0), "wrong_type", name=column.label, expected=column.type.said, found=found)


def _order_code(column: Column, around: Surroundings) -> Callable[[Scope], list[Value]] | None:
    tests = column.allowed
    if tests is None:
        return None
    codes = [make(test, around) for test in tests.tests if not isinstance(test, syntax.Test)]
    return lambda scope: [code(scope) for code in codes]


def _rank(value: Value, allowed: list[Value]) -> int:
    for index, one in enumerate(allowed):
        if equal(value, one) is True or member(value, one) is True:
            return index
    return len(allowed)


_RESULTS: dict[str, Callable[[Hits, list[int], Scope], Any]] = {
    "U": Hits.unique,
    "A": Hits.any,
    "P": Hits.priority,
    "F": Hits.first,
    "R": Hits.every,
    "O": Hits.ordered,
    "C": Hits.every,
    "C+": Hits.aggregate,
    "C#": Hits.count,
    "C<": Hits.aggregate,
    "C>": Hits.aggregate,
}
