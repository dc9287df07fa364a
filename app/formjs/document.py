"""From a form-js document to a Form, or everything that is wrong with it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _

from app import rules
from app.errors import AppError
from app.formjs import components, texts
from app.formjs.fields import Field
from app.formjs.form import Form
from app.formjs.parts import Group, Item, Line, Words

_KEY = re.compile(r"[^\W\d]\w{0,63}")
RESERVED = {"csrf_token"}
SECRECY = ("personal", "sealed")
SILENT = ("button", "spacer")


@dataclass(frozen=True)
class Problem:
    """Something wrong with one component; `at` is its key, label or place."""

    at: str
    message: str


class FormError(AppError):
    """The document can't be a form here."""

    code = "bad_form"

    def __init__(self, problems: list[Problem]):
        super().__init__("；".join(f"{one.at}：{one.message}" for one in problems))
        self.problems = problems


def load(schema: Mapping[str, Any]) -> Form:
    """A Form from a form-js document (already parsed JSON); raises FormError."""
    reader = _Reader()
    if not isinstance(schema, Mapping) or not isinstance(schema.get("components"), list):
        raise FormError([Problem(_("表单"), _("缺少 components"))])
    items = reader.items(schema["components"])
    reader.references()
    if reader.problems:
        raise FormError(reader.problems)
    return Form(str(schema.get("id", "")), tuple(items), tuple(reader.fields))


class _Reader:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.fields: list[Field] = []
        self.around: list[str] = []  # conditions of the groups one is in

    def items(self, components: list[Any]) -> list[Item]:
        found: list[Item] = []
        for number, component in enumerate(components, 1):
            if not isinstance(component, Mapping):
                self.problems.append(Problem(_("第 %(n)d 个组件", n=number), _("不是对象")))
            elif (item := self.item(component)) is not None:
                found.append(item)
        return found

    def item(self, component: Mapping[str, Any]) -> Item | None:
        kind = component.get("type")
        if kind in SILENT:
            return None
        if kind == "separator":
            return Line()
        if kind == "text":
            return self.text(component)
        if kind == "group":
            return self.group(component)
        maker = components.MAKERS.get(str(kind))
        if maker is None:
            self.wrong(component, _("不支持的组件类型 %(type)s", type=kind))
            return None
        names = self.names(component)
        if names is None:
            return None
        try:
            field = maker(component, names)
        except components.Bad as bad:
            self.wrong(component, str(bad))
            return None
        self.fields.append(field)
        return field

    def text(self, component: Mapping[str, Any]) -> Item | None:
        words = str(component.get("text", ""))
        if words.startswith("=") or "{{" in words:
            self.wrong(component, _("说明文字不能含表达式"))
            return None
        return Words(words, self.condition(component))

    def group(self, component: Mapping[str, Any]) -> Item:
        if component.get("path"):
            self.wrong(component, _("分组不能有 path：字段的 key 在整个表单中唯一"))
        hide = self.condition(component)
        inner = component.get("components")
        around = list(self.around)
        self.around = [hide] if hide else []
        items = self.items(inner if isinstance(inner, list) else [])
        self.around = around
        return Group(str(component.get("label", "")), tuple(items), hide)

    def names(self, component: Mapping[str, Any]) -> dict[str, Any] | None:
        """What every field has; None (and a problem) where the key can't be used."""
        key = str(component.get("key", ""))
        if not _KEY.fullmatch(key) or key in RESERVED:
            self.wrong(component, _("key “%(key)s”应以字母开头，只含字母、数字和下划线", key=key))
            return None
        if any(one.key == key for one in self.fields):
            self.wrong(component, _("key “%(key)s”重复", key=key))
            return None
        label = str(component.get("label") or component.get("dateLabel") or component.get("timeLabel") or "").strip()
        if not label:
            self.wrong(component, _("缺少标签"))
            return None
        properties = component.get("properties") or {}
        secrecy = str(properties.get("secrecy", ""))
        if secrecy and secrecy not in SECRECY:
            self.wrong(component, _("secrecy 应为 personal 或 sealed"))
        return {
            "key": key,
            "label": label,
            "type": str(component["type"]),
            "required": bool(components.said(component).get("required")),
            "description": str(component.get("description") or properties.get("hint") or ""),
            "secrecy": secrecy,
            "hide": self.condition(component),
            "default": component.get("defaultValue"),
            "fixed": bool(component.get("readonly") or component.get("disabled")),
            "properties": dict(properties),
        }

    def condition(self, component: Mapping[str, Any]) -> str:
        text = str((component.get("conditional") or {}).get("hide") or "").strip().removeprefix("=").strip()
        if text:
            self.expression(component, text)
        return " or ".join(f"({one})" for one in [*self.around, text] if one)

    def expression(self, component: Mapping[str, Any], text: str) -> None:
        try:
            rules.compile(text)
        except rules.RuleSyntaxError as error:
            self.wrong(component, _("表达式有误：%(error)s", error=error))

    def references(self) -> None:
        """What fields say of one another."""
        keys = {one.key for one in self.fields}
        for one in self.fields:
            expression = getattr(one, "values_expression", "")
            if expression:
                self.expression({"key": one.key}, expression)
            if isinstance(one, texts.TextField) and one.format == "sms" and one.properties.get("phone") not in keys:
                self.problems.append(Problem(one.key, _("properties.phone 应为本表单中手机号字段的 key")))

    def wrong(self, component: Mapping[str, Any], message: str) -> None:
        at = str(component.get("key") or component.get("label") or component.get("id") or component.get("type"))
        self.problems.append(Problem(at, message))
