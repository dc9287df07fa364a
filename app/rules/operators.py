"""Arithmetic, comparison and three-valued logic."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from . import syntax
from .arithmetic import ARITHMETIC
from .bounds import Run, Scope
from .code import Code, Surroundings, codes, make
from .comparison import equal, member, order
from .failures import Failed
from .values import NUMBERS, Months, Value, told

_ORDERS: dict[str, Callable[[Any, Any], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}
_FAST = frozenset({Decimal, str, date, timedelta, Months})
_EXACT: dict[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
}


@codes(syntax.Binary)
def _binary(node: syntax.Binary, around: Surroundings) -> Code:
    left, right = make(node.left, around), make(node.right, around)
    if node.operator in _ORDERS:
        fixed = node.right.value if isinstance(node.right, syntax.Literal) else None
        if type(fixed) is Decimal:
            return _compare_fixed(node, left, fixed)
        return _compare(node, left, right)
    if node.operator in ("=", "!="):
        return _equality(node, left, right)
    return _calculate(node, left, right)


def _compare_fixed(node: syntax.Binary, left: Code, fixed: Decimal) -> Code:
    """Against a number in the text: the commonest condition of all."""
    holds = _ORDERS[node.operator]

    def compare(scope: Scope) -> Value:
        value = left(scope)
        if type(value) is Decimal:
            return holds(value, fixed)
        return _incomparable(scope.run, node, value, fixed)

    return compare


def _compare(node: syntax.Binary, left: Code, right: Code) -> Code:
    holds = _ORDERS[node.operator]

    def compare(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        of = type(a)
        if of is type(b) and of in _FAST:
            return holds(a, b)
        side = order(a, b)
        return _incomparable(scope.run, node, a, b) if side is None else holds(side, 0)

    return compare


def _equality(node: syntax.Binary, left: Code, right: Code) -> Code:
    wanted = node.operator == "="

    def compare(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        of = type(a)
        if of is type(b) and of in _FAST:
            return (a == b) is wanted
        same = equal(a, b)
        return _incomparable(scope.run, node, a, b) if same is None else same is wanted

    return compare


def _incomparable(run: Run, node: syntax.Node, a: Value, b: Value) -> None:
    if run.notes is not None:
        run.null(node.place, "not_comparable", left=told(a), right=told(b))


def _calculate(node: syntax.Binary, left: Code, right: Code) -> Code:
    operator, place = node.operator, node.place
    exact, general = _EXACT.get(operator), ARITHMETIC[operator]

    def calculate(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        try:
            if exact is not None and type(a) is Decimal and type(b) is Decimal:
                return exact(a, b)
            return general(a, b, scope.run)
        except (ArithmeticError, ValueError):
            return scope.run.null(place, "arithmetic", op=operator)
        except Failed as failure:
            return scope.run.failed(place, failure)

    return calculate


@codes(syntax.Negation)
def _negation(node: syntax.Negation, around: Surroundings) -> Code:
    operand, place = make(node.operand, around), node.place

    def negate(scope: Scope) -> Value:
        value = operand(scope)
        of = type(value)
        if of is Decimal:
            return NUMBERS.minus(value)
        if of is timedelta:
            return -value
        if of is Months:
            return Months(-value.count)
        return scope.run.null(place, "not_negatable", of=told(value))

    return negate


@codes(syntax.Junction)
def _junction(node: syntax.Junction, around: Surroundings) -> Code:
    operands = [make(operand, around) for operand in node.operands]
    decisive = node.operator == "or"
    place = node.place

    def join(scope: Scope) -> Value:
        unknown = False
        for operand in operands:
            value = operand(scope)
            if value is decisive:
                return decisive
            if type(value) is not bool:
                unknown = True
                if value is not None:
                    scope.run.null(place, "not_boolean", of=told(value))
        return None if unknown else not decisive

    return join


@codes(syntax.Between)
def _between(node: syntax.Between, around: Surroundings) -> Code:
    value_code, low_code, high_code = (make(part, around) for part in (node.value, node.low, node.high))

    def between(scope: Scope) -> Value:
        value, low, high = value_code(scope), low_code(scope), high_code(scope)
        above, below = order(value, low), order(value, high)
        if above is None or below is None:
            return _incomparable(scope.run, node, value, low if above is None else high)
        return above >= 0 >= below

    return between


@codes(syntax.In)
def _in(node: syntax.In, around: Surroundings) -> Code:
    value_code = make(node.value, around)
    tests = [test_code(test, around) for test in node.tests]

    def contained(scope: Scope) -> Value:
        value = value_code(scope)
        unknown = False
        for test in tests:
            found = test(value, scope)
            if found is True:
                return True
            unknown = unknown or found is None
        return _incomparable(scope.run, node, value, None) if unknown else False

    return contained


def test_code(node: syntax.Node, around: Surroundings) -> Callable[[Value, Scope], bool | None]:
    """The code of one unary test without `?`: takes the value to test and the scope."""
    if isinstance(node, syntax.Test):
        operator, operand = node.operator, make(node.operand, around)
        if operator in ("=", "!="):
            return lambda value, scope: _like(operator == "=", equal(value, operand(scope)))
        holds = _ORDERS[operator]
        fixed = node.operand.value if isinstance(node.operand, syntax.Literal) else None
        if type(fixed) is Decimal:
            return lambda value, scope: holds(value, fixed) if type(value) is Decimal else None
        return lambda value, scope: _sided(holds, order(value, operand(scope)))
    if isinstance(node, syntax.Literal) and type(node.value) is str:
        text = node.value
        return lambda value, scope: value == text if type(value) is str else equal(value, text)
    code = make(node, around)
    return lambda value, scope: member(value, code(scope))


def _like(wanted: bool, same: bool | None) -> bool | None:
    return None if same is None else same is wanted


def _sided(holds: Callable[[Any, Any], bool], side: int | None) -> bool | None:
    return None if side is None else holds(side, 0)
