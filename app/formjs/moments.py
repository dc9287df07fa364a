"""Dates and times: typed in Shanghai time, kept as dates, times, and aware UTC datetimes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

import marshmallow
from flask_babel import gettext as _

from app import clock
from app.formjs.fields import Context, Field, Wrong
from app.formjs.texts import plain

EARLIEST, LATEST = 1900, 2200


@dataclass(frozen=True)
class MomentField(Field):
    """form-js's datetime; `subtype` is date, time or datetime."""

    subtype: str = "date"
    no_past: bool = False

    widget = "moment"

    @property
    def placeholder(self) -> str:
        return _("请选择")

    def missing(self) -> str:
        return _("请选择%(label)s", label=self.name)

    def parse(self, text: str, ctx: Context) -> date | time | datetime | None:
        text = plain(text).replace("/", "-")
        if not text:
            return None
        try:
            if self.subtype == "date":
                return date.fromisoformat(text)
            if self.subtype == "time":
                return time.fromisoformat(text).replace(tzinfo=None)
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=clock.SHANGHAI)).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Wrong(self.not_a_moment()) from None

    def not_a_moment(self) -> str:
        sample = {"date": "2026-11-23", "time": "14:05", "datetime": "2026-11-23 14:05"}[self.subtype]
        return _("%(label)s应写作 %(sample)s", label=self.name, sample=sample)

    def check(self, value: Any, ctx: Context) -> None:
        if not isinstance(value, time) and not EARLIEST <= value.year <= LATEST:
            raise Wrong(self.not_a_moment())
        past = value < clock.now() if isinstance(value, datetime) else isinstance(value, date) and value < clock.today()
        if self.no_past and past:
            raise Wrong(_("%(label)s不能早于现在", label=self.name))

    def typed(self, value: Any) -> str:
        if isinstance(value, datetime):
            return clock.local(value).strftime("%Y-%m-%dT%H:%M")
        if isinstance(value, time):
            return f"{value:%H:%M}"
        return value.isoformat() if isinstance(value, date) else str(value or "")

    def said(self, value: Any, ctx: Context) -> str:
        return clock.shown(value) if isinstance(value, datetime) else self.typed(value) or "–"

    def messages(self) -> dict[str, str]:
        told = self.not_a_moment()
        return {**super().messages(), "invalid": told, "format": told, "invalid_awareness": told}

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        rules = self.json_rules(ctx)
        if self.subtype == "date":
            return marshmallow.fields.Date(format="iso", **rules)
        if self.subtype == "time":
            return marshmallow.fields.Time(format="iso", **rules)
        return marshmallow.fields.AwareDateTime(format="iso", default_timezone=clock.SHANGHAI, **rules)
