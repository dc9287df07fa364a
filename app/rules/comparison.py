"""Equality, order and membership, three-valued: None means the two cannot be compared."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from .far import FarDate, FarMoment, position
from .temporal import instant, since_midnight
from .values import Builtin, Function, Months, Range, Value, kind

_SCALARS = frozenset({Decimal, str, bool, date, timedelta, Months})
_FAR = frozenset({FarDate, FarMoment})
_ORDERED = frozenset({Decimal, str, date, timedelta, Months})


def equal(left: Value, right: Value) -> bool | None:
    """FEEL `=`: null equals only null, moments are equal if their seconds are; other kinds do not compare."""
    if left is None or right is None:
        return left is right
    of = type(left)
    if of in _FAR or type(right) in _FAR:
        return position(left) == position(right) if kind(left) == kind(right) else None
    if of is not type(right):
        return _unwrapped(left, right)
    if of in _SCALARS:
        return left == right
    if of is datetime:
        return _same_moment(left.replace(microsecond=0), right.replace(microsecond=0))
    if of is time:
        return since_midnight(left.replace(microsecond=0)) == since_midnight(right.replace(microsecond=0))
    if of is list:
        return len(left) == len(right) and _all(equal(a, b) for a, b in zip(left, right, strict=True))
    if of is dict:
        return left.keys() == right.keys() and _all(equal(item, right[key]) for key, item in left.items())
    if of is Range:
        ends = (left.low_in, left.high_in, left.operator) == (right.low_in, right.high_in, right.operator)
        return ends and _all((equal(left.low, right.low), equal(left.high, right.high)))
    if of in (Function, Builtin):
        return None
    return None


def _unwrapped(left: Value, right: Value) -> bool | None:
    """A list of one item may stand for its item."""
    if type(left) is list and type(right) is not list and len(left) == 1:
        return equal(left[0], right)
    if type(right) is list and type(left) is not list and len(right) == 1:
        return equal(left, right[0])
    return None


def _all(parts: object) -> bool:
    return all(part is True for part in parts)  # type: ignore[attr-defined]


def _same_moment(left: datetime, right: datetime) -> bool:
    if left.tzinfo is None and right.tzinfo is None:
        return left == right
    return instant(left) == instant(right)


def order(left: Value, right: Value) -> int | None:
    """-1, 0 or 1; None if the two have no order."""
    of = type(left)
    if (of in _FAR or type(right) in _FAR) and kind(left) == kind(right):
        left, right = position(left), position(right)
    elif of is not type(right):
        return None
    elif of is datetime:
        if left.tzinfo is not None or right.tzinfo is not None:
            left, right = instant(left), instant(right)
    elif of is time:
        left, right = since_midnight(left), since_midnight(right)
    elif of not in _ORDERED:
        return None
    return -1 if left < right else 1 if left > right else 0


def within(value: Value, ends: Range) -> bool | None:
    """Does the range include the value?"""
    if ends.operator in ("=", "!="):
        same = equal(value, ends.low)
        return None if same is None else same is (ends.operator == "=")
    if (ends.low is None or ends.high is None) and (not ends.operator or ends.low is ends.high):
        return None
    result = True
    for end, included, wanted in ((ends.low, ends.low_in, 1), (ends.high, ends.high_in, -1)):
        if end is None:
            continue
        side = order(value, end)
        if side is None:
            return None
        result = result and (side == wanted or (included and side == 0))
    return result


def member(value: Value, test: Value) -> bool | None:
    """FEEL `value in test` for an evaluated test: a range, a list of values and ranges, or one value."""
    if type(test) is Range:
        return equal(value, test) if type(value) is Range else within(value, test)
    if type(test) is not list:
        return equal(value, test)
    if type(value) is list and equal(value, test):
        return True
    for item in test:
        if (within(value, item) if type(item) is Range and type(value) is not Range else equal(value, item)) is True:
            return True
        if type(item) is list and type(value) is list and member(value, item):
            return True
    return False
