"""The one door to FEEL and decision tables: everything a diagram computes passes here."""

from collections.abc import Iterator, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import orjson

from app import rules


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


class Layered(Mapping[str, Any]):
    """`front` over `back`, neither read before it is asked."""

    def __init__(self, front: Mapping[str, Any], back: Mapping[str, Any]):
        self.front, self.back = front, back

    def __getitem__(self, name: str) -> Any:
        return self.front[name] if name in self.front else self.back[name]

    def __contains__(self, name: object) -> bool:
        return name in self.front or name in self.back

    def __iter__(self) -> Iterator[str]:
        return iter({**dict.fromkeys(self.back), **dict.fromkeys(self.front)})

    def __len__(self) -> int:
        return len(set(self.front) | set(self.back))


def plain(value: Any) -> Any:
    """A computed value as JSON: whole numbers as integers, times as ISO text. What process data and operations see."""
    match value:
        case None | bool() | str() | int() | float():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else _fraction(value)
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
