"""What is wrong with a decision table before anybody uses it; every finding has an example input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from . import syntax
from .bounds import Run, Scope
from .code import Surroundings
from .failures import RuleError, Said, note
from .kinds import conforms
from .literals import literal_value
from .model import Model
from .printer import shown
from .samples import literals_of, samples, written_in
from .standard.texts import as_text
from .table import Column, Rule, Table
from .unary import match_code
from .values import Value, kind

_MOST = 10  # findings of one kind
_LABOUR = 20_000  # boxes looked at when searching gaps


@dataclass(frozen=True, slots=True)
class Finding:
    """`kind` is a code of failures.py; rules and columns count from 1, inputs before outputs."""

    kind: str
    zh: str
    en: str
    rules: tuple[int, ...] = ()
    column: int = 0
    example: dict[str, Value] = field(default_factory=dict)

    def __str__(self) -> str:
        given = "，".join(f"{label} = {as_text(value, True)}" for label, value in self.example.items())
        return f"{self.zh}（例如 {given}）" if given else self.zh


def check_table(model: Model, decision: str) -> list[Finding]:
    """Overlaps under U and A, gaps, unreachable, duplicate and impossible rules, values outside types and lists."""
    table = model.part(decision).table
    if table is None:
        return []
    return list(_Check(table, model.types).findings())


def _finding(code: str, rules: Sequence[int], column: int, example: dict[str, Value], **facts: Any) -> Finding:
    listed = Said("、".join(map(str, rules)), ", ".join(map(str, rules)))
    told = note(code, rules=listed, rule=rules[0] if rules else "", **facts)
    return Finding(code, told.zh, told.en, tuple(rules), column, example)


class _Check:
    """Each cell becomes the set of its column's samples it accepts, as bits of a number; a rule becomes a box."""

    def __init__(self, table: Table, types: Any) -> None:
        self.table = table
        self.around = Surroundings(types)
        columns = list(zip(*(rule.tests for rule in table.rules), strict=True)) or [()] * len(table.inputs)
        self.samples = [
            self._allowed(column, samples(column, written_in(column, cells)))
            for column, cells in zip(self.table.inputs, columns, strict=True)
        ]
        self.boxes = [self._box(rule) for rule in table.rules]
        self.labour = 0

    def _allowed(self, column: Column, values: list[Value]) -> list[Value]:
        if column.allowed is None:
            return values
        bits = self._bits(column.allowed, values)
        return [value for n, value in enumerate(values) if bits is None or bits >> n & 1]

    def _bits(self, tests: syntax.Tests, values: list[Value]) -> int | None:
        """The accepted values; None for a cell that depends on more than its value."""
        if not tests.tests:
            return (1 << len(values)) - 1
        try:
            literals_of(tests)
            match = match_code(tests, self.around)
            scope = Scope({}, None, Run())
            return sum(match(value, scope) << n for n, value in enumerate(values))
        except (ValueError, RuleError):
            return None

    def _box(self, rule: Rule) -> list[int] | None:
        bits = [self._bits(tests, values) for tests, values in zip(rule.tests, self.samples, strict=True)]
        return None if any(one is None for one in bits) else bits  # type: ignore[return-value]

    def findings(self) -> Iterator[Finding]:
        yield from self._cells()
        if not all(self.samples):
            return
        yield from self._impossible()
        yield from self._pairs()
        yield from self._unreachable()
        if self.table.policy[0] != "C" and not any(column.default for column in self.table.outputs):
            yield from self._gaps()

    def _example(self, bits: Sequence[int]) -> dict[str, Value]:
        chosen = (values[(one & -one).bit_length() - 1] for one, values in zip(bits, self.samples, strict=True))
        return {column.label: value for column, value in zip(self.table.inputs, chosen, strict=True)}

    def _cells(self) -> Iterator[Finding]:
        for number, rule in enumerate(self.table.rules, 1):
            for place, (column, tests) in enumerate(zip(self.table.inputs, rule.tests, strict=True), 1):
                try:
                    written = literals_of(tests)
                except ValueError:
                    continue
                for value, operator in written:
                    yield from self._value(number, place, column, value, operator in ("=", "!="))
            outputs = zip(self.table.outputs, rule.results, strict=True)
            for place, (column, result) in enumerate(outputs, len(self.table.inputs) + 1):
                try:
                    yield from self._value(number, place, column, literal_value(result), True)
                except ValueError:
                    continue

    def _value(self, number: int, place: int, column: Column, value: Value, listed: bool) -> Iterator[Finding]:
        """One written value against its column's type and allowed values."""
        if value is None:
            return
        example, written = {column.label: value}, as_text(value, True)
        if column.type and column.type.kind not in ("Any", "list", kind(value)):
            wanted = column.type.said
            yield _finding("cell_type", [number], place, example, label=column.label, value=written, wanted=wanted)
            return
        unlisted = column.allowed and self._bits(column.allowed, [value]) == 0
        if listed and (unlisted or (column.type and not conforms(value, column.type, True))):
            yield _finding("cell_not_allowed", [number], place, example, label=column.label, value=written)

    def _impossible(self) -> Iterator[Finding]:
        for number, (rule, box) in enumerate(zip(self.table.rules, self.boxes, strict=True), 1):
            for place, bits in enumerate(box or (), 1):
                if bits == 0:
                    cell = shown(rule.tests[place - 1])
                    label = self.table.inputs[place - 1].label
                    example = {label: self.samples[place - 1][0]}
                    yield _finding("never", [number], place, example, label=label, cell=cell)

    def _pairs(self) -> Iterator[Finding]:
        """Rules that match together, and rules that say the same."""
        found = 0
        for second, box in enumerate(self.boxes):
            for first, earlier in enumerate(self.boxes[:second]):
                if not box or not earlier or found >= _MOST:
                    continue
                both = [a & b for a, b in zip(earlier, box, strict=True)]
                if not all(both):
                    continue
                rules = (first + 1, second + 1)
                same_result = self.table.rules[first].results == self.table.rules[second].results
                if box == earlier and same_result:
                    yield _finding("duplicate", rules, 0, self._example(both))
                elif self.table.policy == "U" or (self.table.policy == "A" and not same_result):
                    yield _finding("overlap", rules, 0, self._example(both))
                else:
                    continue
                found += 1

    def _unreachable(self) -> Iterator[Finding]:
        if self.table.policy != "F":
            return
        for number, box in enumerate(self.boxes):
            earlier = [one for one in self.boxes[:number] if one]
            if box and all(box) and next(self._uncovered(box, earlier, 0), None) is None:
                yield _finding("unreachable", [number + 1], 0, self._example(box))

    def _gaps(self) -> Iterator[Finding]:
        if any(box is None for box in self.boxes):
            return  # a cell over other names may cover anything
        everything = [(1 << len(values)) - 1 for values in self.samples]
        for found, hole in enumerate(self._uncovered(everything, [box for box in self.boxes if box], 0)):
            if found >= _MOST:
                return
            yield _finding("gap", (), 0, self._example(hole))

    def _uncovered(self, box: list[int], covers: list[list[int]], place: int) -> Iterator[list[int]]:
        """Boxes inside `box` that none of `covers` meets, column by column."""
        self.labour += 1
        if self.labour > _LABOUR:
            return
        if not covers:
            yield box
            return
        if place == len(box):
            return
        classes: dict[tuple[int, ...], int] = {}
        for n in range(len(self.samples[place])):
            if box[place] >> n & 1:
                accepting = tuple(index for index, cover in enumerate(covers) if cover[place] >> n & 1)
                classes[accepting] = classes.get(accepting, 0) | 1 << n
        for accepting, bits in classes.items():
            inner = [*box[:place], bits, *box[place + 1 :]]
            yield from self._uncovered(inner, [covers[index] for index in accepting], place + 1)
