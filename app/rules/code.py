"""A syntax tree becomes a closure: `code(scope) -> value`. Nothing of the text ever reaches Python."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from . import syntax
from .bounds import Run, Scope
from .comparison import order
from .failures import RuleSyntaxError, nearest
from .kinds import Type, conforms, resolve
from .members import member_of
from .standard import BUILTINS
from .values import Range, Value, admit, told

Code = Callable[[Scope], Value]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known where a text stands: the model's types, and whether names are bound around it."""

    types: Mapping[str, Type] = field(default_factory=dict)
    local: bool = False

    def inner(self) -> Surroundings:
        return self if self.local else replace(self, local=True)


_MAKERS: dict[type, Callable[[Any, Surroundings], Code]] = {}
_Maker = TypeVar("_Maker", bound=Callable[..., Code])


def codes(node: type[syntax.Node]) -> Callable[[_Maker], _Maker]:
    """Register the function that makes the code of this kind of node."""

    def register(maker: _Maker) -> _Maker:
        _MAKERS[node] = maker
        return maker

    return register


def make(node: syntax.Node, around: Surroundings) -> Code:
    return _MAKERS[type(node)](node, around)


def constant(value: Value) -> Code:
    return lambda scope: value


@codes(syntax.Literal)
@codes(syntax.Temporal)
def _literal(node: syntax.Literal | syntax.Temporal, around: Surroundings) -> Code:
    return constant(node.value)


_MISSING = object()


@codes(syntax.Name)
def _name(node: syntax.Name, around: Surroundings) -> Code:
    name, place = node.name, node.place
    if around.local:
        return lambda scope: look_up(scope, name, place)

    def load(scope: Scope) -> Value:
        value = scope.names.get(name, _MISSING)
        of = type(value)
        if of is str or of is bool:
            return value
        if value is _MISSING:
            return _undefined(scope, name, place)
        return admit(value, scope.run)

    return load


def look_up(scope: Scope, name: str, place: syntax.Place) -> Value:
    """The value of a name: nearest scope first, then the caller's data, then the standard functions."""
    at: Scope | None = scope
    while at is not None:
        value = at.names.get(name, _MISSING)
        if value is not _MISSING:
            return value if at.outer is not None else admit(value, scope.run)
        at = at.outer
    return _undefined(scope, name, place)


def _undefined(scope: Scope, name: str, place: syntax.Place) -> Value:
    builtin = BUILTINS.get(name)
    if builtin is None and scope.run.notes is not None:
        scope.run.null(place, "undefined", name=name, nearest=nearest(name, visible(scope)))
    return builtin


def visible(scope: Scope) -> Iterable[str]:
    at: Scope | None = scope
    while at is not None:
        yield from (str(name) for name in at.names)
        at = at.outer
    yield from BUILTINS


@codes(syntax.Path)
def _path(node: syntax.Path, around: Surroundings) -> Code:
    members = [node.member]
    source = node.source
    while isinstance(source, syntax.Path):
        members.append(source.member)
        source = source.source
    members.reverse()
    place = node.place
    if isinstance(source, syntax.Name) and not around.local:
        return _root_path(source.name, tuple(members), place)
    code = make(source, around)
    if len(members) == 1:
        member = members[0]
        return lambda scope: member_of(code(scope), member, scope.run, place)

    def follow(scope: Scope) -> Value:
        value = code(scope)
        for member in members:
            value = member_of(value, member, scope.run, place)
        return value

    return follow


def _root_path(first: str, members: tuple[str, ...], place: syntax.Place) -> Code:
    """A path into the caller's data: only its last value is admitted."""

    def follow(scope: Scope) -> Value:
        value = scope.names.get(first, _MISSING)
        if value is _MISSING:
            return _undefined(scope, first, place) and None
        for index, member in enumerate(members):
            if type(value) is not dict or member not in value:
                value = admit(value, scope.run)
                for left in members[index:]:
                    value = member_of(value, left, scope.run, place)
                return value
            value = value[member]
        return admit(value, scope.run)

    return follow


@codes(syntax.ListLiteral)
def _list(node: syntax.ListLiteral, around: Surroundings) -> Code:
    items = [make(item, around) for item in node.items]

    def build(scope: Scope) -> Value:
        scope.run.items(len(items))
        return [item(scope) for item in items]

    return build


@codes(syntax.ContextLiteral)
def _context(node: syntax.ContextLiteral, around: Surroundings) -> Code:
    inner = around.inner()
    entries = [(key, make(value, inner)) for key, value in zip(node.keys, node.values, strict=True)]

    def build(scope: Scope) -> Value:
        scope.run.items(len(entries))
        result: dict[str, Value] = {}
        within = Scope(result, scope, scope.run)
        for key, value in entries:
            result[key] = value(within)
        return result

    return build


@codes(syntax.RangeLiteral)
def _range(node: syntax.RangeLiteral, around: Surroundings) -> Code:
    low_code, high_code = make(node.low, around), make(node.high, around)
    low_in, high_in, place = node.low_in, node.high_in, node.place

    def build(scope: Scope) -> Value:
        low, high = low_code(scope), high_code(scope)
        if low is not None and high is not None and order(low, high) is None:
            return scope.run.null(place, "bad_range")
        return Range(low, high, low_in and low is not None, high_in and high is not None)

    written = all(isinstance(end, (syntax.Literal, syntax.Temporal)) for end in (node.low, node.high))
    fixed = build(Scope({}, None, Run())) if written else None
    return build if fixed is None else constant(fixed)


@codes(syntax.Test)
def _half_range(node: syntax.Test, around: Surroundings) -> Code:
    operand, operator = make(node.operand, around), node.operator

    def build(scope: Scope) -> Value:
        return half_range(operator, operand(scope))

    return build


def half_range(operator: str, end: Value) -> Range:
    """`(> 5)` as a value."""
    if operator in ("=", "!="):
        return Range(end, end, operator=operator)
    if operator[0] == "<":
        return Range(None, end, False, operator == "<=", operator)
    return Range(end, None, operator == ">=", False, operator)


@codes(syntax.If)
def _if(node: syntax.If, around: Surroundings) -> Code:
    condition, then, otherwise = (make(part, around) for part in (node.condition, node.then, node.otherwise))

    def choose(scope: Scope) -> Value:
        return then(scope) if condition(scope) is True else otherwise(scope)

    def choose_strictly(scope: Scope) -> Value:
        value = condition(scope)
        if type(value) is not bool:
            return scope.run.null(node.place, "not_boolean", of=told(value))
        return then(scope) if value else otherwise(scope)

    return choose_strictly if node.strict else choose


@codes(syntax.InstanceOf)
def _instance_of(node: syntax.InstanceOf, around: Surroundings) -> Code:
    value, of = make(node.value, around), known_type(node.type, around)
    return lambda scope: conforms(value(scope), of)


def known_type(node: syntax.Type, around: Surroundings) -> Type:
    of = resolve(node, around.types)
    if of is None:
        raise RuleSyntaxError("unknown_reference", *node.place, name=node.name)
    return of
