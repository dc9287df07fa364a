"""A syntax tree back into text: what it prints parses into the same tree."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from . import syntax
from .syntax import Node
from .words import is_word

_PREFIX = (syntax.If, syntax.For, syntax.Quantified, syntax.FunctionLiteral)
# How tightly each form binds; a looser part stands in parentheses.
_POWERS: list[tuple[type[Node] | tuple[type[Node], ...], int]] = [
    (syntax.Between, 3),
    (syntax.In, 3),
    (syntax.Negation, 7),
    (syntax.InstanceOf, 0),  # `x instance of list < y` would begin a type argument
    ((syntax.Path, syntax.Filter, syntax.Call), 9),
    (_PREFIX, 0),
]
_BINARY = {"=": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "+": 4, "-": 4, "*": 5, "/": 5, "**": 6}


def _power(node: Node) -> int:
    if isinstance(node, syntax.Junction):
        return 1 if node.operator == "or" else 2
    if isinstance(node, syntax.Binary):
        return _BINARY[node.operator]
    if isinstance(node, syntax.Test):
        return 10
    return next((power for of, power in _POWERS if isinstance(node, of)), 10)


def shown(node: Node) -> str:
    """The text of an expression, or of a cell's tests."""
    if isinstance(node, syntax.Tests):
        text = ", ".join(_cell(test) for test in node.tests) or "-"
        return f"not({text})" if node.negated else text
    return _PRINTERS[type(node)](node)


def _cell(node: Node) -> str:
    return f"{node.operator} {_at(node.operand, 4)}" if isinstance(node, syntax.Test) else shown(node)


def _at(node: Node, power: int) -> str:
    text = shown(node)
    return f"({text})" if _power(node) < power else text


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def _literal(node: Any) -> str:
    value = node.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}" if -40 < value.adjusted() < 40 else str(value)
    return _text(value)


def _binary(node: Any) -> str:
    power = _BINARY[node.operator]
    return f"{_at(node.left, power)} {node.operator} {_at(node.right, power + 1)}"


def _junction(node: Any) -> str:
    power = _power(node)
    return f" {node.operator} ".join(_at(operand, power + 1) for operand in node.operands)


def _in(node: Any) -> str:
    tests = [f"{t.operator} {_at(t.operand, 4)}" if isinstance(t, syntax.Test) else _at(t, 4) for t in node.tests]
    told = f"({', '.join(tests)})" if len(tests) > 1 or isinstance(node.tests[0], syntax.Test) else tests[0]
    return f"{_at(node.value, 3)} in {told}"


def _call(node: Any) -> str:
    if node.names:
        pairs = zip(node.names, node.arguments, strict=True)
        arguments = ", ".join(f"{name}: {shown(value)}" for name, value in pairs)
    else:
        arguments = ", ".join(map(shown, node.arguments))
    return f"{_at(node.function, 9)}({arguments})"


def _sources(node: Any) -> str:
    return ", ".join(
        f"{one.name} in {shown(one.domain)}" + (f"..{shown(one.end)}" if one.end else "") for one in node.iterators
    )


def _key(name: str) -> str:
    return name if is_word(name) and not name[0].isdigit() else _text(name)


def _context(node: Any) -> str:
    pairs = zip(node.keys, node.values, strict=True)
    return "{" + ", ".join(f"{_key(key)}: {shown(value)}" for key, value in pairs) + "}"


def _range(node: Any) -> str:
    low, high = ("[" if node.low_in else "("), ("]" if node.high_in else ")")
    return f"{low}{shown(node.low)}..{_end(node.high)}{high}"


def _end(node: Node) -> str:
    """After `..` a bracket would close the range, so all but the plainest ends stand in parentheses."""
    plain = isinstance(node, (syntax.Literal, syntax.Temporal, syntax.Name))
    negative = isinstance(node, syntax.Negation) and isinstance(node.operand, syntax.Literal)
    return shown(node) if plain or negative else f"({shown(node)})"


def _type(node: Any) -> str:
    arguments = list(map(_type, node.arguments))
    if node.keys:
        arguments = [f"{key}: {of}" for key, of in zip(node.keys, arguments, strict=True)]
    text = node.name
    if arguments or node.result:
        text += f"<{', '.join(arguments)}>"
    return text + (f"->{_type(node.result)}" if node.result else "")


def _function(node: Any) -> str:
    formals = ", ".join(one.name + (f": {_type(one.type)}" if one.type else "") for one in node.parameters)
    return f"function({formals}) {'external ' if node.external else ''}{shown(node.body)}"


_PRINTERS: dict[type[Node], Callable[[Any], str]] = {
    syntax.Literal: _literal,
    syntax.Temporal: lambda node: f"@{_text(node.text)}",
    syntax.Name: lambda node: node.name,
    syntax.Path: lambda node: f"{_at(node.source, 9)}.{node.member}",
    syntax.Filter: lambda node: f"{_at(node.source, 9)}[{shown(node.condition)}]",
    syntax.Call: _call,
    syntax.Binary: _binary,
    syntax.Junction: _junction,
    syntax.Negation: lambda node: f"-{_at(node.operand, 7)}",
    syntax.Between: lambda node: f"{_at(node.value, 3)} between {_at(node.low, 4)} and {_at(node.high, 4)}",
    syntax.Test: lambda node: f"({node.operator} {_at(node.operand, 4)})",
    syntax.In: _in,
    syntax.Type: _type,
    syntax.InstanceOf: lambda node: f"{_at(node.value, 8)} instance of {_type(node.type)}",
    syntax.If: lambda node: f"if {shown(node.condition)} then {shown(node.then)} else {shown(node.otherwise)}",
    syntax.For: lambda node: f"for {_sources(node)} return {shown(node.result)}",
    syntax.Quantified: lambda node: f"{node.quantifier} {_sources(node)} satisfies {shown(node.condition)}",
    syntax.ListLiteral: lambda node: f"[{', '.join(map(shown, node.items))}]",
    syntax.ContextLiteral: _context,
    syntax.RangeLiteral: _range,
    syntax.FunctionLiteral: _function,
}
