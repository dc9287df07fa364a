"""A body of the interface: read it or refuse it naming every field, write it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError

from app.protocol.codes import Code, Refusal
from app.protocol.messages.fields import BAD_CREDIT_CODE, MISSING


class Message(Schema):
    """A body. Unknown fields are ignored: either side may add fields before the other knows them."""

    class Meta:
        unknown = EXCLUDE

    error_messages = dict(type="应为JSON对象")  # noqa: C408, RUF012


def read(message: type[Message], body: object) -> dict[str, Any]:
    """The body as Python values, or raise Refusal 2001, 2002 or 2005 naming every field that is wrong."""
    try:
        loaded: dict[str, Any] = _schema(message).load(body)  # type: ignore[arg-type]
    except ValidationError as error:
        wrong = dict(_flat("", error.messages))
        first = next(iter(wrong))
        text = f"{first}：{wrong[first]}" if first else wrong[first]
        if MISSING in wrong.values():
            code = Code.MISSING
        elif BAD_CREDIT_CODE in wrong.values():
            code = Code.CREDIT_CODE
        else:
            code = Code.FORMAT
        raise Refusal(code, text, fields=wrong) from None
    return loaded


def write(message: type[Message], values: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON form of `values`; fields that are None or absent are left out."""
    dumped: dict[str, Any] = _schema(message).dump(values)
    return _without_nulls(dumped)


@cache
def _schema(message: type[Message]) -> Message:
    return message()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    return value


def _flat(path: str, errors: Any) -> list[tuple[str, str]]:
    if isinstance(errors, Mapping):
        found = []
        for key, value in errors.items():
            below = path if key == "_schema" else f"{path}.{key}" if path else str(key)
            found += _flat(below, value)
        return found
    if isinstance(errors, list):
        return [(path, "；".join(str(error) for error in errors))]
    return [(path, str(errors))]
