"""What a worker does for the register: the invitation's SMS, and what the start of a substitution sets free."""

from collections.abc import Mapping
from typing import Any

from flask import current_app

from app import clock
from app.accounts import invitations, substitutes
from app.accounts.invitations import Invitation
from app.accounts.roles import Role
from app.db import db, transaction
from app.institutions import catalogue
from app.notices import line, telling


def send_invitation(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: one SMS with the link; what was withdrawn, accepted or sent anew meanwhile is not sent."""
    row = db.session.get(Invitation, payload["invitation"])
    if row is None or not row.open or not key.endswith(row.salt):
        return
    text = telling.fill(
        telling.text_of("staff_invited").text,
        {
            "house": house(row.institution),
            "role": "、".join(Role(code).label for code in row.roles),  # type: ignore[call-arg]
            "until": clock.shown(row.expires_at),
            "link": f"{current_app.config['PUBLIC_URL']}/invitation?code={invitations.token(row)}",
        },
    )
    phone = row.phone
    db.session.rollback()
    line.send(phone, text, reference=key)


def begin_substitution(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: a substitution's time has come."""
    with transaction():
        substitutes.begun(payload["substitution"])


def house(institution: str) -> str:
    """For whom somebody works: the institution, or the trading centre as the site calls its keeper."""
    found = catalogue.find(institution) if institution else None
    return found.name if found is not None else str(current_app.extensions["site"].name)
