"""Types: does a value conform, and what it becomes where another type is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from . import syntax
from .failures import Said
from .values import KIND_NAMES, Builtin, Function, Range, Value, kind


@dataclass(frozen=True, slots=True)
class Type:
    """`kind` is one of the values' kinds, `Any` or `null`; the rest narrows it. None inside means Any."""

    kind: str
    item: Type | None = None
    fields: tuple[tuple[str, Type], ...] = ()
    parameters: tuple[Type, ...] | None = None
    result: Type | None = None
    allows: Callable[[Value], bool] | None = None

    @property
    def said(self) -> Said:
        """The type, for people."""
        return KIND_NAMES.get(self.kind, Said("任意类型", "anything"))


ANY = Type("Any")
_ALIASES = {
    "dateTime": "date and time",
    "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
    "Null": "null",
}
_KINDS = (*KIND_NAMES, "Any")
STANDARD = {name: Type(_ALIASES.get(name, name)) for name in (*_KINDS, *_ALIASES)}
STANDARD["list"] = Type("list", ANY)
STANDARD["range"] = Type("range", ANY)


def resolve(node: syntax.Type, known: Mapping[str, Type]) -> Type | None:
    """The type a text names; None if there is no such type."""
    arguments = [resolve(one, known) for one in node.arguments]
    if any(one is None for one in arguments):
        return None
    given: tuple[Any, ...] = tuple(arguments)
    if node.name == "context" and node.keys:
        return Type("context", fields=tuple(zip(node.keys, given, strict=True)))
    if node.name == "function" and (given or node.result):
        result = resolve(node.result, known) if node.result else ANY
        return Type("function", parameters=given, result=result) if result else None
    if node.name in ("list", "range") and given:
        return Type(node.name, given[0])
    return known.get(node.name) or STANDARD.get(node.name)


def conforms(value: Value, to: Type, strictly: bool = False) -> bool:
    """`value instance of to`; null conforms to nothing but null. Strictly: it is also one of the allowed values."""
    if value is None:
        return to.kind == "null"
    if to.kind == "Any":
        return not strictly or to.allows is None or to.allows(value)
    if kind(value) != to.kind:
        return False
    if to.kind == "list" and to.item and to.item.kind != "Any":
        if not all(conforms(item, to.item, strictly) for item in value):
            return False
    elif to.kind == "range" and to.item and to.item.kind != "Any":
        if not all(end is None or conforms(end, to.item) for end in _ends(value)):
            return False
    elif to.kind == "context":
        for name, of in to.fields:
            if name not in value or not (value[name] is None or conforms(value[name], of, strictly)):
                return False
    elif to.kind == "function" and not _function_conforms(value, to):
        return False
    return not strictly or to.allows is None or to.allows(value)


def _ends(value: Range) -> tuple[Value, Value]:
    return value.low, value.high


def _function_conforms(value: Function | Builtin, to: Type) -> bool:
    if isinstance(value, Builtin):
        return to.parameters is None
    own = tuple(parameter.type or ANY for parameter in value.parameters)
    if to.parameters is not None:
        if len(own) != len(to.parameters):
            return False
        if not all(fits(wanted, mine) for wanted, mine in zip(to.parameters, own, strict=True)):
            return False
    return to.result is None or fits(value.result or ANY, to.result)


def fits(own: Type, to: Type) -> bool:
    """Is every value of the type `own` a value of `to`?"""
    if to.kind == "Any" or own.kind == "null" or own is to:
        return True
    if own.kind != to.kind:
        return False
    if to.kind in ("list", "range"):
        return fits(own.item or ANY, to.item or ANY)
    if to.kind == "context":
        mine = dict(own.fields)
        return all(name in mine and fits(mine[name], of) for name, of in to.fields)
    if to.kind == "function":
        mine_parameters, wanted = own.parameters or (), to.parameters or ()
        if len(mine_parameters) != len(wanted):
            return False
        if not all(fits(b, a) for a, b in zip(mine_parameters, wanted, strict=True)):
            return False
        return fits(own.result or ANY, to.result or ANY)
    return True


class Unfit(Exception):
    """The value cannot be had as this type."""


def coerce(value: Value, to: Type | None) -> Value:
    """As the wanted type: itself, a list's only item, a list of it, a date's midnight. Raises Unfit."""
    if to is None or value is None or conforms(value, to, True):
        return value
    of = type(value)
    if to.kind == "list" and of is not list:
        wrapped = [value]
        if conforms(wrapped, to, True):
            return wrapped
    if of is list and to.kind != "list" and len(value) == 1 and (value[0] is None or conforms(value[0], to, True)):
        return value[0]
    if of is date and to.kind == "date and time":
        return datetime.combine(value, time(), UTC)
    raise Unfit


def static_type(node: syntax.Node, known: Mapping[str, Type]) -> Type:
    """What a function's body surely returns, as far as its text alone tells; else Any."""
    if isinstance(node, syntax.Literal):
        return Type(kind(node.value))
    if isinstance(node, syntax.Temporal):
        return Type(kind(node.value))
    if isinstance(node, syntax.ContextLiteral):
        inner = tuple(static_type(value, known) for value in node.values)
        return Type("context", fields=tuple(zip(node.keys, inner, strict=True)))
    if isinstance(node, syntax.ListLiteral):
        items = {static_type(item, known) for item in node.items}
        return Type("list", items.pop() if len(items) == 1 else ANY)
    if isinstance(node, (syntax.Junction, syntax.Between, syntax.In, syntax.InstanceOf, syntax.Quantified)):
        return Type("boolean")
    return ANY
