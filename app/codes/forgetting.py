"""A nightly round: codes nobody can use any more, and the counts of days gone by, are forgotten."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete

from app import clock
from app.codes.models import SmsCode, SmsTally
from app.db import db, transaction

FORGET = "codes/forget"


def carry(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: what is older than a day goes."""
    with transaction():
        old, today = SmsCode.asked_at < clock.now() - clock.days(1), clock.today()
        db.session.execute(delete(SmsCode).where(old).execution_options(synchronize_session=False))
        db.session.execute(delete(SmsTally).where(SmsTally.day < today).execution_options(synchronize_session=False))
