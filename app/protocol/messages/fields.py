"""Field types of the interface, with Chinese errors. In Python: money is integer fen, times are aware UTC."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode, b64encode
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from app.protocol import uscc

SHANGHAI = timezone(timedelta(hours=8))
MISSING = "缺少该字段"
BAD_CREDIT_CODE = "统一社会信用代码应为18位数字或大写字母（不含I、O、S、V、Z）"


def _errors(invalid: str = "应为文本", **more: str) -> dict[str, str | list[Any] | dict[Any, Any]]:
    return {
        "required": MISSING,
        "null": "不能为空值",
        "validator_failed": "格式不正确",
        "invalid_utf8": "应为UTF-8文本",
        "invalid": invalid,
        **more,
    }


class Text(fields.String):
    """A line or paragraph, trimmed; `most` characters, not empty unless `least` is 0."""

    default_error_messages = _errors()

    def __init__(self, most: int = 200, *, least: int = 1, **kwargs: Any) -> None:
        length = validate.Length(least, most, error=f"应为{least}至{most}个字符")
        super().__init__(validate=length, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if any(ord(character) < 32 and character not in "\n\t" for character in text):
            raise ValidationError("不能含有控制字符")
        return text.strip()


class Matched(fields.String):
    """Text of one shape, e.g. a number or a hash."""

    default_error_messages = _errors()

    def __init__(self, pattern: str, error: str, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(rf"(?:{pattern})\Z", error=error), **kwargs)


class Number(Matched):
    """A business number: an order's, guarantee's, lot's or transaction's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", "应为1至64位字母、数字、-或_", **kwargs)


class Digest(Matched):
    """A hash of 32 bytes in hex (SM3, SHA-256)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9a-f]{64}", "应为64位小写十六进制数", **kwargs)


class Region(Matched):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"[0-9]{6}", "应为6位行政区划代码", **kwargs)


class Phone(Matched):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"\+?[0-9][0-9-]{4,19}", "应为电话号码", **kwargs)


class Web(Matched):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(r"https?://[^\s]{1,1990}", "应为http或https地址", **kwargs)


class CreditCode(fields.String):
    """统一社会信用代码; length and alphabet only, the check digit is the receiver's setting."""

    default_error_messages = _errors()

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"pattern": f"^[{uscc.ALPHABET}]{{18}}$"})
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if not uscc.well_formed(text):
            raise ValidationError(BAD_CREDIT_CODE)
        return text


class Choice(fields.String):
    default_error_messages = _errors()

    def __init__(self, *choices: str, **kwargs: Any) -> None:
        self.choices = choices
        super().__init__(validate=validate.OneOf(choices, error=f"应为{'、'.join(choices)}之一"), **kwargs)


class Money(fields.String):
    """Yuan with two decimals in JSON ("1234.00"), integer fen in Python; not negative."""

    PATTERN = re.compile(r"(?:0|[1-9][0-9]{0,12})\.[0-9]{2}")
    default_error_messages = _errors(invalid='应为两位小数的金额文本，如"1234.00"')

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"pattern": f"^{self.PATTERN.pattern}$", "example": "1234.00"})
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{value // 100}.{value % 100:02d}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:  # type: ignore[override]
        if not isinstance(value, str) or not self.PATTERN.fullmatch(value):
            raise self.make_error("invalid")
        return int(value.replace(".", ""))


class Rate(fields.String):
    """A rate as a decimal text ("0.0035"), Decimal in Python; at most 1."""

    default_error_messages = _errors(invalid='应为0至1之间的小数文本，如"0.0035"')

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"pattern": r"^(?:0|1|0\.[0-9]{1,8})$", "example": "0.0035"})
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else f"{Decimal(value).normalize():f}"

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:  # type: ignore[override]
        if not isinstance(value, str) or not re.fullmatch(r"[0-9](?:\.[0-9]{1,8})?", value):
            raise self.make_error("invalid")
        try:
            rate = Decimal(value)
        except InvalidOperation:
            raise self.make_error("invalid") from None
        if rate > 1:
            raise self.make_error("invalid")
        return rate


class Time(fields.String):
    """ISO 8601 with +08:00 in JSON, aware UTC in Python; whole seconds or milliseconds."""

    PATTERN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?\+08:00", re.ASCII)
    default_error_messages = _errors(invalid="应为带+08:00时区的时间，如2026-11-23T09:30:00+08:00")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"format": "date-time", "example": "2026-11-23T09:30:00+08:00"})
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{attr}: a time without offset")
        moment: str = value.astimezone(SHANGHAI).isoformat(timespec="seconds")
        return moment

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:  # type: ignore[override]
        if not isinstance(value, str) or not self.PATTERN.fullmatch(value):
            raise self.make_error("invalid")
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.make_error("invalid") from None


class Day(fields.String):
    """A calendar day in Shanghai."""

    default_error_messages = _errors(invalid="应为日期，如2026-11-23")

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("metadata", {"format": "date", "example": "2026-11-23"})
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else value.isoformat()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:  # type: ignore[override]
        if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
            raise self.make_error("invalid")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None


class Count(fields.Integer):
    """A whole number from `least` to `most`; not a text, not 1.0."""

    default_error_messages = _errors(invalid="应为整数", too_large="数字过大")

    def __init__(self, least: int = 0, most: int = 1_000_000, **kwargs: Any) -> None:
        bounds = validate.Range(least, most, error=f"应在{least}至{most}之间")
        super().__init__(strict=True, validate=bounds, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise self.make_error("invalid")
        return super()._deserialize(value, attr, data, **kwargs)


class Flag(fields.Boolean):
    default_error_messages = _errors(invalid="应为true或false")

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class Content(fields.String):
    """Base64 in JSON, bytes in Python; at most `most` bytes."""

    default_error_messages = _errors(invalid="应为Base64编码")

    def __init__(self, most: int = 50 * 1024 * 1024, **kwargs: Any) -> None:
        self.most = most
        kwargs.setdefault("metadata", {"format": "byte"})
        super().__init__(**kwargs)

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else b64encode(value).decode()

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bytes:  # type: ignore[override]
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if len(value) > self.most * 4 // 3 + 4:
            raise ValidationError(f"文件不能超过{self.most // 1024 // 1024}MB")
        try:
            return b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise self.make_error("invalid") from None


class Part(fields.Nested):
    """A message inside a message."""

    default_error_messages = _errors(type="应为JSON对象")


class Parts(fields.List):
    """A list of messages, `least` to `most`."""

    default_error_messages = _errors(invalid="应为列表")

    def __init__(self, inner: Any, least: int = 0, most: int = 1000, **kwargs: Any) -> None:
        bounds = validate.Length(least, most, error=f"应为{least}至{most}项")
        item = Part(inner) if isinstance(inner, type) and issubclass(inner, Schema) else inner
        super().__init__(item, validate=bounds, **kwargs)
