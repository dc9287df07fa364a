"""What anybody may learn of a guarantee by its number and verification code."""

import hmac
from dataclasses import dataclass

from sqlalchemy import select

from app import institutions, projects, rates
from app.db import db
from app.guarantees import secrets
from app.guarantees.models import Guarantee, GuaranteeState
from app.guarantees.secrets import Content
from app.projects import Lot


@dataclass(frozen=True)
class Found:
    """Before opening `lot` and `content` are None: it exists, and that is its state."""

    guarantee: Guarantee
    state: GuaranteeState
    institution: str
    lot: Lot | None = None
    content: Content | None = None


def may_ask(address: str) -> bool:
    """Numbers and codes are not to be tried out."""
    return rates.within(f"verify:{address}", "VERIFY_PER_ADDRESS")


def look_up(no: str, code: str) -> Found | None:
    """None whichever of the two is wrong."""
    guarantee = db.session.scalar(select(Guarantee).where(Guarantee.no == no))
    if guarantee is None or not hmac.compare_digest(guarantee.verify_code.encode(), code.encode()):
        return None
    state = GuaranteeState(guarantee.state)  # type: ignore[call-arg]
    institution = institutions.get(guarantee.institution).name
    content = secrets.content(guarantee)
    lot = projects.get(content.lot_no)
    if lot.opened_at is None:
        return Found(guarantee, state, institution)
    return Found(guarantee, state, institution, lot, content)
