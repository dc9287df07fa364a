"""Words: textfield and textarea, with the formats people's numbers have."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import marshmallow
from flask import current_app, has_app_context
from flask_babel import gettext as _

from app.formjs import identity
from app.formjs.fields import Context, Field, Wrong
from app.protocol import uscc

LONGEST = {"textfield": 500, "textarea": 5000}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
_PHONE = re.compile(r"1[3-9]\d{9}")
_TEL = re.compile(r"(1[3-9]\d{9}|(0\d{2,3}-?)?\d{7,8}(-\d{1,6})?|[48]00-?\d{3}-?\d{4})")
_EMAIL = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_URL = re.compile(r"https?://[^\s/$.?#][^\s]{0,480}", re.IGNORECASE)
_CODE = re.compile(r"\d{6}")


def plain(text: str, *, code: bool = False) -> str:
    """Trimmed, one kind of line end, no invisible characters; codes also without spaces and full-width forms."""
    text = _CONTROL.sub("", unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n"))
    if code:
        text = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    return text.strip()


@dataclass(frozen=True)
class Format:
    """How a kind of number looks: whether it fits, what is said if not, and what the control should know."""

    fits: Callable[[str], bool]
    told: Callable[[str], str]
    inputmode: str = "text"
    autocomplete: str = "off"
    input_type: str = "text"
    upper: bool = False


FORMATS: Mapping[str, Format] = {
    "phone": Format(
        lambda v: bool(_PHONE.fullmatch(v)),
        lambda name: _("%(label)s应为 11 位手机号", label=name),
        "tel", "tel", "tel",
    ),
    "tel": Format(
        lambda v: bool(_TEL.fullmatch(v)),
        lambda name: _("%(label)s应为手机号，或带区号的电话，例如 0731-88880000", label=name),
        "tel", "tel", "tel",
    ),
    "uscc": Format(
        uscc.well_formed,
        lambda name: _("%(label)s应为 18 位数字和大写字母（不含 I、O、S、V、Z）", label=name),
        upper=True,
    ),
    "idcard": Format(
        identity.id_number_holds,
        lambda name: _("%(label)s不正确，请核对 18 位号码", label=name),
        upper=True,
    ),
    "email": Format(
        lambda v: len(v) <= 254 and bool(_EMAIL.fullmatch(v)),
        lambda name: _("%(label)s应为电子邮箱，例如 name@example.com", label=name),
        "email", "email", "email",
    ),
    "url": Format(
        lambda v: bool(_URL.fullmatch(v)),
        lambda name: _("%(label)s应为以 http:// 或 https:// 开头的地址", label=name),
        "url", "off", "url",
    ),
    "sms": Format(
        lambda v: bool(_CODE.fullmatch(v)),
        lambda name: _("%(label)s应为 6 位数字", label=name),
        "numeric", "one-time-code",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class TextField(Field):
    """One line or several. `pattern` is a compiled RE2 expression, so no pattern can stall the server."""

    format: str = ""
    pattern: Any = None
    shortest: int = 0
    longest: int = 0
    prefix: str = ""
    suffix: str = ""

    @property
    def widget(self) -> str:  # type: ignore[override]
        if self.format == "sms":
            return "sms"
        return "textarea" if self.type == "textarea" else "text"

    @property
    def limit(self) -> int:
        return self.longest or LONGEST[self.type]

    @property
    def look(self) -> Format:
        return FORMATS.get(self.format, _PLAIN)

    def parse(self, text: str, ctx: Context) -> str | None:
        text = plain(text, code=bool(self.format))
        if self.type == "textfield":
            text = " ".join(text.split("\n"))
        return (text.upper() if self.look.upper else text) or None

    def empty(self, value: Any) -> bool:
        return value is None or value == ""

    def check(self, value: Any, ctx: Context) -> None:
        if len(value) > self.limit:
            raise Wrong(
                _("%(label)s不能超过 %(max)d 个字（现在 %(now)d 个）", label=self.name, max=self.limit, now=len(value))
            )
        if len(value) < self.shortest:
            raise Wrong(_("%(label)s至少 %(min)d 个字", label=self.name, min=self.shortest))
        if self.format and not self.look.fits(value):
            raise Wrong(self.look.told(self.name))
        if self.format == "uscc" and self.check_digit(ctx) == "strict" and not uscc.check_digit_holds(value):
            raise Wrong(_("%(label)s校验位不正确，请核对后重新输入", label=self.name))
        if self.pattern is not None and not self.pattern.search(value):
            told = self.properties.get("patternHint")
            raise Wrong(_(str(told)) if told else _("%(label)s格式不正确", label=self.name))

    def check_digit(self, ctx: Context) -> str:
        """The document's word, the page's, else the installation's setting (USCC_CHECK)."""
        installed = current_app.config.get("USCC_CHECK") if has_app_context() else None
        return str(self.properties.get("checkDigit") or ctx.get("uscc_check") or installed or "warn")

    def doubt(self, value: Any) -> str | None:
        """Something a reviewer should look at although the value is accepted."""
        if self.format == "uscc" and value and not uscc.check_digit_holds(str(value)):
            return _("%(label)s校验位与 GB 32100 不符，请核对", label=self.name)
        return None

    def said(self, value: Any, ctx: Context) -> str:
        text = self.typed(value)
        return f"{self.prefix}{text}{self.suffix}" if text else "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        return CleanText(self, **self.json_rules(ctx))


class CleanText(marshmallow.fields.String):
    """A string tidied as the same field on a page would be."""

    def __init__(self, field: TextField, **kwargs: Any):
        super().__init__(**kwargs)
        self.field = field

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = super()._deserialize(value, attr, data, **kwargs)
        return self.field.parse(text, {})


_PLAIN = Format(lambda v: True, lambda name: name)
