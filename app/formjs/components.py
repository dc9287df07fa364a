"""One field from one form-js component; raises Bad with what is wrong with it."""

from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

import re2
from flask_babel import gettext as _

from app.formjs import choices, moments, numbers, texts, uploads
from app.formjs.fields import Field


class Bad(Exception):
    """One component's own mistake."""


def said(component: Mapping[str, Any]) -> Mapping[str, Any]:
    """form-js's validate: required, pattern, lengths, bounds."""
    return component.get("validate") or {}


def _text(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    if names["properties"].get("money"):
        return _money(component, names)
    wanted = said(component)
    form = str(names["properties"].get("format", "")) or {"email": "email", "phone": "phone"}.get(
        str(wanted.get("validationType", "")), ""
    )
    if form and form not in texts.FORMATS:
        raise Bad(_("format 应为 %(formats)s 之一", formats=", ".join(texts.FORMATS)))
    affixes = component.get("appearance") or {}
    return texts.TextField(
        **names,
        format=form,
        pattern=_pattern(wanted.get("pattern")),
        shortest=_count(wanted.get("minLength"), "minLength"),
        longest=_count(wanted.get("maxLength"), "maxLength"),
        prefix=str(affixes.get("prefixAdorner") or ""),
        suffix=str(affixes.get("suffixAdorner") or ""),
    )


def _pattern(text: Any) -> Any:
    if not text:
        return None
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(str(text), options)
    except re2.error as error:
        raise Bad(_("pattern 有误或含有不支持的写法（前后查找、反向引用）：%(error)s", error=error)) from None


def _count(value: Any, name: str) -> int:
    if value in (None, ""):
        return 0
    try:
        number = int(value)
    except (TypeError, ValueError):
        raise Bad(_("%(name)s 应为整数", name=name)) from None
    if not 0 <= number <= 100_000:
        raise Bad(_("%(name)s 应在 0 与 100000 之间", name=name))
    return number


def _bound(value: Any, name: str) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        raise Bad(_("%(name)s 应为数字", name=name)) from None
    if not number.is_finite():
        raise Bad(_("%(name)s 应为数字", name=name))
    return number


def _number(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    if names["properties"].get("money"):
        return _money(component, names)
    digits = component.get("decimalDigits")
    affixes = component.get("appearance") or {}
    return numbers.NumberField(
        **names,
        **_bounds(component),
        decimals=None if digits in (None, "") else _count(digits, "decimalDigits"),
        prefix=str(affixes.get("prefixAdorner") or ""),
        suffix=str(affixes.get("suffixAdorner") or ""),
    )


def _money(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    if names["properties"]["money"] != "yuan":
        raise Bad(_("money 应为 yuan"))
    return numbers.MoneyField(**names, **_bounds(component))


def _bounds(component: Mapping[str, Any]) -> dict[str, Any]:
    wanted = said(component)
    return {"least": _bound(wanted.get("min"), "min"), "most": _bound(wanted.get("max"), "max")}


def _choice(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    values = choices.choices_of(component.get("values"))
    key = str(component.get("valuesKey") or "")
    expression = str(component.get("valuesExpression") or "").strip().removeprefix("=").strip()
    if not values and not key and not expression:
        raise Bad(_("没有选项：请填写 values、valuesKey 或 valuesExpression"))
    if len({one.value for one in values}) != len(values):
        raise Bad(_("选项的值重复"))
    made = choices.ChecklistField if component["type"] == "checklist" else choices.ChoiceField
    return made(**names, values=values, values_key=key, values_expression=expression)


def _checkbox(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    return choices.CheckboxField(**names)


def _moment(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    subtype = str(component.get("subtype", "date"))
    if subtype not in ("date", "time", "datetime"):
        raise Bad(_("subtype 应为 date、time 或 datetime"))
    return moments.MomentField(**names, subtype=subtype, no_past=bool(component.get("disallowPassedDates")))


def _files(component: Mapping[str, Any], names: dict[str, Any]) -> Field:
    listed = [one.strip().lower().removeprefix(".") for one in str(component.get("accept") or "pdf,zip").split(",")]
    kinds = tuple(dict.fromkeys(uploads.SAME.get(one, one) for one in listed if one))
    unknown = [one for one in kinds if one not in uploads.TYPES]
    if unknown:
        raise Bad(_("不支持的文件类型 %(types)s", types=", ".join(unknown)))
    largest = uploads.size_of(str(names["properties"].get("maxSize", "50M")))
    if largest is None:
        raise Bad(_("maxSize 应写作 50M 或 300K"))
    count = _count(names["properties"].get("maxFiles", 10), "maxFiles")
    return uploads.FileField(
        **names, accept=kinds, multiple=bool(component.get("multiple")), largest=largest, count=count
    )


MAKERS: dict[str, Callable[[Mapping[str, Any], dict[str, Any]], Field]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "select": _choice,
    "radio": _choice,
    "checklist": _choice,
    "checkbox": _checkbox,
    "datetime": _moment,
    "filepicker": _files,
}
