"""`for`, `some`, `every`, and filters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

from . import syntax
from .bounds import Run, Scope
from .code import Code, Surroundings, codes, make
from .comparison import order
from .values import KIND_NAMES, Range, Value, told


def _sources(
    sources: tuple[syntax.Source, ...], around: Surroundings
) -> list[tuple[str, Code, Code | None, syntax.Place]]:
    return [
        (one.name, make(one.domain, around), make(one.end, around) if one.end else None, one.place) for one in sources
    ]


class _NoDomain(Exception):
    pass


def _domain(start: Value, scope: Scope, end_code: Code | None, place: syntax.Place) -> Iterator[Value]:
    """What a loop variable goes through: a list, or the steps from one value to another, up or down."""
    run = scope.run
    if end_code is not None:
        return _steps(start, end_code(scope), run, place)
    if type(start) is list:
        return iter(start)
    if type(start) is Range:
        low, high = start.low, start.high
        low = _shift(low, 0 if start.low_in else 1)
        return _steps(low, _shift(high, 0 if start.high_in else -1), run, place)
    if start is None:
        run.null(place, "not_list", of=KIND_NAMES["null"])
        raise _NoDomain
    return iter((start,))


def _shift(value: Value, by: int) -> Value:
    if not by:
        return value
    return value + by if type(value) is Decimal else value + timedelta(days=by) if type(value) is date else None


def _steps(start: Value, end: Value, run: Run, place: syntax.Place) -> Iterator[Value]:
    whole = type(start) is Decimal and start == start.to_integral_value() and end is not None
    if order(start, end) is None or not (whole or type(start) in (date, datetime)):
        run.null(place, "not_list", of=told(start))
        raise _NoDomain
    if type(start) is Decimal:
        last = int(end)
        first = int(start)
        run.items(abs(last - first) + 1)
        up = first <= last
        return (Decimal(n) for n in (range(first, last + 1) if up else range(first, last - 1, -1)))
    return _days(start, end)


def _days(start: date, end: date) -> Iterator[Value]:
    step = timedelta(days=1 if (order(start, end) or 0) <= 0 else -1)
    while order(start, end) in (0, -1 if step.days > 0 else 1):
        yield start
        start += step


def _rounds(
    sources: list[tuple[str, Code, Code | None, syntax.Place]], names: dict[str, Value], inner: Scope
) -> Iterator[None]:
    """Bind the loop variables to every combination, one round each; later sources see earlier variables."""
    name, domain, end, place = sources[0]
    rest = sources[1:]
    for value in _domain(domain(inner), inner, end, place):
        inner.run.spend()
        names[name] = value
        if rest:
            yield from _rounds(rest, names, inner)
        else:
            yield


@codes(syntax.For)
def _for(node: syntax.For, around: Surroundings) -> Code:
    inner = around.inner()
    sources, result_code = _sources(node.iterators, inner), make(node.result, inner)

    def loop(scope: Scope) -> Value:
        results: list[Value] = []
        names: dict[str, Value] = {"partial": results}
        within = Scope(names, scope, scope.run)
        try:
            for _ in _rounds(sources, names, within):
                results.append(result_code(_frozen(within)))
                if len(results) > scope.run.bounds.items:
                    scope.run.items(len(results))
        except _NoDomain:
            return None
        return results

    return loop


def _frozen(scope: Scope) -> Scope:
    """This round's variables for good: a function made in the body keeps them."""
    return Scope(dict(scope.names), scope.outer, scope.run)


@codes(syntax.Quantified)
def _quantified(node: syntax.Quantified, around: Surroundings) -> Code:
    inner = around.inner()
    sources, condition = _sources(node.iterators, inner), make(node.condition, inner)
    decisive = node.quantifier == "some"
    place = node.place

    def quantify(scope: Scope) -> Value:
        names: dict[str, Value] = {}
        within = Scope(names, scope, scope.run)
        unknown = False
        try:
            for _ in _rounds(sources, names, within):
                value = condition(within)
                if value is decisive:
                    return decisive
                if type(value) is not bool:
                    unknown = True
                    if value is not None:
                        scope.run.null(place, "not_boolean", of=told(value))
        except _NoDomain:
            return None
        return None if unknown else not decisive

    return quantify


@codes(syntax.Filter)
def _filter(node: syntax.Filter, around: Surroundings) -> Code:
    source, condition, place = make(node.source, around), make(node.condition, around.inner()), node.place

    def select(scope: Scope) -> Value:
        value = source(scope)
        items = value if type(value) is list else [] if value is None else [value]
        run = scope.run
        if value is None:
            return run.null(place, "not_list", of=KIND_NAMES["null"])
        first = condition(_item_scope(items[0], scope) if items else Scope({}, scope, run))
        if type(first) is Decimal:
            return _at(items, first, run, place)
        if first is not None and type(first) is not bool:
            return run.null(place, "not_boolean", of=told(first))
        run.items(len(items))
        kept = []
        for index, item in enumerate(items):
            run.spend()
            if (condition(_item_scope(item, scope)) if index else first) is True:
                kept.append(item)
        return kept

    return select


def _item_scope(item: Value, outer: Scope) -> Scope:
    run = outer.run
    here = Scope({"item": item}, outer, run)
    return Scope(item, here, run) if type(item) is dict else here


def _at(items: list[Value], index: Decimal, run: Run, place: syntax.Place) -> Value:
    if index == index.to_integral_value() and 1 <= abs(index) <= len(items):
        at = int(index)
        return items[at - 1 if at > 0 else at]
    return run.null(place, "no_index", size=len(items), index=str(index))
