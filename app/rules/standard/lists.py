"""Lists: counting, ordering, changing, and what statistics need."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import cmp_to_key
from typing import Any

from ..application import apply
from ..bounds import Run
from ..comparison import equal, order
from ..failures import Failed
from ..signatures import standard
from ..values import KIND_NAMES, NUMBERS, Function, Value, told
from .numbers import calculated


def _numbers(name: str, items: list[Value]) -> list[Decimal]:
    for item in items:
        if type(item) is not Decimal:
            raise Failed(
                "argument_type",
                name=name,
                parameter="list",
                expected=KIND_NAMES["number"],
                found=told(item),
            )
    return items


def _spread(run: Run, given: tuple[Value, ...]) -> list[Value]:
    """One list, or its items as arguments."""
    items = given[0] if len(given) == 1 and type(given[0]) is list else list(given)
    run.items(len(items))
    return items


def over_list(name: str) -> Callable[[Callable[[Run, list[Value]], Value]], Callable[..., Value]]:
    """Declare a function that takes a list, or its items one by one."""

    def register(function: Callable[[Run, list[Value]], Value]) -> Callable[..., Value]:
        def spread(run: Run, *given: Value) -> Value:
            return function(run, _spread(run, given))

        return standard(name, "list: list", "...list: any")(spread)

    return register


@standard("count", "list: list")
def count(run: Run, items: list[Value]) -> Value:
    return Decimal(len(items))


def _extreme(name: str, wanted: int) -> None:
    @over_list(name)
    def extreme(run: Run, items: list[Value]) -> Value:
        if not items:
            return None
        best = items[0]
        for item in items:
            side = order(item, best)
            if side is None:
                raise Failed("not_comparable", left=told(item), right=told(best))
            if side == wanted:
                best = item
        return best


_extreme("min", -1)
_extreme("max", 1)


@over_list("sum")
def total(run: Run, items: list[Value]) -> Value:
    if not items:
        return None
    result = Decimal(0)
    for number in _numbers("sum", items):
        result = NUMBERS.add(result, number)
    return result


@over_list("product")
def product(run: Run, items: list[Value]) -> Value:
    if not items:
        return None
    result = Decimal(1)
    for number in _numbers("product", items):
        result = NUMBERS.multiply(result, number)
    return result


@over_list("mean")
def mean(run: Run, items: list[Value]) -> Value:
    return NUMBERS.divide(total(run, items), Decimal(len(items))) if items else None


@over_list("median")
def median(run: Run, items: list[Value]) -> Value:
    numbers = sorted(_numbers("median", items))
    if not numbers:
        return None
    middle = len(numbers) // 2
    if len(numbers) % 2:
        return numbers[middle]
    return NUMBERS.divide(NUMBERS.add(numbers[middle - 1], numbers[middle]), Decimal(2))


@over_list("stddev")
def stddev(run: Run, items: list[Value]) -> Value:
    """Of a sample."""
    numbers = _numbers("stddev", items)
    if len(numbers) < 2:
        raise Failed("argument_value", name="stddev", found=f"[{len(numbers)}]")
    average = mean(run, numbers)
    squares = [NUMBERS.power(NUMBERS.subtract(number, average), Decimal(2)) for number in numbers]
    return calculated("stddev", NUMBERS.sqrt(NUMBERS.divide(total(run, squares), Decimal(len(numbers) - 1))))


@over_list("mode")
def mode(run: Run, items: list[Value]) -> Value:
    seen: dict[Decimal, int] = {}
    for number in _numbers("mode", items):
        seen[number] = seen.get(number, 0) + 1
    most = max(seen.values(), default=0)
    return sorted(number for number, times in seen.items() if times == most)


def _junction(name: str, decisive: bool) -> None:
    @over_list(name)
    def junction(run: Run, items: list[Value]) -> Value:
        unknown = False
        for item in items:
            if item is decisive:
                return decisive
            unknown = unknown or type(item) is not bool
        return None if unknown else not decisive


_junction("any", True)
_junction("all", False)


@standard("not", "negand: any")
def negate(run: Run, negand: Value) -> Value:
    return not negand if type(negand) is bool else None


@standard("list contains", "list: list, element: any")
def list_contains(run: Run, items: list[Value], element: Value) -> Value:
    run.items(len(items))
    return any(equal(item, element) is True for item in items)


@standard("sublist", "list: list, start position: number, length?: number")
def sublist(run: Run, items: list[Value], start: Decimal, length: Decimal | None = None) -> Value:
    begin = _position("sublist", items, start)
    if length is None:
        return items[begin:]
    if length < 0 or begin + length > len(items):
        raise Failed("argument_value", name="sublist", found=str(length))
    return items[begin : begin + int(length)]


def _position(name: str, items: list[Value], position: Decimal) -> int:
    if position != position.to_integral_value() or not 1 <= abs(position) <= len(items):
        raise Failed("no_index", size=len(items), index=str(position))
    return int(position) - 1 if position > 0 else len(items) + int(position)


@standard("append", "list: list?, ...item: any")
def append(run: Run, items: list[Value] | None, *more: Value) -> Value:
    run.items(len(items or ()) + len(more))
    return [*(items if items is not None else [None]), *more]


@standard("concatenate", "...list: list")
def concatenate(run: Run, *lists: list[Value]) -> Value:
    run.items(sum(map(len, lists)))
    return [item for one in lists for item in one]


@standard("union", "...list: list")
def union(run: Run, *lists: list[Value]) -> Value:
    return distinct_values(run, concatenate(run, *lists))


@standard("insert before", "list: list, position: number, newItem: any")
def insert_before(run: Run, items: list[Value], position: Decimal, item: Value) -> Value:
    at = _position("insert before", items, position)
    run.items(len(items) + 1)
    return [*items[:at], item, *items[at:]]


@standard("remove", "list: list, position: number")
def remove(run: Run, items: list[Value], position: Decimal) -> Value:
    at = _position("remove", items, position)
    run.items(len(items))
    return items[:at] + items[at + 1 :]


@standard("list replace", "list: list, position: number, newItem: any", "list: list, match: function, newItem: any")
def list_replace(run: Run, items: list[Value], place: Value, item: Value) -> Value:
    run.items(len(items))
    if type(place) is Decimal:
        at = _position("list replace", items, place)
        return [*items[:at], item, *items[at + 1 :]]
    results = []
    for one in items:
        matched = called(place, [one, item], run)
        if type(matched) is not bool:
            raise Failed("not_boolean", of=told(matched))
        results.append(item if matched else one)
    return results


def called(function: Any, arguments: list[Value], run: Run) -> Value:
    """Call a function that was given as an argument."""
    if isinstance(function, Function) and len(function.parameters) != len(arguments):
        raise Failed("arguments", name=function.name or "function", expected=str(len(arguments)))
    return apply(function, arguments, (), run, (1, 1))


@standard("reverse", "list: list")
def reverse(run: Run, items: list[Value]) -> Value:
    run.items(len(items))
    return items[::-1]


@standard("index of", "list: list, match: any")
def index_of(run: Run, items: list[Value], match: Value) -> Value:
    run.items(len(items))
    return [Decimal(n) for n, item in enumerate(items, 1) if equal(item, match) is True]


@standard("distinct values", "list: list")
def distinct_values(run: Run, items: list[Value]) -> Value:
    kept: list[Value] = []
    for item in items:
        run.spend(1 + len(kept) // 4)
        if not any(equal(item, one) is True for one in kept):
            kept.append(item)
    return kept


@standard("flatten", "list: list")
def flatten(run: Run, items: list[Value]) -> Value:
    results: list[Value] = []
    waiting = [iter(items)]
    while waiting:
        for item in waiting[-1]:
            run.spend()
            if type(item) is list:
                waiting.append(iter(item))
                break
            results.append(item)
        else:
            waiting.pop()
    run.items(len(results))
    return results


@standard("sort", "list: list, precedes: function")
def sort(run: Run, items: list[Value], precedes: Value) -> Value:
    def side(a: Value, b: Value) -> int:
        run.spend()
        if called(precedes, [a, b], run) is True:
            return -1
        return 1 if called(precedes, [b, a], run) is True else 0

    run.items(len(items))
    return sorted(items, key=cmp_to_key(side))


@standard("sort", "list: list")
def sort_plainly(run: Run, items: list[Value]) -> Value:
    def side(a: Value, b: Value) -> int:
        found = order(a, b)
        if found is None:
            raise Failed("not_comparable", left=told(a), right=told(b))
        return found

    run.items(len(items))
    return sorted(items, key=cmp_to_key(side))
