"""Texts told by notice and SMS: which places one may use, how it reads when filled, and keeping it."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import yaml
from flask_babel import gettext as _
from sqlalchemy import select

from app.audit import Actor, record
from app.db import db
from app.errors import BadInput, NotFound
from app.notices import telling
from app.notices.models import MessageText
from app.settings import ROOT

SHIPPED = ROOT / "config/messages.yaml"
SAMPLES = {
    "no": "DD2026112348210937",
    "guarantee": "BH2026112300481907",
    "order": "DD2026112348210937",
    "reason": "申请材料不完整或不清晰",
    "premium": "1,800.00",
    "name": "某某银行股份有限公司",
    "house": "湖南省公共资源交易保险保函接收系统",
    "role": "机构管理员",
    "link": "https://…",
    "until": "2026-12-31",
    "code": "082345",
    "purpose": "在线投诉",
    "institution": "某某银行股份有限公司",
}
PART = 67
"""Characters of one SMS of several; a single one holds 70."""
_PLACE = re.compile(r"\{(\w*)\}")


def texts() -> Sequence[MessageText]:
    return db.session.scalars(select(MessageText).order_by(MessageText.code)).all()


def text(code: str) -> MessageText:
    found = db.session.get(MessageText, code)
    if found is None:
        raise NotFound("没有这个通知文本")
    return found


def places(code: str) -> list[str]:
    """What a text may use: what the shipped texts of its family (order_…, complaint_…) use."""
    family = code.partition("_")[0]
    found = {name for known, used in _shipped().items() if known.partition("_")[0] == family for name in used}
    return sorted(found, key=lambda name: (name != "no", name))


def check(code: str, said: Mapping[str, Any]) -> None:
    """Raises BadInput naming the places that nobody would fill."""
    allowed = places(code)
    errors = {}
    for field in ("title", "text"):
        unknown = [name for name in _PLACE.findall(str(said.get(field) or "")) if name not in allowed]
        if unknown:
            errors[field] = _(
                "不能使用 %(unknown)s；可以使用 %(allowed)s",
                unknown="、".join(f"{{{name}}}" for name in dict.fromkeys(unknown)),
                allowed="、".join(f"{{{name}}}" for name in allowed) or "–",
            )
    if errors:
        raise BadInput(fields=errors)


def keep(code: str, said: Mapping[str, Any], *, by: Actor) -> None:
    """The caller holds the transaction."""
    check(code, said)
    row = db.session.get(MessageText, code, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("没有这个通知文本")
    was = _words(row)
    row.title, row.text, row.sms = said["title"], said["text"], bool(said.get("sms"))
    record(f"lists:text:{code}", "修改通知文本", by=by, was=was, now=_words(row))


def filled(template: str) -> str:
    """With samples in its places, as somebody might read it."""
    return telling.fill(template, SAMPLES)


def parts(template: str) -> int:
    """How many SMS it takes."""
    length = len(filled(template))
    return 1 if length <= 70 else -(-length // PART)


def _words(row: MessageText) -> dict[str, Any]:
    return {"title": row.title, "text": row.text, "sms": row.sms}


@cache
def _shipped() -> dict[str, set[str]]:
    """Text → its places. Every case's number is known; a code sent to a phone belongs to none."""
    entries: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    found = {code: set(_PLACE.findall(entry["title"] + entry["text"])) for code, entry in entries.items()}
    return {code: used if code == "sms_code" else used | {"no"} for code, used in found.items()}
