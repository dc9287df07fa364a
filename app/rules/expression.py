"""An expression: compiled once, evaluated and explained as often as wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import calls, loops, operators  # noqa: F401  (they register the code of their nodes)
from .bounds import DEFAULT, NESTING, Bounds, Run, Scope
from .code import Surroundings, make
from .failures import Note, RuleError, RuleSyntaxError
from .freedom import free_paths
from .parser import parse
from .printer import shown
from .syntax import Node
from .values import Value, admit


@dataclass(frozen=True, slots=True)
class Explanation:
    """A value with what it rests on: `inputs` by path, and `notes` on everything that came out null."""

    value: Value
    notes: tuple[Note, ...]
    inputs: dict[str, Value]


class Expression:
    """FEEL, ready to run. Immutable; may be shared by threads."""

    def __init__(self, text: str, tree: Node, around: Surroundings, bounds: Bounds = DEFAULT) -> None:
        self.text, self.tree, self.bounds = text, tree, bounds
        self._code = guarded_make(lambda: make(tree, around))
        self.paths = frozenset(free_paths(tree))
        self.names = frozenset(path[0] for path in self.paths)

    def __repr__(self) -> str:
        return f"<Expression {shown(self.tree)}>"

    def evaluate(self, context: Mapping[str, Any], now: datetime | None = None) -> Value:
        """The value in this context; raises RuleError when a bound is reached."""
        run = Run()
        run.now = now
        if self.bounds is not DEFAULT:
            run.bounds = self.bounds
        try:
            return self._code(Scope(context, None, run))
        except RecursionError:
            raise RuleError("too_nested", limit=NESTING) from None

    def explain(self, context: Mapping[str, Any], now: datetime | None = None) -> Explanation:
        """The value, why something in it is null, and the inputs it used."""
        run = Run()
        run.now, run.notes, run.bounds = now, [], self.bounds
        value = guarded(lambda: self._code(Scope(context, None, run)))
        return Explanation(value, tuple(run.notes), inputs_of(self.paths, context))


def guarded(work: Callable[[], Value]) -> Value:
    """Run it; too deep a recursion is our error, not Python's."""
    try:
        return work()
    except RecursionError:
        raise RuleError("too_nested", limit=NESTING) from None


def guarded_make(work: Callable[[], Any]) -> Any:
    try:
        return work()
    except RecursionError:
        raise RuleSyntaxError("too_nested", limit=NESTING) from None


def inputs_of(paths: Iterable[tuple[str, ...]], context: Mapping[str, Any]) -> dict[str, Value]:
    """The values found at these paths of the context; a path through a list ends at the list."""
    found: dict[str, Value] = {}
    run = Run()
    for path in sorted(paths):
        value: Any = context
        depth = 0
        while depth < len(path) and isinstance(value, Mapping) and path[depth] in value:
            value = value[path[depth]]
            depth += 1
        if depth == len(path) or (depth and not isinstance(value, Mapping)):
            found[".".join(path[:depth])] = admit(value, run)
    return found


def compile(
    text: str, names: Iterable[str] = (), types: Mapping[str, Any] | None = None, bounds: Bounds = DEFAULT
) -> Expression:
    """Read an expression; `names` are those that hold signs or keywords. Raises RuleSyntaxError."""
    return Expression(text, parse(text, names), Surroundings(types or {}), bounds)
