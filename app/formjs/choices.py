"""Choices: select, radio, checklist, checkbox."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import marshmallow
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from app import rules
from app.formjs.fields import Context, Field, Wrong
from app.formjs.texts import plain


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    hint: str = ""

    @property
    def name(self) -> str:
        return _(self.label)


def choices_of(found: Any) -> tuple[Choice, ...]:
    """From form-js's {value, label}, from (value, label), or from plain words."""
    if not isinstance(found, Iterable) or isinstance(found, str | Mapping):
        return ()
    return tuple(_choice(one) for one in found)


def _choice(one: Any) -> Choice:
    if isinstance(one, Choice):
        return one
    if isinstance(one, Mapping):
        value = str(one.get("value", one.get("label", "")))
        return Choice(value, str(one.get("label", value)), str(one.get("hint", "")))
    if isinstance(one, Sequence) and not isinstance(one, str):
        return Choice(str(one[0]), str(one[1]))
    return Choice(str(one), str(one))


@dataclass(frozen=True)
class ChoiceField(Field):
    """One of several. Choices stand in the document, in `ctx` under `values_key`, or follow from an expression."""

    values: tuple[Choice, ...] = ()
    values_key: str = ""
    values_expression: str = ""

    @property
    def widget(self) -> str:  # type: ignore[override]
        return self.type

    @property
    def placeholder(self) -> str:
        wanted = str(self.properties.get("placeholder") or "")
        return _(wanted) if wanted else _("请选择")

    def choices(self, ctx: Context) -> tuple[Choice, ...]:
        if self.values_key:
            return choices_of(ctx.get(self.values_key))
        if self.values_expression:
            return choices_of(rules.compile(self.values_expression).evaluate(ctx))
        return self.values

    def missing(self) -> str:
        return _("请选择%(label)s", label=self.name)

    def parse(self, text: str, ctx: Context) -> str | None:
        return plain(text) or None

    def empty(self, value: Any) -> bool:
        return value is None or value == ""

    def check(self, value: Any, ctx: Context) -> None:
        if value not in {one.value for one in self.choices(ctx)}:
            raise Wrong(_("%(label)s的选项已不存在，请重新选择", label=self.name))

    def said(self, value: Any, ctx: Context) -> str:
        words = {one.value: one.name for one in self.choices(ctx)}
        return words.get(value, value) if value else "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return marshmallow.fields.String(**self.json_rules(ctx))

    def samples(self, ctx: Context) -> Sequence[Any] | None:
        return [None, *(one.value for one in self.choices(ctx))]


@dataclass(frozen=True)
class ChecklistField(ChoiceField):
    """Any number of several; a list of values in the document's order."""

    def read(self, form: MultiDict[str, str], files: MultiDict[str, FileStorage], ctx: Context) -> list[str]:
        chosen = [plain(one) for one in form.getlist(self.key)]
        order = [one.value for one in self.choices(ctx)]
        known = [value for value in order if value in chosen]
        return self.accepted(known + [value for value in chosen if value and value not in order], ctx)

    def empty(self, value: Any) -> bool:
        return not value

    def check(self, value: Any, ctx: Context) -> None:
        for one in value:
            super().check(one, ctx)

    def said(self, value: Any, ctx: Context) -> str:
        return "、".join(super(ChecklistField, self).said(one, ctx) for one in value or ()) or "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return marshmallow.fields.List(marshmallow.fields.String(), **self.json_rules(ctx))

    def samples(self, ctx: Context) -> Sequence[Any] | None:
        return None


@dataclass(frozen=True)
class CheckboxField(Field):
    """Yes or no; required means it must be yes."""

    widget = "checkbox"

    def missing(self) -> str:
        return _("请勾选“%(label)s”", label=self.name)

    def parse(self, text: str, ctx: Context) -> bool:
        return text.strip().lower() in ("on", "true", "1", "yes")

    def empty(self, value: Any) -> bool:
        return not value

    def said(self, value: Any, ctx: Context) -> str:
        return _("是") if value else _("否")

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return marshmallow.fields.Boolean(**{"load_default": False, **self.json_rules(ctx), "required": False})

    def samples(self, ctx: Context) -> Sequence[Any] | None:
        return [False, True]
