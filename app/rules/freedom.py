"""Which names an expression takes from its surroundings, and along which paths."""

from __future__ import annotations

from . import syntax
from .signatures import BUILTINS

Paths = set[tuple[str, ...]]


def free_paths(tree: syntax.Node) -> Paths:
    """Paths into the caller's data, as `("order", "amount")`.

    A name in a filter may be the item's own and does not count.
    """
    found: Paths = set()
    waiting: list[tuple[syntax.Node, frozenset[str], bool]] = [(tree, frozenset(("?",)), False)]
    while waiting:
        node, bound, hidden = waiting.pop()
        if isinstance(node, (syntax.Path, syntax.Name)):
            chain = _chain(node)
            if chain:
                if chain[0] not in bound and not hidden and (len(chain) > 1 or chain[0] not in BUILTINS):
                    found.add(chain)
                continue
        waiting.extend(_inner(node, bound, hidden))
    return found


def _chain(node: syntax.Node) -> tuple[str, ...]:
    members: list[str] = []
    while isinstance(node, syntax.Path):
        members.append(node.member)
        node = node.source
    return (node.name, *reversed(members)) if isinstance(node, syntax.Name) else ()


def _inner(node: syntax.Node, bound: frozenset[str], hidden: bool) -> list[tuple[syntax.Node, frozenset[str], bool]]:
    """The parts of a node, each with the names bound around it."""
    if isinstance(node, syntax.Filter):
        return [(node.source, bound, hidden), (node.condition, bound | {"item"}, True)]
    if isinstance(node, syntax.ContextLiteral):
        parts = []
        for key, value in zip(node.keys, node.values, strict=True):
            parts.append((value, bound, hidden))
            bound = bound | {key}
        return parts
    if isinstance(node, (syntax.For, syntax.Quantified)):
        parts = []
        for source in node.iterators:
            parts += [(part, bound, hidden) for part in (source.domain, source.end) if part]
            bound = bound | {source.name}
        body = node.result if isinstance(node, syntax.For) else node.condition
        return [*parts, (body, bound | {"partial"}, hidden)]
    if isinstance(node, syntax.FunctionLiteral):
        return [(node.body, bound | {formal.name for formal in node.parameters}, hidden or node.external)]
    return [(child, bound, hidden) for child in syntax.children(node)]
