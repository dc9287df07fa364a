"""The values of the language: their kinds, equality, order and admission from plain data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from functools import total_ordering
from typing import Any

from .bounds import Run
from .failures import RuleError, Said
from .far import FarDate, FarMoment

NUMBERS = Context(prec=34, Emax=6144, Emin=-6143, traps=[DivisionByZero, InvalidOperation, Overflow])
Value = Any


@total_ordering
@dataclass(frozen=True, slots=True)
class Months:
    """A duration of years and months."""

    count: int

    def __lt__(self, other: Months) -> bool:
        return self.count < other.count


@dataclass(frozen=True, slots=True)
class Range:
    """`[low..high]`; or, with an `operator`, the test `(> 5)`, whose other end is open."""

    low: Value
    high: Value
    low_in: bool = True
    high_in: bool = True
    operator: str = ""


@dataclass(frozen=True, slots=True)
class Parameter:
    name: str
    type: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class Function:
    """Something an expression may call: written in FEEL, a knowledge model or a decision service."""

    name: str
    parameters: tuple[Parameter, ...]
    call: Callable[[list[Value], Run], Value]
    result: Any = None


@dataclass(frozen=True, eq=False, slots=True)
class Builtin:
    """A function of the standard: `overloads` are tried in order of fit (see signatures.py)."""

    name: str
    overloads: tuple[Any, ...]


KINDS: dict[type, str] = {
    Decimal: "number",
    str: "string",
    bool: "boolean",
    date: "date",
    time: "time",
    datetime: "date and time",
    FarDate: "date",
    FarMoment: "date and time",
    timedelta: "days and time duration",
    Months: "years and months duration",
    list: "list",
    dict: "context",
    Range: "range",
    Function: "function",
    Builtin: "function",
    type(None): "null",
}
KIND_NAMES = {
    "number": Said("数字", "a number"),
    "string": Said("文本", "a text"),
    "boolean": Said("是否", "a boolean"),
    "date": Said("日期", "a date"),
    "time": Said("时间", "a time"),
    "date and time": Said("日期时间", "a date and time"),
    "days and time duration": Said("天时分秒时长", "a days and time duration"),
    "years and months duration": Said("年月时长", "a years and months duration"),
    "list": Said("列表", "a list"),
    "context": Said("上下文", "a context"),
    "range": Said("区间", "a range"),
    "function": Said("函数", "a function"),
    "null": Said("空值", "null"),
}


def kind(value: Value) -> str:
    return KINDS[type(value)]


def told(value: Value) -> Said:
    """The kind of a value, for people."""
    return KIND_NAMES[KINDS[type(value)]]


def admit(value: Value, run: Run) -> Value:
    """A caller's value as a value of the language: numbers become Decimal, containers are copied once."""
    of = type(value)
    if of is Decimal or of is str or value is None or of is bool:
        return value
    if of is int:
        return Decimal(value) if -(10**34) < value < 10**34 else NUMBERS.create_decimal(value)
    if of in KINDS and of is not list and of is not dict:
        return value
    return _admit_other(value, run, 0)


def _admit_other(value: Value, run: Run, depth: int) -> Value:
    if depth > 60:
        raise RuleError("too_nested", limit=60)
    if isinstance(value, (list, tuple, Mapping)):
        if run.admitted is None:
            run.admitted = {}
        known = run.admitted.get(id(value))
        if known is not None:
            return known[0]
        run.items(len(value))
        result: Value
        if isinstance(value, Mapping):
            result = {str(key): _admit_inner(item, run, depth) for key, item in value.items()}
        else:
            result = [_admit_inner(item, run, depth) for item in value]
        run.admitted[id(value)] = (result, value)  # the second keeps the identity alive
        return result
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if isinstance(value, (bool, int, str, date, time, timedelta, Decimal)):  # subclasses: enumerations and the like
        for plain in (bool, str, datetime, date, time, Decimal):
            if isinstance(value, plain):
                return _plain(value, plain)
        return value if isinstance(value, timedelta) else NUMBERS.create_decimal(int(value))  # type: ignore[arg-type]
    raise RuleError("bad_value", kind=type(value).__name__)


def _plain(value: Value, plain: type) -> Value:
    if plain is str:
        return str.__str__(value)
    if plain is datetime:
        return datetime.combine(value.date(), value.timetz())
    return value


def _admit_inner(value: Value, run: Run, depth: int) -> Value:
    if isinstance(value, (list, tuple, Mapping)):
        return _admit_other(value, run, depth + 1)
    return admit(value, run)
