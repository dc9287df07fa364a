"""How the standard's functions are declared, and how a call finds the overload that fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeVar

from .bounds import Run
from .failures import Failed, Said
from .values import KIND_NAMES, Builtin, Value, kind

_SHORT = {
    "datetime": "date and time",
    "days": "days and time duration",
    "months": "years and months duration",
    "text": "string",
}


@dataclass(frozen=True, slots=True)
class Formal:
    name: str
    kinds: frozenset[str]  # empty: anything
    optional: bool = False
    many: bool = False
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Overload:
    formals: tuple[Formal, ...]
    run: Callable[..., Value]
    text: str
    least: int
    most: int


BUILTINS: dict[str, Builtin] = {}
_F = TypeVar("_F", bound=Callable[..., Value])


def standard(name: str, *declarations: str) -> Callable[[_F], _F]:
    """Declare a function of the standard, once for each way to call it.

    `"string: text, start position: number, length?: number"`: `?` after the name makes it optional, after a
    kind admits null, `...` before the name takes the rest. Kinds are joined by `|`; `any` is every value.
    """

    def register(function: _F) -> _F:
        overloads = tuple(_overload(declaration, function) for declaration in declarations)
        earlier = BUILTINS[name].overloads if name in BUILTINS else ()
        BUILTINS[name] = Builtin(name, earlier + overloads)
        return function

    return register


def _overload(declaration: str, function: Callable[..., Value]) -> Overload:
    formals = tuple(_formal(part) for part in declaration.split(",") if part.strip())
    least = sum(not formal.optional for formal in formals)
    most = 1000 if any(formal.many for formal in formals) else len(formals)
    return Overload(formals, function, declaration.replace("...", "").replace("?", ""), least, most)


def _formal(text: str) -> Formal:
    name, _, kinds = (part.strip() for part in text.partition(":"))
    nullable = kinds.endswith("?") or kinds == "any"
    words = [word.strip() for word in kinds.rstrip("?").split("|")]
    wanted = frozenset() if words == ["any"] else frozenset(_SHORT.get(word, word) for word in words)
    return Formal(name.strip(".?"), wanted, name.endswith("?"), name.startswith("..."), nullable)


def invoke(function: Builtin, arguments: list[Value], names: tuple[str, ...], run: Run) -> Value:
    """Call the first overload whose parameters take these arguments."""
    trouble: Failed | None = None
    for overload in function.overloads:
        try:
            given = _bound(function.name, overload, arguments, names)
        except Failed as failure:
            if trouble is None or failure.code != "arguments":
                trouble = failure
            continue
        return overload.run(run, *given)
    raise trouble or Failed("arguments", name=function.name, expected="")


def _bound(name: str, overload: Overload, arguments: list[Value], names: tuple[str, ...]) -> list[Value]:
    formals = overload.formals
    if names:
        given = dict(zip(names, arguments, strict=True))
        missing = any(formal.name not in given for formal in formals if not (formal.optional or formal.many))
        if missing or given.keys() - {formal.name for formal in formals}:
            raise Failed("arguments", name=name, expected=overload.text)
        last = max((n for n, formal in enumerate(formals) if formal.name in given), default=-1)
        return [
            _fit(name, formal, given[formal.name]) if formal.name in given else None for formal in formals[: last + 1]
        ]
    if not overload.least <= len(arguments) <= overload.most:
        raise Failed("arguments", name=name, expected=overload.text)
    return [_fit(name, formals[min(n, len(formals) - 1)], argument) for n, argument in enumerate(arguments)]


def _fit(name: str, formal: Formal, value: Value) -> Value:
    """The argument as the parameter wants it: a list's only item, or a list of it, where that helps."""
    kinds = formal.kinds
    if not kinds:
        return value
    of = kind(value)
    if of in kinds or (value is None and formal.nullable):
        return value
    if value is not None:
        if "list" in kinds:
            return [value]
        if type(value) is list and len(value) == 1 and kind(value[0]) in kinds:
            return value[0]
        if type(value) is date and "date and time" in kinds:
            return datetime.combine(value, time())
    wanted = [KIND_NAMES[one] for one in sorted(kinds)]
    expected = Said("或".join(one.zh for one in wanted), " or ".join(one.en for one in wanted))
    raise Failed("argument_type", name=name, parameter=formal.name, expected=expected, found=KIND_NAMES[of])
