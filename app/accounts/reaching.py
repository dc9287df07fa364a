"""Staff who can be told something by SMS: by the phone the login platform named when they last signed in."""

from sqlalchemy import select

from app.accounts.models import Account
from app.accounts.roles import OF_AN_INSTITUTION, Kind
from app.accounts.user import of
from app.db import db


def phones(role: str, *, region: str = "", institution: str = "", ref: str = "") -> dict[int, str]:
    """Account → phone of everybody whose queue such a task stands in, substitutes too; only of `ref` if it is given."""
    found: dict[int, str] = {}
    for account in people(role, region=region, institution=institution):
        phone = (account.handler or {}).get("phone", "")
        if phone and (not ref or account.sub == ref):
            found[account.id] = phone
    return found


def people(role: str, *, region: str = "", institution: str = "") -> list[Account]:
    """Everybody whose queue a task of this role stands in, substitutes too."""
    rows = db.session.scalars(
        select(Account).where(Account.kind == Kind.STAFF, Account.left_at.is_(None), Account.locked.is_(False))
    )
    return [account for account in rows if _sees(account, role, region, institution)]


def _sees(account: Account, role: str, region: str, institution: str) -> bool:
    user = of(account, role) if account.roles else None
    if user is None or user.role.value != role:
        return False
    if user.role in OF_AN_INSTITUTION:
        return user.institution == institution
    return not region or user.covers(region)
