"""The site's name, contacts and footer: read for every page, written by operators."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.audit import Actor, record
from app.db import db
from app.errors import BadInput
from app.formjs.fields import Wrong
from app.portal.editing.models import SiteWords
from app.portal.site import Contact, Site

ROW = "site"
PLAIN = ("name", "tagline", "lead", "name_en", "tagline_en", "lead_en")
LINES = ("footer", "footer_en")
CONTACTS = ("business", "maintenance")


def now(default: Site) -> Site:
    """What operators wrote, over the installation's own words."""
    row = db.session.get(SiteWords, ROW)
    if row is None:
        return default
    words = row.words
    found: dict[str, Any] = {name: words[name] for name in PLAIN if name in words}
    found |= {name: tuple(words[name]) for name in LINES if name in words}
    found |= {name: tuple(Contact(**one) for one in words[name]) for name in CONTACTS if name in words}
    return replace(default, **found)


def typed(site: Site) -> dict[str, str]:
    """As the form holds it: lists a line each."""
    values = {name: getattr(site, name) for name in PLAIN}
    values |= {name: "\n".join(getattr(site, name)) for name in LINES}
    return values | {name: "\n".join(map(_line, getattr(site, name))) for name in CONTACTS}


def keep(said: Mapping[str, Any], *, by: Actor) -> None:
    """Raises BadInput naming the field and line of a contact that can't be read; the caller holds the transaction."""
    words: dict[str, Any] = {name: said.get(name) or "" for name in PLAIN}
    words |= {name: _lines(said.get(name)) for name in LINES}
    errors: dict[str, str] = {}
    for name in CONTACTS:
        try:
            words[name] = [asdict(_contact(n, line)) for n, line in enumerate(_lines(said.get(name)), 1)]
        except Wrong as wrong:
            errors[name] = wrong.message
    if errors:
        raise BadInput(fields=errors)
    row = db.session.get(SiteWords, ROW, with_for_update=True)
    if row is None:
        db.session.add(SiteWords(name=ROW, words=words, changed_at=clock.now()))
    else:
        row.words, row.changed_at = words, clock.now()
    record("lists:site", "修改网站内容", by=by)


def _lines(text: object) -> list[str]:
    return [line.strip() for line in str(text or "").splitlines() if line.strip()]


def _contact(number: int, line: str) -> Contact:
    parts = [part.strip() for part in line.replace("｜", "|").split("|")]
    if not 2 <= len(parts) <= 5 or not parts[0] or not parts[1]:
        raise Wrong(_("第 %(n)d 行应写作：名称 | 电话 | 服务时间", n=number))
    name, phone, hours, name_en, hours_en = [*parts, *[""] * (5 - len(parts))]
    return Contact(name, phone, hours, name_en, hours_en)


def _line(one: Contact) -> str:
    parts = [one.name, one.line, one.hours, one.name_en, one.hours_en]
    while parts and not parts[-1]:
        parts.pop()
    return " | ".join(parts)
