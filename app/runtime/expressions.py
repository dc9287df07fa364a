"""The one door to FEEL and decision tables: everything a diagram computes passes here."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from app import rules

TORN = frozenset({"not_unique", "not_any", "not_collectable"})  # a table that contradicts itself


@lru_cache(maxsize=4096)
def compiled(text: str) -> rules.Expression:
    """A FEEL expression ready to run; raises rules.RuleSyntaxError."""
    return rules.compile(text)


def decisions(table: bytes) -> dict[str, Any]:
    """Each decision of a DMN file, by name and by id, with the model that holds it; raises rules.RuleError."""
    model = rules.load_dmn(table)
    return {key: model for decision in model.decisions for key in (decision.name, decision.id)}


def used(expression: rules.Expression, context: Mapping[str, Any]) -> dict[str, Any]:
    """The values an expression can have read, by path, as JSON."""
    found: dict[str, Any] = {}
    for path in expression.paths:
        value: Any = context
        for name in path:
            if not isinstance(value, Mapping) or name not in value:
                break
            value = value[name]
        else:
            found[".".join(path)] = plain(value)
    return found


def told(trace: rules.Trace) -> dict[str, Any]:
    """How a decision came about, as JSON for the history: inputs, rules that matched, cells that stopped the others."""
    return {
        "inputs": {path: plain(value) for path, value in trace.inputs.items()},
        "matched": list(trace.matched),
        "stopped": [
            {"rule": s.rule, "column": s.column, "label": s.label, "test": s.test, "value": plain(s.value)}
            for s in trace.stopped
        ],
        "notes": [str(note) for note in trace.notes],
    }


def plain(value: Any) -> Any:
    """A computed value as JSON: whole numbers as integers, times as ISO text. What process data and operations see."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else _fraction(value)
        case datetime() if value.tzinfo is not None:
            return value.isoformat()  # with its offset: FEEL would write the zone's name, which only FEEL reads
        case date() | time() | timedelta() | rules.Months():
            return rules.to_json(value)["value"]
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
    return rules.to_json(value)


def shown(value: Any) -> str:
    """A value in a message to people."""
    try:
        return "空值" if value is None else orjson.dumps(plain(value)).decode()
    except rules.RuleError:
        return "函数"


def copied(value: Any) -> Any:
    """A deep copy of a JSON value; TypeError if it is not one."""
    return orjson.loads(orjson.dumps(value, option=_STRICT))


_STRICT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


def _fraction(value: Decimal) -> float | str:
    near = float(value)
    return near if Decimal(repr(near)) == value else str(value)
