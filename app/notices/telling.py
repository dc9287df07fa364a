"""Telling people: a notice in the work centre now, an SMS by a job that looks the phone up when it sends."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from sqlalchemy import func, select, update

from app import clock
from app.db import db, remembered
from app.errors import NotFound
from app.jobs import queue
from app.notices import line
from app.notices.models import MessageText, Notice
from app.sealing import blind, seal_json, unseal_json
from app.statements import Statement, insert, later, one

_PLACE = re.compile(r"\{(\w+)\}")
phones: dict[str, Callable[[str], str]] = {}
"""Kind of case → function that opens the phone to tell about it; features register theirs."""


_TEXT = Statement("SELECT title, text, sms FROM message_text WHERE code = :code")
_SAYS = Statement("SELECT body FROM notice WHERE key = :key")
_SENT = insert("sms_sent", "key code about sent_at", new="key")
_ADD = insert("notice", "recipient key kind body link created_at", new="key")


def tell(
    whom: str,
    code: str,
    *,
    kind: str,
    about: str,
    link: str,
    key: str,
    places: Mapping[str, str] | None = None,
    sms: bool = True,
) -> None:
    """Notice now, SMS after the commit if the text says so; the caller holds the transaction.

    `whom`: an entity's id, or `of_staff`. `sms`: no, where nobody knows a phone.
    """
    text = remembered("message text", code, lambda: text_of(code))
    filled = {"no": about, **(places or {})}
    notice = {
        "recipient": recipient(whom),
        "key": key,
        "kind": kind,
        "body": seal_json({"title": fill(text.title, filled), "text": fill(text.text, filled)}, "notice.body"),
        "link": link,
        "created_at": clock.now(),
    }
    later(_ADD, [notice])
    if text.sms and sms:
        queue.post_later("notices/sms", {"code": code, "kind": kind, "about": about}, key=key)


def send_sms(payload: Mapping[str, Any], *, key: str) -> Callable[[], None]:
    """Errand: one SMS, saying what the notice under the same key says; the phone is opened only now.

    The provider drops a key it has seen, so that a repeated attempt sends nothing twice. Returns what notes it.
    """
    notice = one(_SAYS, key=key)
    if notice is None:
        raise NotFound("没有要发送的通知", key=key)
    phone = phones[payload["kind"]](payload["about"])
    text = unseal_json(bytes(notice[0]), "notice.body")["text"]
    db.session.rollback()
    line.send(phone, text, reference=key)
    sent = {"key": key, "code": payload["code"], "about": payload["about"], "sent_at": clock.now()}
    return lambda: later(_SENT, [sent])


def of_staff(account_id: int) -> str:
    """Whom a notice for one of the staff is told."""
    return f"staff:{account_id}"


def recipient(whom: str) -> str:
    return blind("notice.recipient", whom)


def mine(whom: str, *, before: int | None = None, limit: int = 20) -> list[Notice]:
    query = select(Notice).where(Notice.recipient == recipient(whom)).order_by(Notice.id.desc()).limit(limit)
    return list(db.session.scalars(query if before is None else query.where(Notice.id < before)))


def unread(whom: str) -> int:
    query = select(func.count(Notice.id)).where(Notice.recipient == recipient(whom), Notice.read_at.is_(None))
    return int(db.session.scalar(query) or 0)


def mark_read(whom: str) -> None:
    db.session.execute(
        update(Notice)
        .where(Notice.recipient == recipient(whom), Notice.read_at.is_(None))
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


def fill(template: str, places: Mapping[str, str]) -> str:
    """Fill `{name}` by plain replacement; nothing else in a text means anything."""
    return _PLACE.sub(lambda found: str(places.get(found[1], found[0])), template)


def seed_texts(path: Path) -> None:
    """Enter the shipped texts that are not there yet; what operators changed stays."""
    for code, entry in yaml.safe_load(path.read_text()).items():
        if db.session.get(MessageText, code) is None:
            db.session.add(MessageText(code=code, title=entry["title"], text=entry["text"], sms=entry.get("sms", True)))


class Told(NamedTuple):
    """A text as operators keep it, with its places unfilled."""

    title: str
    text: str
    sms: bool


def text_of(code: str) -> Told:
    found = one(_TEXT, code=code)
    if found is None:
        raise NotFound(f"没有编号为 {code} 的通知文本", code=code)
    return Told(*found)
