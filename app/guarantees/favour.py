"""What a tenderer, or the agent of its tender, may see: the guarantees on its lots, once they are opened.

Before OPENED nobody learns whether there is one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select

from app import projects
from app.accounts.roles import Role
from app.accounts.user import User, identity
from app.db import db
from app.errors import NotFound
from app.guarantees import secrets
from app.guarantees.models import ClaimDelegation, Guarantee
from app.projects.models import Lot


def lots(user: User) -> Select[Any]:
    """The user's opened lots, the latest first."""
    return select(Lot).where(_own(user), Lot.opened_at.is_not(None)).order_by(Lot.opened_at.desc(), Lot.id.desc())


def lot(user: User, no: str) -> Lot:
    """One of them; raises NotFound for any other lot, opened or not."""
    found = db.session.scalar(lots(user).where(Lot.no == no))
    if found is None:
        raise NotFound("没有找到该标段，或者尚未开标")
    return found


def of_lot(opened: Lot) -> Sequence[Guarantee]:
    """Every guarantee on an opened lot."""
    if opened.opened_at is None:
        raise NotFound("没有找到该标段，或者尚未开标")
    return list(secrets.of_lot(opened.no))


def in_favour(user: User, guarantee_no: str) -> bool:
    """Whether the guarantee stands in favour of the user's company, or of whom it acts for, on an opened lot."""
    opened = projects.get(secrets.content(secrets.find(guarantee_no)).lot_no)
    return opened.opened_at is not None and _is_own(user, opened)


def may_claim(user: User, guarantee_no: str) -> bool:
    """Its tenderer; its agent under a delegation that stands."""
    if not in_favour(user, guarantee_no):
        return False
    return user.role == Role.TENDERER or delegated(secrets.content(secrets.find(guarantee_no)).lot_no) is not None


def delegated(lot_no: str) -> ClaimDelegation | None:
    """The delegation that stands: the lot's agent may file claims for its tenderer."""
    query = select(ClaimDelegation).where(ClaimDelegation.lot_no == lot_no, ClaimDelegation.revoked_at.is_(None))
    return db.session.scalar(query)


def _own(user: User) -> ColumnElement[bool]:
    uscc = identity(user).uscc
    return Lot.agent_uscc == uscc if user.role == Role.TENDER_AGENT else Lot.tenderer_uscc == uscc


def _is_own(user: User, opened: Lot) -> bool:
    uscc = identity(user).uscc
    return uscc == (opened.agent_uscc if user.role == Role.TENDER_AGENT else opened.tenderer_uscc)
