"""The person behind a request, as `g.user`; None for a visitor."""

from dataclasses import dataclass
from typing import Any

from flask import g

from app.accounts.models import Account, absent_for
from app.accounts.roles import EVERYWHERE, Kind, Role
from app.audit import Actor
from app.db import db
from app.errors import Forbidden, NotFound


@dataclass(frozen=True)
class User:
    """Somebody signed in. `entity_id` is a keyed hash, the same for everybody of one market entity; hash it again
    (`sealing.blind`) before it is stored beside a lot or an order."""

    id: int
    kind: Kind
    name: str
    ref: str
    roles: tuple[Role, ...]
    role: Role
    regions: tuple[str, ...] = ()
    institution: str = ""
    entity_id: str = ""
    stands_in_for: str = ""  # the colleague whose role this is, if it is not one's own

    @property
    def actor(self) -> Actor:
        """Who the audit trail names: an entity by its role only, its identity sealed; staff by name."""
        if self.kind == Kind.ENTITY:
            return Actor(self.ref, self.role.label, sealed=True)
        return Actor(self.ref, f"{self.name}（代{self.stands_in_for}）" if self.stands_in_for else self.name)

    @property
    def is_staff(self) -> bool:
        return self.kind == Kind.STAFF

    def covers(self, region: str) -> bool:
        """Whether a staff member's regions include this one."""
        return EVERYWHERE in self.regions or region in self.regions


@dataclass(frozen=True)
class Identity:
    """Who a market entity is: to be sealed wherever it is written down."""

    name: str
    uscc: str
    handler: dict[str, str]


def of(account: Any, role: str | None) -> User:
    """The user of an account in one of its roles (the first if the wanted one is no longer theirs).

    Staff also have the roles of colleagues for whom they stand in, each with the regions of whoever holds it.
    """
    absent = absent_for(account) if account.kind == Kind.STAFF else []
    held = {code: None for one in (account, *absent) for code in one.roles}
    roles = tuple(Role(code) for code in held)  # type: ignore[call-arg]
    current = next((one for one in roles if one.value == role), roles[0])
    holders = [one for one in (account, *absent) if current.value in one.roles]
    return User(
        id=account.id,
        kind=Kind(account.kind),  # type: ignore[call-arg]
        name=account.name,
        ref=account.sub,
        roles=roles,
        role=current,
        regions=tuple(dict.fromkeys(region for one in holders for region in one.regions)),
        institution=account.institution,
        entity_id=account.entity,
        stands_in_for="" if holders[0] is account else holders[0].name,
    )


def current_user() -> User:
    """The signed-in user; raises Forbidden for a visitor."""
    user: User | None = g.get("user")
    if user is None:
        raise Forbidden("请先登录")
    return user


def identity(user: User) -> Identity:
    """The user's name, credit code and handler, unsealed for a purpose the caller audits."""
    account: Any = db.session.get(Account, user.id)
    if account is None:
        raise NotFound("没有找到该账号")
    return Identity(account.name, account.uscc or "", dict(account.handler or {}))
