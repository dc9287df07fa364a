"""What the interface's messages are made of, as JSON Schema and in words, with an example of each; for openapi.py and
the readable page. The words stand in words.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from marshmallow import fields as base
from marshmallow import validate

from app.protocol.messages import fields
from app.protocol.messages.message import Message

JSON = dict[str, Any]
TYPES = {
    fields.Money: "金额文本",
    fields.Rate: "费率文本",
    fields.Time: "时间",
    fields.Day: "日期",
    fields.Count: "整数",
    fields.Flag: "true/false",
    fields.Content: "Base64",
    fields.Number: "编号",
    fields.Digest: "摘要",
    fields.Region: "行政区划代码",
    fields.Phone: "电话",
    fields.Web: "网址",
    fields.CreditCode: "统一社会信用代码",
    fields.Text: "文本",
}
_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+08:00$"


@cache
def words() -> Any:
    return yaml.safe_load((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))


def name_of(key: str, field: base.Field) -> str:
    """As it stands in JSON."""
    return field.data_key or key


def fields_of(message: type[Message]) -> Iterator[tuple[str, base.Field]]:
    for key, field in message().fields.items():
        yield name_of(key, field), field


def said(message: type[Message], name: str) -> str:
    """What the field means; "" if nobody wrote it."""
    return str(_entry(message, name).get("say", ""))


def part_of(field: base.Field) -> type[Message] | None:
    """The message that the field, or each item of it, is."""
    inner = field.inner if isinstance(field, fields.Parts) else field
    if not isinstance(inner, fields.Part):
        return None
    found = inner.schema.__class__
    assert issubclass(found, Message)
    return found


def kind(field: base.Field) -> str:
    """The field's type in words: 金额文本, A | B, 列表：标段 …"""
    if isinstance(field, fields.Parts):
        inner = part_of(field)
        return f"列表：{inner.__name__ if inner else kind(field.inner)}"
    if isinstance(field, fields.Part):
        return field.schema.__class__.__name__
    if isinstance(field, fields.Choice):
        return " | ".join(field.choices)
    word = next((word for known, word in TYPES.items() if isinstance(field, known)), "文本")
    most = next((rule.max for rule in field.validators if isinstance(rule, validate.Length)), None)
    return f"{word}（≤{most}）" if most and word == "文本" else word


def parts(*messages: type[Message]) -> list[type[Message]]:
    """These messages and all they are made of, each once."""
    found: list[type[Message]] = []
    waiting = list(messages)
    while waiting:
        message = waiting.pop(0)
        if message not in found:
            found.append(message)
            waiting += [inner for _name, field in fields_of(message) if (inner := part_of(field))]
    return found


def example(message: type[Message]) -> JSON:
    """A body of this message that would be taken."""
    left_out = words()["without"].get(message.__name__, ())
    return {name: _example(message, name, field) for name, field in fields_of(message) if name not in left_out}


def schema(message: type[Message]) -> JSON:
    """The message's JSON Schema (2020-12); unknown fields are let through, as the receiver does."""
    told = dict(fields_of(message))
    found: JSON = {
        "type": "object",
        "properties": {name: property_of(field, said(message, name)) for name, field in told.items()},
    }
    required = [name for name, field in told.items() if field.required]
    return {**found, "required": required} if required else found


def property_of(field: base.Field, description: str = "") -> JSON:
    told: JSON = {"description": description} if description else {}
    inner = part_of(field)
    if isinstance(field, fields.Parts):
        item = {"$ref": ref(inner)} if inner else property_of(field.inner)
        return {"type": "array", "items": item, **_bounds(field, "Items"), **told}
    if inner is not None:
        return {"$ref": ref(inner), **told}
    if isinstance(field, fields.Flag):
        return {"type": "boolean", **told}
    if isinstance(field, fields.Count):
        rule = next(rule for rule in field.validators if isinstance(rule, validate.Range))
        return {"type": "integer", "minimum": rule.min, "maximum": rule.max, **told}
    if isinstance(field, fields.Choice):
        return {"type": "string", "enum": list(field.choices), **told}
    return {"type": "string", **_shape(field), **_bounds(field, "Length"), **told}


def ref(message: type[Message] | None) -> str:
    assert message is not None
    return f"#/components/schemas/{message.__name__}"


def _shape(field: base.Field) -> JSON:
    if isinstance(field, fields.Time):
        return {"format": "date-time", "pattern": _TIME}
    if isinstance(field, fields.Day):
        return {"format": "date"}
    if isinstance(field, fields.Content):
        return {"contentEncoding": "base64"}
    if isinstance(field, fields.Matched):
        rule = next(rule for rule in field.validators if isinstance(rule, validate.Regexp))
        return {"pattern": f"^{str(rule.regex.pattern).removesuffix('Z').removesuffix(chr(92))}$"}
    pattern = field.metadata.get("pattern")
    return {"pattern": pattern} if pattern else {}


def _bounds(field: base.Field, what: str) -> JSON:
    rule = next((rule for rule in field.validators if isinstance(rule, validate.Length)), None)
    if rule is None:
        return {}
    least = {f"min{what}": rule.min} if rule.min else {}
    return least | ({f"max{what}": rule.max} if rule.max is not None else {})


def _entry(message: type[Message], name: str) -> JSON:
    known = words()["fields"]
    found: JSON = known.get(f"{message.__name__}.{name}") or known.get(name) or {}
    return found


def _example(message: type[Message], name: str, field: base.Field) -> Any:
    inner = part_of(field)
    if inner is not None:
        one = example(inner)
        return [one] if isinstance(field, fields.Parts) else one
    entry = _entry(message, name)
    return entry.get("example", "")
