"""Numbers, and money typed in yuan and kept in fen."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import marshmallow
from flask_babel import gettext as _

from app import money
from app.errors import BadInput
from app.formjs.fields import Context, Field, Wrong
from app.formjs.texts import plain

_NUMBER = re.compile(r"[+-]?(\d{1,18}(\.\d{0,12})?|\.\d{1,12})")


@dataclass(frozen=True)
class NumberField(Field):
    """A number: int where no decimals are allowed, else Decimal."""

    least: Decimal | None = None
    most: Decimal | None = None
    decimals: int | None = None
    prefix: str = ""
    suffix: str = ""

    widget = "number"

    def parse(self, text: str, ctx: Context) -> int | Decimal | None:
        text = plain(text, code=True).replace(",", "")
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            raise Wrong(self.not_a_number())
        return self.fitted(Decimal(text))

    def not_a_number(self) -> str:
        return _("%(label)s应为数字", label=self.name)

    def fitted(self, number: Decimal) -> int | Decimal:
        return int(number) if self.decimals == 0 and number == number.to_integral_value() else number

    def check(self, value: Any, ctx: Context) -> None:
        number = Decimal(value)
        exponent = number.as_tuple().exponent
        if self.decimals is not None and isinstance(exponent, int) and -exponent > self.decimals:
            if self.decimals == 0:
                raise Wrong(_("%(label)s应为整数", label=self.name))
            raise Wrong(_("%(label)s最多保留 %(digits)d 位小数", label=self.name, digits=self.decimals))
        if self.least is not None and number < self.least:
            raise Wrong(_("%(label)s不能小于 %(min)s", label=self.name, min=self.bound(self.least)))
        if self.most is not None and number > self.most:
            raise Wrong(_("%(label)s不能大于 %(max)s", label=self.name, max=self.bound(self.most)))

    def bound(self, number: Decimal) -> str:
        return f"{number.normalize():f}"

    def typed(self, value: Any) -> str:
        return "" if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)

    def said(self, value: Any, ctx: Context) -> str:
        text = self.typed(value)
        return f"{self.prefix}{text}{self.suffix}" if text else "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return Number(self, **self.json_rules(ctx))

    def messages(self) -> dict[str, str]:
        told = self.not_a_number()
        return {**super().messages(), "invalid": told, "special": told, "too_large": told}


@dataclass(frozen=True)
class MoneyField(NumberField):
    """Yuan on the page and to JSON callers, integer fen in the data; bounds are written in yuan."""

    decimals: int | None = 2

    widget = "money"

    @property
    def unit(self) -> str:
        """元 after the control, unless the label says it."""
        return "" if "元" in self.label else _("元")

    def parse(self, text: str, ctx: Context) -> int | None:
        text = plain(text, code=True)
        if not text:
            return None
        try:
            return money.parse(text)
        except BadInput:
            raise Wrong(self.not_a_number()) from None

    def not_a_number(self) -> str:
        return _("%(label)s应为不超过两位小数的金额，例如 1234.00", label=self.name)

    def check(self, value: Any, ctx: Context) -> None:
        yuan = Decimal(value) / 100
        if self.least is not None and yuan < self.least:
            raise Wrong(_("%(label)s不能小于 %(min)s", label=self.name, min=self.bound(self.least)))
        if self.most is not None and yuan > self.most:
            raise Wrong(_("%(label)s不能大于 %(max)s", label=self.name, max=self.bound(self.most)))

    def bound(self, number: Decimal) -> str:
        return money.shown(int(number * 100))

    def typed(self, value: Any) -> str:
        return money.yuan(value) if isinstance(value, int) else str(value or "")

    def said(self, value: Any, ctx: Context) -> str:
        return money.shown(value)

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return Yuan(self, **self.json_rules(ctx))


class Number(marshmallow.fields.Decimal):
    """A JSON number, or the same as a string; nothing endless, no NaN."""

    def __init__(self, field: NumberField, **kwargs: Any):
        super().__init__(**kwargs)
        self.field = field

    def _validated(self, value: Any) -> Decimal:
        if isinstance(value, bool) or not _NUMBER.fullmatch(str(value)):
            raise self.make_error("invalid", input=value)
        return Decimal(str(value))

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.field.fitted(self._validated(value))


class Yuan(marshmallow.fields.String):
    """Yuan as a string ("1234.00"), loaded as fen."""

    def __init__(self, field: MoneyField, **kwargs: Any):
        metadata = {**kwargs.pop("metadata", {}), "pattern": r"^\d{1,13}(\.\d{1,2})?$"}
        super().__init__(metadata=metadata, **kwargs)
        self.field = field

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return money.parse(text)
        except BadInput:
            raise self.make_error("invalid") from None

    def _serialize(self, value: Any, attr: str | None, obj: Any, **kwargs: Any) -> str | None:
        return None if value is None else money.yuan(value)
