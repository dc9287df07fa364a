"""Representative values of a table's column: one for every piece its cells can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from . import syntax
from .comparison import equal, order
from .literals import literal_value
from .standard.texts import as_text
from .table import Column
from .values import NUMBERS, Months, Value, kind

_ONE: dict[type, Any] = {
    Decimal: Decimal(1),
    date: timedelta(days=1),
    datetime: timedelta(days=1),
    timedelta: timedelta(days=1),
}
Read = Callable[[syntax.Node], Value]
_OTHER = "其他"
_ANYTHING: dict[str, list[Value]] = {
    "number": [Decimal(0)],
    "boolean": [True, False],
    "date": [date(2026, 1, 1)],
    "time": [time(12)],
    "days and time duration": [timedelta(days=1)],
    "years and months duration": [Months(12)],
}


def literals_of(tests: syntax.Tests, read: Read = literal_value) -> list[tuple[Value, str]]:
    """The values written in a cell, each with the operator or `..` before it; raises ValueError if it is no literal."""
    return [pair for test in tests.tests for pair in _literals(test, read)]


def _literals(node: syntax.Node, read: Read) -> list[tuple[Value, str]]:
    if isinstance(node, syntax.Test):
        return [(read(node.operand), node.operator)]
    if isinstance(node, syntax.RangeLiteral):
        return [(read(node.low), ".."), (read(node.high), "..")]
    if isinstance(node, syntax.ListLiteral):
        return [pair for item in node.items for pair in _literals(item, read)]
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) and node.function.name == "not":
        return [pair for argument in node.arguments for pair in _literals(argument, read)]
    return [(read(node), "=")]


def written_in(column: Column, cells: Iterable[syntax.Tests], read: Read = literal_value) -> list[Value]:
    """The values that a column's cells name, each once; `read` gives what stands at one place, or raises ValueError."""
    written: list[Value] = []
    for cell in (*cells, *((column.allowed,) if column.allowed else ())):
        try:
            written += [value for value, _ in literals_of(cell, read) if value is not None]
        except ValueError:
            continue
    wanted = _kind(column, written)
    return _distinct(value for value in written if kind(value) == wanted)


def samples(column: Column, written: list[Value]) -> list[Value]:
    """Every written value, and one between, below and above each; what a column of this type may hold."""
    wanted = _kind(column, written)
    if wanted == "string":
        other = next(name for name in (_OTHER, _OTHER + "值", _OTHER + "文本") if name not in written)
        return [*written, other]
    if wanted == "boolean":
        return [True, False]
    if not written:
        return _ANYTHING.get(wanted, [])
    return _between(written)


def _kind(column: Column, written: list[Value]) -> str:
    if column.type and column.type.kind != "Any":
        return column.type.kind
    return kind(written[0]) if written else "string"


def _distinct(values: Iterable[Value]) -> list[Value]:
    kept: list[Value] = []
    seen: set[str] = set()
    for value in values:
        text = as_text(value)
        if text not in seen and (isinstance(value, str) or not any(equal(value, one) is True for one in kept)):
            kept.append(value)
        seen.add(text)
    return kept


def _between(values: list[Value]) -> list[Value]:
    """The values in order, with one value in every space between and around them."""
    if order(values[0], values[0]) is None:
        return values
    values = sorted(values, key=cmp_to_key(lambda a, b: order(a, b) or 0))
    result: list[Value] = [_step(values[0], -1)]
    for low, high in zip(values, [*values[1:], None], strict=True):
        result.append(low)
        result.append(_step(low, 1) if high is None else _middle(low, high))
    return [value for value in result if value is not None]


def _step(value: Value, sign: int) -> Value:
    try:
        if isinstance(value, time):
            moved = datetime.combine(date(2000, 1, 1), value) + timedelta(minutes=sign)
            return moved.timetz() if moved.date() == date(2000, 1, 1) else None
        if isinstance(value, Months):
            return Months(value.count + sign)
        return value + _ONE[type(value)] * sign if type(value) in _ONE else None
    except OverflowError:
        return None


def _middle(low: Value, high: Value) -> Value:
    """A value strictly between, as plain as possible; None if there is none."""
    if isinstance(low, Decimal):
        next_whole = NUMBERS.add(low, Decimal(1)).to_integral_value("ROUND_FLOOR")
        return next_whole if next_whole < high else NUMBERS.divide(NUMBERS.add(low, high), Decimal(2))
    if isinstance(low, Months):
        return Months(low.count + 1) if low.count + 1 < high.count else None
    if isinstance(low, time):
        middle = (
            datetime.combine(date(2000, 1, 1), low)
            + (datetime.combine(date(2000, 1, 1), high) - datetime.combine(date(2000, 1, 1), low)) / 2
        )
        return middle.timetz()
    middle = low + (high - low) / 2
    return middle if order(low, middle) == -1 and order(middle, high) == -1 else None
