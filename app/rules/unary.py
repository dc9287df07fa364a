"""Unary tests: what stands in an input cell of a decision table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from . import syntax
from .bounds import Run, Scope
from .code import Surroundings, make
from .comparison import member
from .expression import guarded, guarded_make
from .freedom import free_paths
from .operators import test_code
from .parser import parse_tests
from .values import Value, admit

Match = Callable[[Value, Scope], bool]


class UnaryTests:
    """A cell: `matches(value, context)` tells whether the value passes it."""

    def __init__(self, text: str, tree: syntax.Tests, around: Surroundings) -> None:
        self.text, self.tree = text, tree
        self.match: Match = guarded_make(lambda: match_code(tree, around))
        self.names = frozenset(path[0] for path in free_paths(tree))

    def matches(self, value: Any, context: Mapping[str, Any] | None = None, now: datetime | None = None) -> bool:
        run = Run()
        run.now = now
        scope = Scope({} if context is None else context, None, run)
        return guarded(lambda: self.match(admit(value, run), scope))


def match_code(tree: syntax.Tests, around: Surroundings) -> Match:
    if not tree.tests:
        return lambda value, scope: True
    tests = [_one(test, around) for test in tree.tests]
    if tree.negated:
        return lambda value, scope: all(test(value, scope) is False for test in tests)
    if len(tests) == 1:
        (only,) = tests
        return lambda value, scope: only(value, scope) is True
    return lambda value, scope: any(test(value, scope) is True for test in tests)


def _one(node: syntax.Node, around: Surroundings) -> Callable[[Value, Scope], bool | None]:
    """One test. Over `?` its own truth counts; any other value is compared with the input."""
    if not _asks(node):
        if not _may_decide(node):
            return test_code(node, around)
        return _decides(node, around)
    code = make(node, around.inner())

    def asked(value: Value, scope: Scope) -> bool | None:
        return code(Scope({"?": value}, scope, scope.run))

    return asked


def _asks(node: syntax.Node) -> bool:
    return any(isinstance(one, syntax.Name) and one.name == "?" for one in syntax.walk(node))


def _may_decide(node: syntax.Node) -> bool:
    return isinstance(node, (syntax.Junction, syntax.Binary, syntax.Quantified, syntax.Call, syntax.In, syntax.Between))


def _decides(node: syntax.Node, around: Surroundings) -> Callable[[Value, Scope], bool | None]:
    """A boolean over other names decides by itself, unless the input is a boolean to compare with."""
    code = make(node, around)

    def decide(value: Value, scope: Scope) -> bool | None:
        found = code(scope)
        return found if type(found) is bool and type(value) is not bool else member(value, found)

    return decide


def unary(text: str, names: Iterable[str] = (), types: Mapping[str, Any] | None = None) -> UnaryTests:
    """Read unary tests; raises RuleSyntaxError."""
    return UnaryTests(text, parse_tests(text, names), Surroundings(types or {}))
