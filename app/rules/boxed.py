"""Boxed expressions of a DMN file as syntax trees: contexts, invocations, functions, relations, iterators."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from . import syntax
from .bounds import Scope
from .calls import function_code
from .code import Code, Surroundings, codes, make
from .document import Element, all_of, first_of, name_of, tag, text_of, type_of
from .failures import RuleSyntaxError, Said
from .kinds import Type, Unfit, coerce
from .reading import Reader
from .syntax import Node
from .table import Table, read_table
from .values import Value, told


@dataclass(frozen=True, slots=True)
class Typed(Node):
    """The value as the declared type, or null."""

    node: Node
    type: Type
    name: str


@dataclass(frozen=True, slots=True)
class Block(Node):
    """A boxed context with a result: its entries are names for the result's expression."""

    entries: syntax.ContextLiteral
    result: Node


@dataclass(frozen=True, slots=True)
class TableNode(Node):
    table: Table = field(compare=False)


def read_boxed(reader: Reader, element: Element, where: Said) -> Node:
    """The tree of a boxed expression."""
    read = _READERS.get(tag(element))
    if read is None:
        return reader.wrong(RuleSyntaxError("unknown_reference", element.sourceline or 1, name=tag(element)), where)
    return typed(reader, read(reader, element, where), type_of(element), where)


def read_inside(reader: Reader, element: Element, where: Said) -> Node:
    """The expression that stands in this element; an empty one is null."""
    inner = next((child for child in element if tag(child) in _READERS), None)
    return syntax.Literal(None) if inner is None else read_boxed(reader, inner, where)


def typed(reader: Reader, node: Node, type_name: str, where: Said) -> Node:
    of = reader.type(type_name, where)
    return node if of is None or of.kind == "Any" else Typed(node, of, where.zh)


def read_formals(reader: Reader, element: Element, where: Said) -> tuple[tuple[str, Type | None], ...]:
    return tuple((name_of(one), reader.type(type_of(one), where)) for one in all_of(element, "formalParameter"))


def _literal(reader: Reader, element: Element, where: Said) -> Node:
    return reader.expression(text_of(element), where)


def _context(reader: Reader, element: Element, where: Said) -> Node:
    keys: list[str] = []
    values: list[Node] = []
    result: Node | None = None
    for entry in all_of(element, "contextEntry"):
        variable = first_of(entry, "variable")
        place = where.then(name_of(variable) or "结果", name_of(variable) or "result")
        value = read_inside(reader, entry, place)
        if variable is None or not name_of(variable):
            result = value
            continue
        keys.append(name_of(variable))
        values.append(typed(reader, value, type_of(variable), place))
    entries = syntax.ContextLiteral(tuple(keys), tuple(values))
    return entries if result is None else Block(entries, result)


def _invocation(reader: Reader, element: Element, where: Said) -> Node:
    callee = read_inside(reader, element, where)
    names, values = [], []
    for binding in all_of(element, "binding"):
        name = name_of(first_of(binding, "parameter"))
        names.append(name)
        values.append(read_inside(reader, binding, where.then(name, name)))
    return syntax.Call(callee, tuple(values), tuple(names))


def _function(reader: Reader, element: Element, where: Said) -> Node:
    body = read_inside(reader, element, where)
    external = (element.get("kind") or "FEEL") != "FEEL"
    return Lambda(read_formals(reader, element, where), body, external)


@dataclass(frozen=True, slots=True)
class Lambda(Node):
    """A boxed function: like one in text, with its parameters' types resolved."""

    parameters: tuple[tuple[str, Type | None], ...]
    body: Node
    external: bool = False


def _relation(reader: Reader, element: Element, where: Said) -> Node:
    columns = [name_of(column) for column in all_of(element, "column")]
    rows: list[Node] = []
    for number, row in enumerate(all_of(element, "row"), 1):
        cells = [
            read_boxed(reader, cell, where.then(f"第 {number} 行", f"row {number}"))
            for cell in row
            if tag(cell) in _READERS
        ]
        rows.append(syntax.ContextLiteral(tuple(columns[: len(cells)]), tuple(cells)))
    return syntax.ListLiteral(tuple(rows))


def _list(reader: Reader, element: Element, where: Said) -> Node:
    return syntax.ListLiteral(tuple(read_boxed(reader, item, where) for item in element if tag(item) in _READERS))


def _parts(reader: Reader, element: Element, where: Said, *tags: str) -> list[Node]:
    found = []
    for one in tags:
        part = first_of(element, one)
        found.append(syntax.Literal(None) if part is None else read_inside(reader, part, where.then(one, one)))
    return found


def _conditional(reader: Reader, element: Element, where: Said) -> Node:
    condition, then, otherwise = _parts(reader, element, where, "if", "then", "else")
    return syntax.If(condition, then, otherwise, strict=True)


def _filter(reader: Reader, element: Element, where: Said) -> Node:
    return syntax.Filter(*_parts(reader, element, where, "in", "match"))


def _for(reader: Reader, element: Element, where: Said) -> Node:
    domain, result = _parts(reader, element, where, "in", "return")
    return syntax.For((syntax.Source(name_of(element, "iteratorVariable"), domain),), result)


def _quantified(reader: Reader, element: Element, where: Said) -> Node:
    domain, condition = _parts(reader, element, where, "in", "satisfies")
    source = syntax.Source(name_of(element, "iteratorVariable"), domain)
    return syntax.Quantified(tag(element), (source,), condition)


def _table(reader: Reader, element: Element, where: Said) -> Node:
    return TableNode(read_table(reader, element, where))


_READERS: dict[str, Callable[[Reader, Element, Said], Node]] = {
    "literalExpression": _literal,
    "context": _context,
    "decisionTable": _table,
    "invocation": _invocation,
    "functionDefinition": _function,
    "relation": _relation,
    "list": _list,
    "conditional": _conditional,
    "filter": _filter,
    "for": _for,
    "some": _quantified,
    "every": _quantified,
}


@codes(Typed)
def _typed_code(node: Typed, around: Surroundings) -> Code:
    code, of, name = make(node.node, around), node.type, node.name

    def check(scope: Scope) -> Value:
        value = code(scope)
        try:
            return coerce(value, of)
        except Unfit:
            return scope.run.null((0, 0), "wrong_type", name=name, expected=of.said, found=told(value))

    return check


@codes(Block)
def _block_code(node: Block, around: Surroundings) -> Code:
    inner = around.inner()
    entries = [(k, make(v, inner)) for k, v in zip(node.entries.keys, node.entries.values, strict=True)]
    result = make(node.result, inner)

    def evaluate(scope: Scope) -> Value:
        names: dict[str, Value] = {}
        within = Scope(names, scope, scope.run)
        for key, code in entries:
            names[key] = code(within)
        return result(within)

    return evaluate


@codes(Lambda)
def _lambda_code(node: Lambda, around: Surroundings) -> Code:
    return function_code(node.parameters, make(node.body, around.inner()), node.external, None)


@codes(TableNode)
def _table_code(node: TableNode, around: Surroundings) -> Code:
    return node.table.code(around)
