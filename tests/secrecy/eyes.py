"""Everybody who must not know: each walks wherever links lead, and knocks where none does."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.applications.models import Application
from app.db import db
from app.guarantees.models import Guarantee
from app.runtime.models import Incident
from app.sandbox.cast import ENTITIES
from tests.secrecy.life import LOTS, TENDERER, Life
from tests.support.people import login_as

AGENT, STRANGER = ENTITIES[10], ENTITIES[7]
WHO: dict[str, dict[str, Any]] = {
    "visitor": {},
    "tenderer": TENDERER,
    "tender_agent": AGENT,
    "bidder": STRANGER,  # one who bids nowhere
    "institution_reviewer": {"institution": "BANK02"},
    "institution_admin": {"institution": "BANK02"},
    "centre_reviewer": {},
    "operator": {"sub": "operator-2", "name": "顾长风"},
    "publisher": {"sub": "publisher-2", "name": "林见山"},
    "auditor": {},
}
MOST = 90
_LINK = re.compile(r'(?:href|data-[a-z-]+)="(/[^"#]*)')
_NOWHERE = re.compile(r"^/(static|login|logout|register|role|oidc)|\.(zip|png|pdf|docx?)$|lang=")


@dataclass(frozen=True)
class Seen:
    """A page as somebody was shown it."""

    who: str
    path: str
    status: int
    text: str


def seen(app: Flask, life: Life) -> Iterator[Seen]:
    """All that all of them are shown."""
    doors = list(_doors(app, life))
    for who, how in WHO.items():
        client = app.test_client()
        if who != "visitor":
            login_as(client, who, **how)
        yield from _walked(client, who, doors)


def _walked(client: FlaskClient, who: str, doors: Iterable[str]) -> Iterator[Seen]:
    known = dict.fromkeys(["/", "/work/", "/desk/", "/desk/incidents/", "/work/notices/", *doors])
    waiting, walked = list(known), 0
    while waiting and walked < MOST + len(known):
        path = waiting.pop(0)
        answer = client.get(path)
        walked += 1
        text = answer.text if "text" in answer.mimetype or "json" in answer.mimetype else ""
        yield Seen(who, path, answer.status_code, unescape(text))
        if answer.status_code != 200 or len(known) > 400:
            continue
        for link in map(unescape, _LINK.findall(text)):
            if link not in known and not _NOWHERE.search(link):
                known[link] = None
                waiting.append(link)


def _doors(app: Flask, life: Life) -> Iterator[str]:
    """What one tries who knows every number, and every lot."""
    for lot in LOTS:
        yield from (f"/lots/{lot}", f"/guarantees/lots/{lot}", f"/guarantees/lots/{lot}/guarantees.csv")
        yield from (f"/work/oversight/cases?lot={lot}", f"/work/oversight/trail?no={lot}", f"/lots/?q={lot}")
    for no in sorted(life.numbers):
        yield from (f"/orders/{no}", f"/orders/{no}/live", f"/orders/{no}/path.json")
        yield from (f"/work/oversight/cases/order/{no}", f"/work/oversight/trail?no={no}", f"/desk/?q={no}")
    yield from (f"/work/early-access/{life.early}", f"/work/early-access/{life.early}/bidders")
    yield from ("/metrics", "/desk/?q=LOT", "/work/oversight/cases?q=LOT")
    with app.app_context():
        for row in db.session.scalars(select(Guarantee)):
            yield from (f"/guarantees/{row.no}", f"/verify?no={row.no}&code=00000000")
        for asked in db.session.scalars(select(Application)):
            yield from (f"/applications/{asked.no}", f"/work/oversight/cases/{asked.kind}/{asked.no}")
        for incident in db.session.scalars(select(Incident)):
            yield f"/desk/incidents/{incident.id}"
        db.session.remove()
