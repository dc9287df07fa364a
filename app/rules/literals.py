"""Values written out in a text, read without evaluating anything else."""

from __future__ import annotations

from . import syntax
from .bounds import Run
from .comparison import order
from .parser import parse
from .signatures import BUILTINS, invoke
from .values import NUMBERS, Builtin, Range, Value

_MAKERS = {"date", "time", "date and time", "duration"}


def range_from(text: str) -> Range:
    """The range a text spells, its ends literal; raises ValueError or RuleSyntaxError."""
    tree = parse(text)
    if not isinstance(tree, syntax.RangeLiteral):
        raise ValueError(text)
    low, high = literal_value(tree.low), literal_value(tree.high)
    if low is None and high is None:
        raise ValueError(text)
    if low is not None and high is not None and order(low, high) not in (-1, 0):
        raise ValueError(text)
    if (low is None and tree.low_in) or (high is None and tree.high_in):
        raise ValueError(text)
    return Range(low, high, tree.low_in, tree.high_in)


def literal_value(node: syntax.Node) -> Value:
    """The value of a literal, a negative number, `date("…")` and its like; else raises ValueError."""
    if isinstance(node, (syntax.Literal, syntax.Temporal)):
        return node.value
    if isinstance(node, syntax.Negation) and isinstance(node.operand, syntax.Literal):
        return NUMBERS.minus(node.operand.value)
    if isinstance(node, syntax.Call) and isinstance(node.function, syntax.Name) and node.function.name in _MAKERS:
        maker: Builtin = BUILTINS[node.function.name]
        return invoke(maker, [literal_value(argument) for argument in node.arguments], node.names, Run())
    raise ValueError(type(node).__name__)
