"""Words into a syntax tree."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path as File
from typing import Any

from lark import Lark, Token, Transformer, UnexpectedToken
from lark.lexer import Lexer

from . import syntax
from .bounds import NESTING
from .expectation import unexpected
from .failures import RuleSyntaxError
from .syntax import Node
from .temporal import parse_temporal
from .values import NUMBERS
from .words import Words

Parts = list[Any]
CONSTANTS = {"TRUE": True, "FALSE": False, "NULL": None}


class _Given(Lexer):
    """Lark gets the words ready-made."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, words: list[Token]) -> Iterator[Token]:  # type: ignore[override]
        return iter(words)


def _place(part: Token | Node) -> syntax.Place:
    return part.place if isinstance(part, Node) else (part.line or 1, part.column or 1)


def _make(of: type[Node], parts: Parts, *facts: Any) -> Any:
    """A node over these parts: where it begins and how high it stands follow from them."""
    height = 1
    for part in parts:
        if isinstance(part, Node) and part.height >= height:
            height = part.height + 1
    place = _place(parts[0]) if parts else (1, 1)
    if height > NESTING:
        raise RuleSyntaxError("too_nested", *place, limit=NESTING)
    return of(*facts, place=place, height=height)


class _Tree(Transformer):
    """One method per rule of grammar.lark."""

    def expression(self, parts: Parts) -> Node:
        return parts[0]

    type_only = expression

    def tests(self, parts: Parts) -> Node:
        return _make(syntax.Tests, parts, tuple(parts))

    def or_(self, parts: Parts) -> Node:
        return _make(syntax.Junction, parts, "or", tuple(parts))

    def and_(self, parts: Parts) -> Node:
        return _make(syntax.Junction, parts, "and", tuple(parts))

    def compare(self, parts: Parts) -> Node:
        return _make(syntax.Binary, parts, str(parts[1]), parts[0], parts[2])

    add = multiply = power = compare

    def between(self, parts: Parts) -> Node:
        return _make(syntax.Between, parts, *parts)

    def in_(self, parts: Parts) -> Node:
        return _make(syntax.In, parts, parts[0], tuple(parts[1:]))

    def test(self, parts: Parts) -> Node:
        return _make(syntax.Test, parts, str(parts[0]), parts[1])

    def negation(self, parts: Parts) -> Node:
        if parts[0] == "+":
            raise unexpected(parts[0], ["NAME", "NUMBER"])
        return _make(syntax.Negation, parts, parts[1])

    def instance(self, parts: Parts) -> Node:
        return _make(syntax.InstanceOf, parts, *parts)

    def path(self, parts: Parts) -> Node:
        return _make(syntax.Path, parts, parts[0], str(parts[1]))

    def filter(self, parts: Parts) -> Node:
        return _make(syntax.Filter, parts, *parts)

    def call(self, parts: Parts) -> Node:
        function, *arguments = parts
        if arguments and isinstance(arguments[0], tuple):
            names = tuple(name for name, _ in arguments)
            values = tuple(value for _, value in arguments)
            if len(set(names)) < len(names):
                twice = next(name for name in names if names.count(name) > 1)
                raise RuleSyntaxError("duplicate_parameter", *_place(function), name=twice)
            return _make(syntax.Call, [function, *values], function, values, names)
        return _make(syntax.Call, parts, function, tuple(arguments))

    def named(self, parts: Parts) -> tuple[str, Node]:
        return str(parts[0]), parts[1]

    entry = typed_key = named

    def literal(self, parts: Parts) -> Node:
        (word,) = parts
        if word.type in CONSTANTS:
            return _make(syntax.Literal, parts, CONSTANTS[word.type])
        if word.type == "TEXT":
            return _make(syntax.Literal, parts, str(word))
        try:
            return _make(syntax.Literal, parts, NUMBERS.create_decimal(Decimal(word)))
        except (InvalidOperation, ArithmeticError) as error:
            raise RuleSyntaxError("bad_number", *_place(word), found=str(word)[:40]) from error

    def temporal(self, parts: Parts) -> Node:
        (word,) = parts
        try:
            return _make(syntax.Temporal, parts, str(word), parse_temporal(str(word)))
        except (ValueError, OverflowError) as error:
            raise RuleSyntaxError("bad_temporal", *_place(word), text=str(word)[:40]) from error

    def name(self, parts: Parts) -> Node:
        return _make(syntax.Name, parts, str(parts[0]))

    def list(self, parts: Parts) -> Node:
        return _make(syntax.ListLiteral, parts, tuple(parts))

    def context(self, parts: Parts) -> Node:
        keys = tuple(key for key, _ in parts)
        values = tuple(value for _, value in parts)
        if len(set(keys)) < len(keys):
            twice = next(key for key in keys if keys.count(key) > 1)
            raise RuleSyntaxError("duplicate_key", *_place(values[0]), name=twice)
        return _make(syntax.ContextLiteral, list(values), keys, values)

    def range(self, parts: Parts) -> Node:
        start, low, high, end = parts
        return _make(syntax.RangeLiteral, parts, low, high, start.type == "LSQB", end.type == "RSQB")

    def half_range(self, parts: Parts) -> Node:
        return _make(syntax.Test, parts, str(parts[0]), parts[1])

    def if_(self, parts: Parts) -> Node:
        return _make(syntax.If, parts, *parts)

    def for_(self, parts: Parts) -> Node:
        *sources, result = parts
        return _make(syntax.For, parts, tuple(sources), result)

    def quantified(self, parts: Parts) -> Node:
        quantifier, *sources, condition = parts
        return _make(syntax.Quantified, parts, str(quantifier), tuple(sources), condition)

    def source(self, parts: Parts) -> Node:
        return _make(syntax.Source, parts, str(parts[0]), *parts[1:])

    def function(self, parts: Parts) -> Node:
        *rest, body = parts
        external = bool(rest) and isinstance(rest[-1], Token)
        formals = tuple(rest[:-1] if external else rest)
        return _make(syntax.FunctionLiteral, parts, formals, body, external)

    def formal(self, parts: Parts) -> Node:
        return _make(syntax.Formal, parts, str(parts[0]), *parts[1:])

    def type_name(self, parts: Parts) -> Token:
        return parts[0].update(value=".".join(parts))

    def type(self, parts: Parts) -> Node:
        name, *rest = parts
        closing = next((n for n, part in enumerate(rest) if isinstance(part, Token) and part.type == "MORE"), 0)
        inner, result = rest[1:closing], rest[closing + 1] if len(rest) > closing + 1 else None
        keys = tuple(part[0] for part in inner if isinstance(part, tuple))
        arguments = [part[1] if isinstance(part, tuple) else part for part in inner]
        return _make(syntax.Type, [name, *arguments], str(name), tuple(arguments), keys, result)


_GRAMMAR = Lark(
    (File(__file__).parent / "grammar.lark").read_text("utf-8"),
    parser="lalr",
    lexer=_Given,
    start=["expression", "tests", "type_only"],
    transformer=_Tree(),
    maybe_placeholders=False,
)


def parse(text: str, known: Iterable[str] = (), start: str = "expression") -> Any:
    """The tree of an expression; `start` may also be `tests` or `type_only`."""
    words = Words(text, known).all()
    if not words:
        raise RuleSyntaxError("empty")
    return _grow(words, start)


def _grow(words: list[Token], start: str) -> Any:
    try:
        return _GRAMMAR.parse(words, start)  # type: ignore[arg-type]
    except UnexpectedToken as error:
        raise unexpected(error.token, error.accepts or error.expected) from None


def parse_tests(text: str, known: Iterable[str] = ()) -> syntax.Tests:
    """The unary tests of a table cell: `-`, `"a","b"`, `> 5`, `not([1..3])`, or any expression over `?`."""
    words = Words(text, known).all()
    if not words or (len(words) == 1 and words[0] == "-"):
        return syntax.Tests(())
    if len(words) > 3 and words[0].type == "NOT" and _closes_at_end(words):
        tests = _grow(words[2:-1], "tests")
        return syntax.Tests(tests.tests, True, place=_place(words[0]), height=tests.height)
    return _grow(words, "tests")


def _closes_at_end(words: list[Token]) -> bool:
    depth = 0
    for index, word in enumerate(words[1:], 1):
        if word.type in ("LPAR", "LSQB", "LBRACE", "OPENING"):
            depth += 1
        elif word.type in ("RPAR", "RSQB", "RBRACE", "CLOSING"):
            depth -= 1
            if depth == 0:
                return index == len(words) - 1
    return False
