"""Numbers: rounding, powers, and reading them from text."""

from __future__ import annotations

import re
from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from ..bounds import Run
from ..failures import Failed
from ..signatures import standard
from ..values import NUMBERS, Months, Value

_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,5})?", re.ASCII)


def calculated(name: str, result: object) -> Value:
    """Only finite numbers are values."""
    if isinstance(result, Decimal) and result.is_finite():
        return result
    raise Failed("argument_value", name=name, found=str(result)[:40])


def rounded(name: str, number: Decimal, scale: Decimal | None, rounding: str) -> Decimal:
    digits = int(scale or 0)
    if not -6111 <= digits <= 6176:
        raise Failed("argument_value", name=name, found=str(scale)[:40])
    if -int(number.as_tuple().exponent) <= digits and digits >= 0:
        return number
    if number.adjusted() + digits < -1:
        digits = max(digits, -number.adjusted() - 2) if rounding in (ROUND_HALF_EVEN,) else digits
    kept = number.scaleb(digits, NUMBERS) if digits else number
    whole = kept.to_integral_value(rounding)
    return NUMBERS.plus(whole.scaleb(-digits, NUMBERS)) if digits else whole


def _rounding(name: str, rounding: str, optional: bool) -> None:
    @standard(name, f"n: number, scale{'?' if optional else ''}: number")
    def round_(run: Run, n: Decimal, scale: Decimal | None = None) -> Value:
        return rounded(name, n, scale, rounding)


_rounding("decimal", ROUND_HALF_EVEN, False)
_rounding("floor", ROUND_FLOOR, True)
_rounding("ceiling", ROUND_CEILING, True)
_rounding("round up", ROUND_UP, False)
_rounding("round down", ROUND_DOWN, False)
_rounding("round half up", ROUND_HALF_UP, False)
_rounding("round half down", ROUND_HALF_DOWN, False)


@standard("abs", "n: number | days | months")
def absolute(run: Run, n: Value) -> Value:
    return Months(abs(n.count)) if isinstance(n, Months) else abs(n)


@standard("modulo", "dividend: number, divisor: number")
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Value:
    if not divisor:
        raise Failed("argument_value", name="modulo", found="0")
    times = NUMBERS.divide(dividend, divisor).to_integral_value(ROUND_FLOOR)
    return NUMBERS.subtract(dividend, NUMBERS.multiply(divisor, times))


@standard("sqrt", "number: number")
def square_root(run: Run, number: Decimal) -> Value:
    if number < 0:
        raise Failed("argument_value", name="sqrt", found=str(number))
    return NUMBERS.sqrt(number)


@standard("log", "number: number")
def logarithm(run: Run, number: Decimal) -> Value:
    if number <= 0:
        raise Failed("argument_value", name="log", found=str(number))
    return NUMBERS.ln(number)


@standard("exp", "number: number")
def exponential(run: Run, number: Decimal) -> Value:
    return NUMBERS.exp(number)


@standard("odd", "number: number")
def odd(run: Run, number: Decimal) -> Value:
    return _parity("odd", number) == 1


@standard("even", "number: number")
def even(run: Run, number: Decimal) -> Value:
    return _parity("even", number) == 0


def _parity(name: str, number: Decimal) -> int:
    if number != number.to_integral_value():
        raise Failed("argument_value", name=name, found=str(number))
    if number.adjusted() > 33:
        return 0
    return int(number) % 2


@standard("number", "from: string, grouping separator: string?, decimal separator: string?", "from: string")
def number(run: Run, text: str, grouping: str | None = None, point: str | None = None) -> Value:
    wrong = Failed("argument_value", name="number", found=f"“{text[:40]}”")
    if grouping not in (None, " ", ",", ".") or point not in (None, ".", ","):
        raise wrong
    if grouping is not None and grouping == point:
        raise wrong
    if grouping:
        text = text.replace(grouping, "")
    if point:
        text = text.replace(point, ".")
    if len(text) > 100 or not _NUMBER.fullmatch(text):
        raise wrong
    return calculated("number", NUMBERS.create_decimal(text))
