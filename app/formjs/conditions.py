"""Which fields a form hides (conditional.hide, in FEEL), decided here and foretold for the browser."""

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from app import rules
from app.formjs.fields import Context, Field

MOST = 256


def hidden(fields: Sequence[Field], values: Mapping[str, Any], ctx: Context) -> frozenset[str]:
    """Keys of the fields that are hidden; a hidden field has no value, which may hide or show others in turn."""
    conditional = [one for one in fields if one.hide]
    gone: frozenset[str] = frozenset()
    for _round in range(len(conditional) + 1):
        scope = {**ctx, **{one.key: None if one.key in gone else values.get(one.key) for one in fields}}
        now = frozenset(one.key for one in conditional if hides(one.hide, scope))
        if now == gone:
            break
        gone = now
    return gone


def hides(expression: str, scope: Mapping[str, Any]) -> bool:
    """True only where the expression says true; null and nonsense show the field."""
    try:
        return rules.compile(expression).evaluate(scope) is True
    except rules.RuleError:
        return False


def foretold(expression: str, fields: Sequence[Field], ctx: Context) -> list[dict[str, str]] | None:
    """The combinations of choices that make it true; None where they can't be listed (a name is typed freely)."""
    by_key = {one.key: one for one in fields}
    names = [name for name in sorted(rules.compile(expression).names) if name in by_key]
    samples = [by_key[name].samples(ctx) for name in names]
    count = 1
    for values in samples:
        count *= len(values) if values is not None else MOST + 1
    if count > MOST or not names:
        return None
    found = []
    for combination in itertools.product(*(values or () for values in samples)):
        chosen = dict(zip(names, combination, strict=True))
        if hides(expression, {**ctx, **chosen}):
            found.append({name: _as_control(value) for name, value in chosen.items()})
    return found


def _as_control(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
