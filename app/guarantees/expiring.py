"""A guarantee whose validity is over has lapsed; asked every night, for a row that named its end would name its lot.

One with an application under way is left until that is decided: then it is in force again, and the next night's.
"""

from collections.abc import Mapping
from datetime import time
from typing import Any

from flask import Flask
from sqlalchemy import select

from app import clock
from app.audit import SYSTEM
from app.db import db, transaction
from app.guarantees import secrets
from app.guarantees.models import Guarantee, GuaranteeState, Lapse
from app.jobs import rounds
from app.states import move

ROUND = "guarantees/expire"
S = GuaranteeState


def init(app: Flask) -> None:
    app.extensions["handlers"][ROUND] = expire
    rounds.daily(app, ROUND, at=time(0, 10))


def expire(_payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: every guarantee in force whose validity is over, each in a transaction of its own."""
    in_force = db.session.scalars(select(Guarantee.no).where(Guarantee.state == S.IN_FORCE).order_by(Guarantee.id))
    for no in [no for no in in_force.all() if _over(secrets.find(no))]:
        with transaction():
            guarantee = secrets.locked(no)
            if guarantee.state == S.IN_FORCE and _over(guarantee):
                move(guarantee, S.LAPSED, by=SYSTEM)
                guarantee.state_since, guarantee.lapse = clock.now(), Lapse.EXPIRED.value


def _over(guarantee: Guarantee) -> bool:
    return secrets.content(guarantee).ends <= clock.now()
