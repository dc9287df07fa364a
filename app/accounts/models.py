"""The row of somebody who has signed in at least once.

Of a market entity the platform says everything, at every sign-in. Of staff it says who they are; what they may do here
stands in the row and is kept here (staff.py): what the platform says of it counts once, at the first sign-in.
"""

from typing import Any

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.accounts.claims import Profile
from app.db import BigKey, UtcDateTime, db
from app.glances import Glance
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
    handler: Mapped[Any] = mapped_column(
        Sealed("account.handler"), nullable=True
    )  # {name, id_no, phone}; staff: {phone}
    roles: Mapped[list[str]] = mapped_column(JSON)
    regions: Mapped[list[str]] = mapped_column(JSON)
    institution: Mapped[str] = mapped_column(default="")
    locked: Mapped[bool] = mapped_column(default=False)  # by an operator
    left_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)  # 离职
    locked_until: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)  # by failing too often
    failures: Mapped[int] = mapped_column(default=0)  # in a row
    sessions_from: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)  # sessions begun earlier are over
    created_at: Mapped[Any] = mapped_column(UtcDateTime)
    signed_in_at: Mapped[Any] = mapped_column(UtcDateTime)


class Substitution(db.Model):  # type: ignore[name-defined]
    """代办: while `absent` is away, `substitute` acts in that person's roles and regions too."""

    __tablename__ = "substitution"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    absent_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    substitute_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    from_at: Mapped[Any] = mapped_column(UtcDateTime)
    to_at: Mapped[Any] = mapped_column(UtcDateTime)
    ended_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)  # before its time

    @property
    def now(self) -> bool:
        return self.ended_at is None and self.from_at <= clock.now() < self.to_at


SEEN = Glance(
    Account, "id kind sub name entity roles regions institution locked left_at sessions_from", "WHERE id = :id"
)


def seen(account_id: int) -> Any:
    """What every request reads of an account, under the row's names; None if there is none."""
    return SEEN.one(id=account_id)


def absent_for(account: Any) -> list[Account]:
    """For whom this person stands in now; nobody who has left, or is locked."""
    now = clock.now()
    query = (
        select(Account)
        .join(Substitution, Substitution.absent_id == Account.id)
        .where(
            Substitution.substitute_id == account.id,
            Substitution.ended_at.is_(None),
            Substitution.from_at <= now,
            Substitution.to_at > now,
            Account.left_at.is_(None),
            Account.locked.is_(False),
        )
        .order_by(Substitution.id)
    )
    return list(db.session.scalars(query))


def entity_id(uscc: str) -> str:
    """The keyed hash by which everybody of one market entity is the same."""
    return blind("account.entity", uscc)


def find(issuer: str, sub: str, *, lock: bool = False) -> Account | None:
    query = select(Account).where(Account.login == _login(issuer, sub))
    return db.session.scalar(query.with_for_update().execution_options(populate_existing=True) if lock else query)


def upsert(issuer: str, profile: Profile) -> Account:
    """The account of this profile, made or brought up to date; in the caller's transaction."""
    account = known(issuer, profile)
    account.roles = [str(role) for role in profile.roles]
    account.regions = list(profile.regions)
    account.institution = profile.institution
    db.session.flush()
    return account


def known(issuer: str, profile: Profile) -> Account:
    """The same, but for what it may do: a new account may do nothing yet, an old one what it might before."""
    account = find(issuer, profile.sub, lock=True)
    if account is None:
        account = Account(
            login=_login(issuer, profile.sub), created_at=clock.now(), locked=False, failures=0, roles=[], regions=[]
        )
        account.institution = ""
        db.session.add(account)
    account.kind = profile.kind
    account.sub = profile.sub
    account.name = profile.name
    account.uscc = profile.uscc or None
    account.entity = entity_id(profile.uscc) if profile.uscc else ""
    account.handler = profile.handler or account.handler
    account.signed_in_at = clock.now()
    db.session.flush()
    return account


def _login(issuer: str, sub: str) -> str:
    return blind("account.login", issuer, sub)
