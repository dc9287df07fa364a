"""From verified claims to the account they open, or the sentence why not.

A market entity is what the platform says today. Staff are in our register: entered at their first sign-in with what the
platform says they may do, or by an invitation; afterwards the platform only proves who they are.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _

from app import audit, clock
from app.accounts import invitations, staff
from app.accounts.claims import Refused, person, phone_number, profile, said_roles
from app.accounts.invitations import Invitation
from app.accounts.models import Account, find, known, upsert
from app.accounts.roles import ENTITY_ROLES, Kind
from app.accounts.user import of
from app.audit import SYSTEM
from app.db import db
from app.errors import BadInput

TRIES = 5
LOCKED = timedelta(minutes=30)


def enter(issuer: str, claims: Mapping[str, Any], *, staff_acr: frozenset[str], invited: str = "") -> Account:
    """The account, brought up to date; in the caller's transaction. `invited`: the hash of a followed link."""
    before = find(issuer, str(claims.get("sub")), lock=True)
    if before is not None:
        _not_locked(before)
    entity = any(role in ENTITY_ROLES for role in said_roles(claims))
    by_link = invitations.by_hash(invited, lock=True) if invited else None
    if by_link is not None and entity:
        raise Refused("市场主体的账号不能接受工作人员邀请，请换一个账号登录")
    offered = [by_link] if by_link is not None else [] if entity else invitations.for_phone(phone_number(claims))
    if offered or (before is not None and before.kind == Kind.STAFF):
        account = known(issuer, person(claims, staff_acr=staff_acr))
        _join(account, offered, must=by_link is not None)
    else:
        account = upsert(issuer, profile(claims, staff_acr=staff_acr))
        if account.kind == Kind.STAFF:
            _fits(account)
    if account.kind == Kind.STAFF and (phone := invitations.plain_phone(phone_number(claims))):
        account.handler = {"phone": phone}
    if account.left_at is not None:
        raise Refused("您已登记离职，不能登录；如有疑问请联系业务运营")
    account.failures, account.locked_until = 0, None
    audit.record(f"account-{account.id}", "登录", by=of(account, None).actor)
    return account


def failed(issuer: str, sub: str) -> None:
    """A sign-in without the second factor; after several in a row nobody signs in to this account for a while."""
    account = find(issuer, sub, lock=True)
    if account is None or account.kind != Kind.STAFF:
        return
    account.failures += 1
    if account.failures >= TRIES:
        account.failures, account.locked_until = 0, clock.now() + LOCKED
        audit.record(f"account-{account.id}", "连续未通过双因素认证，暂停登录", by=SYSTEM, minutes=LOCKED.seconds // 60)


def _not_locked(account: Account) -> None:
    if account.locked:
        raise Refused("您的账号已停用，请联系业务运营")
    if account.locked_until is not None and clock.now() < account.locked_until:
        until = clock.shown(account.locked_until)
        raise Refused(_("连续多次未通过双因素认证，账号暂停登录至 %(until)s", until=until))


def _join(account: Account, offered: list[Invitation], *, must: bool) -> None:
    """Accept what is offered. By phone alone, what does not fit this account waits for the right one."""
    refused = None
    for row in offered:
        try:
            invitations.accept(row, account)
        except Refused as wrong:
            refused = wrong
    if refused is not None and (must or not account.roles):
        raise refused
    db.session.flush()


def _fits(account: Account) -> None:
    """Whether our register takes what the platform says of somebody new."""
    held = of(account, None).roles
    try:
        staff.check(held, regions=account.regions, institution=account.institution)
    except BadInput as wrong:
        why = "；".join(map(_, wrong.fields.values()))
        raise Refused(_("统一注册平台登记的角色不能使用：%(why)s", why=why)) from wrong
