"""What every field of a form has: its names, how it is read, checked, said back, and what JSON callers may send."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import marshmallow
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

Context = Mapping[str, Any]


class Wrong(Exception):
    """What is wrong with one field's value, in a sentence that names the field."""

    def __init__(self, message: str):
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Field:
    """One question. `type` is form-js's word; `hide` the FEEL text of conditional.hide, without its `=`."""

    key: str
    label: str
    type: str
    required: bool = False
    description: str = ""
    secrecy: str = ""
    hide: str = ""
    default: Any = None
    fixed: bool = False
    properties: Mapping[str, Any] = field(default_factory=dict)

    #: which macro of ui/field.html draws it
    widget = "text"

    @property
    def name(self) -> str:
        """The label in the reader's language, as messages use it."""
        return _(self.label)

    @property
    def placeholder(self) -> str:
        wanted = str(self.properties.get("placeholder") or "")
        return _(wanted) if wanted else _("请输入%(label)s", label=self.name)

    @property
    def hint(self) -> str:
        return _(self.description) if self.description else ""

    def missing(self) -> str:
        return _("请输入%(label)s", label=self.name)

    def read(self, form: MultiDict[str, str], files: MultiDict[str, FileStorage], ctx: Context) -> Any:
        """The typed value, None where nothing was given; raises Wrong."""
        value = self.parse(form.get(self.key, ""), ctx)
        return self.accepted(value, ctx)

    def parse(self, text: str, ctx: Context) -> Any:
        """Typed from what was typed; raises Wrong."""
        raise NotImplementedError

    def accepted(self, value: Any, ctx: Context) -> Any:
        """The value if it may stand; raises Wrong. Also for values that came as JSON."""
        if self.empty(value):
            if self.required:
                raise Wrong(self.missing())
            return value
        self.check(value, ctx)
        return value

    def empty(self, value: Any) -> bool:
        return value is None

    def check(self, value: Any, ctx: Context) -> None:
        """Raises Wrong where a given value breaks one of the field's rules."""

    def typed(self, value: Any) -> str:
        """A value as the control shows it."""
        return "" if value is None else str(value)

    def said(self, value: Any, ctx: Context) -> str:
        """A value as people read it."""
        return self.typed(value) or "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        """The same question to a JSON caller."""
        raise NotImplementedError

    def messages(self) -> dict[str, str]:
        return {"required": self.missing(), "null": self.missing(), "invalid": self.missing()}

    def json_rules(self, ctx: Context) -> dict[str, Any]:
        """What every json_field is given: rules, messages, whether it may be left out."""

        def stands(value: Any) -> None:
            try:
                self.accepted(value, ctx)
            except Wrong as wrong:
                raise marshmallow.ValidationError(wrong.message) from None

        must = self.required and not self.hide
        return {
            "required": must,
            "allow_none": not must,
            "validate": stands,
            "error_messages": self.messages(),
            "metadata": {"description": self.label},
        }

    def samples(self, ctx: Context) -> Sequence[Any] | None:
        """Every value the field can take, where they are few (choices); None where they are many."""
        return None
