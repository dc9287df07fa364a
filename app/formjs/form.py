"""A form: its parts in order, and the four things one does with it: render, read, say back, give to JSON callers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import marshmallow
from markupsafe import Markup
from werkzeug.datastructures import FileStorage, MultiDict

from app.errors import BadInput
from app.formjs import conditions, texts, uploads, view
from app.formjs.fields import Context, Field, Wrong
from app.formjs.masking import masked as mask
from app.formjs.parts import Item

Values = Mapping[str, Any]


@dataclass(frozen=True)
class Form:
    """`items` as they stand on the page, `fields` flat in the same order."""

    id: str
    items: tuple[Item, ...]
    fields: tuple[Field, ...]

    @property
    def has_files(self) -> bool:
        return any(isinstance(one, uploads.FileField) for one in self.fields)

    def render(
        self,
        values: Values | None = None,
        errors: Mapping[str, str] | None = None,
        ctx: Context | None = None,
        *,
        sent: MultiDict[str, str] | None = None,
    ) -> Markup:
        """The error summary and the fields, to stand inside a <form> (ui/form.html draws one).

        `values` is data as read() returns it, for prefilling and for fixed fields; `sent` is request.form of an answer
        that had errors: shown as it was typed, nothing is lost. A MultiDict given as `values` counts as `sent`.
        """
        if isinstance(values, MultiDict):
            values, sent = None, values
        return view.Drawing(self.items, self.fields, values or {}, sent, errors or {}, ctx or {}).markup()

    def read(
        self,
        form: MultiDict[str, str],
        files: MultiDict[str, FileStorage] | None = None,
        *,
        ctx: Context | None = None,
    ) -> dict[str, Any]:
        """Typed data of the fields that are shown and may be filled in; raises BadInput naming every wrong field."""
        ctx = ctx or {}
        sent: MultiDict[str, FileStorage] = files if files is not None else MultiDict()
        values: dict[str, Any] = {}
        errors: dict[str, str] = {}
        for one in self.open_fields():
            try:
                values[one.key] = one.read(form, sent, ctx)
            except Wrong as wrong:
                errors[one.key] = wrong.message
        gone = self.hidden(values, ctx)
        errors = {key: told for key, told in errors.items() if key not in gone}
        if errors:
            raise BadInput(fields=errors)
        return {key: value for key, value in values.items() if key not in gone}

    def open_fields(self) -> list[Field]:
        return [one for one in self.fields if not one.fixed]

    def hidden(self, values: Values, ctx: Context) -> frozenset[str]:
        """Keys of the fields that the document hides for these values."""
        return conditions.hidden(self.fields, values, ctx)

    def shown(self, values: Values, ctx: Context | None = None, *, masked: bool = False) -> list[tuple[str, str]]:
        """(label, words) of every field with a place in `values`, in order; personal ones masked where asked."""
        ctx = ctx or {}
        gone = self.hidden(values, ctx)
        found = []
        for one in self.fields:
            if one.key in values and one.key not in gone and not _is_code(one):
                words = one.said(values[one.key], ctx)
                found.append((one.name, mask(words) if masked and one.secrecy == "personal" else words))
        return found

    def doubts(self, values: Values) -> dict[str, str]:
        """What a reviewer should look at although it was accepted (a credit code's check digit)."""
        found = {one.key: one.doubt(values.get(one.key)) for one in self.fields if isinstance(one, texts.TextField)}
        return {key: told for key, told in found.items() if told}

    def schema(self, ctx: Context | None = None) -> marshmallow.Schema:
        """The same rules for JSON: money as yuan in strings, dates ISO; files, codes and fixed fields are not asked."""
        facts: Context = ctx or {}
        asked = [one for one in self.open_fields() if not isinstance(one, uploads.FileField) and not _is_code(one)]
        base = marshmallow.Schema.from_dict({one.key: one.json_field(facts) for one in asked}, name=self.id or "Form")
        form = self

        class Loaded(base):  # type: ignore[misc, valid-type]
            @marshmallow.validates_schema(skip_on_field_errors=True)
            def _nothing_missing(self, data: dict[str, Any], **_kwargs: Any) -> None:
                gone = form.hidden(data, facts)
                must = [one for one in asked if one.required and one.key not in gone]
                missing = [one for one in must if one.empty(data.get(one.key))]
                if missing:
                    raise marshmallow.ValidationError({one.key: [one.missing()] for one in missing})

            @marshmallow.post_load
            def _without_hidden(self, data: dict[str, Any], **_kwargs: Any) -> dict[str, Any]:
                gone = form.hidden(data, facts)
                return {key: value for key, value in data.items() if key not in gone}

        Loaded.__name__ = base.__name__
        return Loaded()


def _is_code(one: Field) -> bool:
    return isinstance(one, texts.TextField) and one.format == "sms"
