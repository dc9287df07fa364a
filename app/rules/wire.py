"""Values as JSON and back: every value survives the round trip."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from .bounds import Run
from .failures import RuleError
from .far import FarDate
from .temporal import parse_date, parse_duration, parse_moment, parse_time, show
from .values import Months, Range, Value, admit, kind

_TAG = "@"  # {"@": "date", "value": "2026-11-23"}; a context that itself has the key "@" is wrapped
_READERS = {
    "date": parse_date,
    "time": parse_time,
    "date and time": parse_moment,
    "days and time duration": parse_duration,
    "years and months duration": parse_duration,
}


def to_json(value: Value) -> Any:
    """Plain JSON data for a value; raises RuleError for a function."""
    return _out(admit(value, Run()))


def _out(value: Value) -> Any:
    if value is None or type(value) in (bool, str):
        return value
    if type(value) is Decimal:
        return {_TAG: "number", "value": str(value)} if not _is_exact(value) else int(value)
    if type(value) is list:
        return [_out(item) for item in value]
    if type(value) is dict:
        plain = {key: _out(item) for key, item in value.items()}
        return {_TAG: "context", "value": plain} if _TAG in plain else plain
    if isinstance(value, (date, FarDate, time, timedelta, Months)):
        return {_TAG: kind(value), "value": show(value)}
    if type(value) is Range:
        ends = {
            "low": _out(value.low),
            "high": _out(value.high),
            "low_in": value.low_in,
            "high_in": value.high_in,
        }
        return {_TAG: "range", **ends, "operator": value.operator}
    raise RuleError("bad_value", kind=kind(value))


def _is_exact(number: Decimal) -> bool:
    """Small whole numbers, written plainly, are JSON's own."""
    return number.as_tuple().exponent == 0 and abs(number) < 2**53 and not (number.is_zero() and number.is_signed())


def from_json(data: Any) -> Value:
    """The value `to_json` gave; other JSON data is taken as it is."""
    if isinstance(data, list):
        return [from_json(item) for item in data]
    if not isinstance(data, Mapping):
        return admit(data, Run())
    tag = data.get(_TAG)
    try:
        if tag == "context":
            return {str(key): from_json(item) for key, item in data["value"].items()}
        if tag == "number":
            return Decimal(data["value"])
        if tag == "range":
            low, high = from_json(data["low"]), from_json(data["high"])
            return Range(low, high, bool(data["low_in"]), bool(data["high_in"]), str(data["operator"]))
        if tag in _READERS:
            return _READERS[tag](data["value"])
    except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError):
        raise RuleError("bad_value", kind=str(tag)) from None
    return {str(key): from_json(item) for key, item in data.items()}
