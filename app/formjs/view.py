"""A form as HTML: what each field's macro (ui/field.html) is told."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from flask_babel import gettext as _
from markupsafe import Markup, escape
from werkzeug.datastructures import MultiDict

from app.formjs import conditions
from app.formjs.choices import ChoiceField
from app.formjs.fields import Context, Field, Wrong
from app.formjs.masking import masked
from app.formjs.parts import Group, Item, Words


@dataclass(frozen=True)
class Drawn:
    """One field as drawn: `text` and `chosen` are what its control holds, `shown` what a fixed one says instead;
    `again`: the form was sent and had errors."""

    field: Field
    text: str
    chosen: tuple[str, ...]
    error: str
    hidden: bool
    hide_when: str
    shown: str
    again: bool
    ctx: Context

    @property
    def options(self) -> list[tuple[str, str, str]]:
        """(value, word, hint) of each choice."""
        if not isinstance(self.field, ChoiceField):
            return []
        return [(one.value, one.name, one.hint) for one in self.field.choices(self.ctx)]


class Drawing:
    """One form drawn once."""

    def __init__(
        self,
        items: Sequence[Item],
        fields: Sequence[Field],
        values: Mapping[str, Any],
        sent: MultiDict[str, str] | None,
        errors: Mapping[str, str],
        ctx: Context,
    ):
        self.items, self.fields, self.values, self.sent = items, fields, values, sent
        self.errors, self.ctx = errors, ctx
        self.typed = {one.key: self._typed(one) for one in fields}
        self.gone = conditions.hidden(fields, self.typed, ctx)

    def markup(self) -> Markup:
        known = {one.key for one in self.fields}
        told = {one.key: self.errors[one.key] for one in self.fields if one.key in self.errors}
        if rest := [text for key, text in self.errors.items() if key not in known]:
            told[""] = "；".join(rest)
        summary = get_template_attribute("ui/alert.html", "errors")(told)
        return Markup("").join([summary, *(self._item(one) for one in self.items)])

    def _typed(self, field: Field) -> Any:
        """The value as data, for the conditions; what can't be read counts as nothing."""
        if self.sent is None or field.fixed:
            return self.values.get(field.key, field.default)
        try:
            return field.read(self.sent, MultiDict(), self.ctx)
        except Wrong:
            return None

    def _item(self, item: Item) -> Markup:
        if isinstance(item, Field):
            return _macro("of_form")(self._drawn(item))
        if isinstance(item, Group):
            inner = Markup("").join(self._item(one) for one in item.items)
            label = _(item.label) if item.label else ""
            return _macro("group")(label, inner, self._hides(item.hide), self._foretold(item.hide))
        if isinstance(item, Words):
            return Markup("") if self._hides(item.hide) else prose(_(item.text) if item.text else "")
        return Markup("<hr>")

    def _hides(self, expression: str) -> bool:
        scope = {**self.ctx, **{k: None if k in self.gone else v for k, v in self.typed.items()}}
        return bool(expression) and conditions.hides(expression, scope)

    def _foretold(self, expression: str) -> str:
        found = conditions.foretold(expression, self.fields, self.ctx) if expression else None
        return json.dumps(found, ensure_ascii=False) if found is not None else ""

    def _drawn(self, field: Field) -> Drawn:
        text, chosen = self._held(field)
        said = field.said(self.values.get(field.key, field.default), self.ctx) if field.fixed else ""
        return Drawn(
            field=field,
            text=text,
            chosen=chosen,
            error=self.errors.get(field.key, ""),
            hidden=field.key in self.gone,
            hide_when=self._foretold(field.hide),
            shown=masked(said) if field.secrecy == "personal" else said,
            again=self.sent is not None,
            ctx=self.ctx,
        )

    def _held(self, field: Field) -> tuple[str, tuple[str, ...]]:
        if self.sent is not None and not field.fixed:
            chosen = tuple(self.sent.getlist(field.key))
            return (chosen[0] if chosen else ""), chosen
        value = self.values.get(field.key, field.default)
        if isinstance(value, list | tuple):
            return "", tuple(str(one) for one in value)
        if isinstance(value, bool):
            return ("true", ("true",)) if value else ("", ())
        text = value if isinstance(value, str) else field.typed(value)
        return text, (text,)


def _macro(name: str) -> Callable[..., Markup]:
    found: Callable[..., Markup] = get_template_attribute("ui/field.html", name)
    return found


def prose(text: str) -> Markup:
    """Paragraphs, `- ` lists, `#` headings, **strong**, [links](https://…): all else is shown as it stands."""
    found = []
    for block in re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip()):
        lines = [line.strip() for line in block.split("\n") if line.strip()]
        if lines and lines[0].startswith("#"):
            found.append(Markup("<h3>{}</h3>").format(_inline(lines.pop(0).lstrip("# "))))
        if not lines:
            continue
        if all(line.startswith(("- ", "* ")) for line in lines):
            points = Markup("").join(Markup("<li>{}</li>").format(_inline(one[2:])) for one in lines)
            found.append(Markup("<ul>{}</ul>").format(points))
        else:
            found.append(Markup("<p>{}</p>").format(Markup("<br>").join(_inline(one) for one in lines)))
    return Markup("").join(found)


def _inline(text: str) -> Markup:
    safe = str(escape(text))
    safe = re.sub(r"\*\*([^*]+)\*\*", r"<strong>\1</strong>", safe)
    safe = re.sub(r"\[([^\]]+)\]\((https?://[^\s()\"]+|/(?!/)[^\s()\"]*)\)", r'<a href="\2">\1</a>', safe)
    return Markup(safe)  # noqa: S704  escaped above; only our own tags are put in
