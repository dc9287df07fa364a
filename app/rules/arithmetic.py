"""`+ - * / **` beyond two numbers: texts, dates, times and durations."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from .bounds import Run
from .failures import Failed
from .temporal import instant, plus_months, seconds_of, since_midnight
from .values import NUMBERS, Months, Value, told

_DAY = timedelta(days=1)


def _add(a: Value, b: Value, run: Run) -> Value:
    left, right = type(a), type(b)
    if left is str and right is str:
        run.text(len(a) + len(b))
        return a + b
    if left is timedelta and right is timedelta:
        return a + b
    if left is Months and right is Months:
        return Months(a.count + b.count)
    if right in (date, datetime, time) and left in (timedelta, Months):
        a, b, left, right = b, a, right, left
    if right is Months and left in (date, datetime):
        return plus_months(a, b.count)
    if right is timedelta:
        return _later(a, b)
    raise _inapplicable("+", a, b)


def _later(moment: Value, length: timedelta) -> Value:
    """A moment so much later; a date moves by its midnight, a time of day goes round."""
    of = type(moment)
    if of is date:
        return (datetime.combine(moment, time()) + length).date()
    if of is datetime:
        zone = moment.tzinfo
        return moment + length if zone is None else (instant(moment) + length).astimezone(zone)
    if of is time:
        since = since_midnight(moment.replace(tzinfo=None)) + length
        return (datetime.combine(date.min, time()) + since % _DAY).time().replace(tzinfo=moment.tzinfo)
    raise _inapplicable("+", moment, length)


def _subtract(a: Value, b: Value, run: Run) -> Value:
    left, right = type(a), type(b)
    if left in (date, datetime) and right in (date, datetime):
        return _elapsed(a, b)
    if left is time and right is time:
        if (a.tzinfo is None) != (b.tzinfo is None):
            raise _inapplicable("-", a, b)
        return since_midnight(a) - since_midnight(b)
    if left is timedelta and right is timedelta:
        return a - b
    if left is Months and right is Months:
        return Months(a.count - b.count)
    if left in (date, datetime) and right is Months:
        return plus_months(a, -b.count)
    if left in (date, datetime, time) and right is timedelta:
        return _later(a, -b)
    raise _inapplicable("-", a, b)


def _elapsed(a: Value, b: Value) -> timedelta:
    """A date counts as its midnight at UTC where it meets a moment that has an offset."""
    moments = []
    for one, other in ((a, b), (b, a)):
        if type(one) is date:
            other_zone = other.tzinfo if type(other) is datetime else None
            one = datetime.combine(one, time(), None if other_zone is None else UTC)
        moments.append(one)
    a, b = moments
    if (a.tzinfo is None) != (b.tzinfo is None):
        raise _inapplicable("-", a, b)
    return a - b if a.tzinfo is None else instant(a) - instant(b)


def _multiply(a: Value, b: Value, run: Run) -> Value:
    if type(a) is Decimal:
        a, b = b, a
    if type(b) is Decimal:
        if type(a) is Months:
            return Months(int(NUMBERS.multiply(Decimal(a.count), b)))
        if type(a) is timedelta:
            return _seconds(NUMBERS.multiply(seconds_of(a), b))
    raise _inapplicable("*", a, b)


def _divide(a: Value, b: Value, run: Run) -> Value:
    left, right = type(a), type(b)
    if left is Months and right is Months:
        return NUMBERS.divide(Decimal(a.count), Decimal(b.count))
    if left is timedelta and right is timedelta:
        return NUMBERS.divide(seconds_of(a), seconds_of(b))
    if right is Decimal and left is Months:
        return Months(int(NUMBERS.divide(Decimal(a.count), b)))
    if right is Decimal and left is timedelta:
        return _seconds(NUMBERS.divide(seconds_of(a), b))
    raise _inapplicable("/", a, b)


def _seconds(count: Decimal) -> timedelta:
    micro = int(count.scaleb(6)) if abs(count) < Decimal(10) ** 15 else None
    if micro is None:
        raise OverflowError
    return timedelta(microseconds=micro)


def _power(a: Value, b: Value, run: Run) -> Value:
    if type(a) is Decimal and type(b) is Decimal:
        if abs(b) > 1_000_000:
            raise OverflowError
        return NUMBERS.power(a, b)
    raise _inapplicable("**", a, b)


def _inapplicable(operator: str, a: Value, b: Value) -> Failed:
    return Failed("not_operable", op=operator, left=told(a), right=told(b))


ARITHMETIC: dict[str, Callable[[Value, Value, Run], Value]] = {
    "+": _add,
    "-": _subtract,
    "*": _multiply,
    "/": _divide,
    "**": _power,
}
