"""The row of somebody who has signed in at least once; what the login platform said of them."""

from typing import Any

from sqlalchemy import JSON, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.accounts.claims import Profile
from app.db import BigKey, UtcDateTime, db
from app.sealing import Sealed, blind


class Account(db.Model):  # type: ignore[name-defined]
    """A person signing in for a market entity or as staff. Who they are is sealed; `login` and `entity` find them."""

    __tablename__ = "account"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)  # blind index of issuer and sub
    kind: Mapped[str]
    sub: Mapped[str] = mapped_column(Sealed("account.sub"))
    name: Mapped[str] = mapped_column(Sealed("account.name"))
    uscc: Mapped[str | None] = mapped_column(Sealed("account.uscc"))
    entity: Mapped[str] = mapped_column(default="", index=True)  # blind index of the uscc; "" for staff
    handler: Mapped[Any] = mapped_column(Sealed("account.handler"), nullable=True)  # {name, id_no, phone}
    roles: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)
    institution: Mapped[str] = mapped_column(default="")
    locked: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[Any] = mapped_column(UtcDateTime)


def entity_id(uscc: str) -> str:
    """The keyed hash by which everybody of one market entity is the same."""
    return blind("account.entity", uscc)


def upsert(issuer: str, profile: Profile) -> Account:
    """The account of this profile, made or brought up to date; in the caller's transaction."""
    login = blind("account.login", issuer, profile.sub)
    account = db.session.scalar(select(Account).where(Account.login == login).with_for_update())
    if account is None:
        account = Account(login=login, created_at=clock.now(), locked=False)
        db.session.add(account)
    account.kind = profile.kind
    account.sub = profile.sub
    account.name = profile.name
    account.uscc = profile.uscc or None
    account.entity = entity_id(profile.uscc) if profile.uscc else ""
    account.handler = profile.handler
    account.roles = [str(role) for role in profile.roles]
    account.regions = list(profile.regions)
    account.institution = profile.institution
    account.signed_in_at = clock.now()
    db.session.flush()
    return account
