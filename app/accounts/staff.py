"""The register of staff: who may do what, where and until when. Kept here, changed by another person, never by oneself.

An operator keeps the centre's people, and may end anybody's access; an institution's administrator keeps her
institution's. Whoever changes something must still hold that right when it is written, so that two operators who end
each other at the same moment leave one.
"""

from collections.abc import Callable, Iterable

from sqlalchemy import select

from app import audit, clock
from app.accounts.models import Account
from app.accounts.roles import EVERYWHERE, OF_AN_INSTITUTION, STAFF_ROLES, Kind, Role
from app.accounts.user import User
from app.db import db
from app.errors import BadInput, Conflict, Forbidden, NotFound
from app.regions import REGIONS

OF_THE_CENTRE = tuple(role for role in STAFF_ROLES if role not in OF_AN_INSTITUTION)
Gone = Callable[[str], object]
_gone: list[Gone] = []


def when_gone(function: Gone) -> Gone:
    """Register what else happens when somebody's access ends: `function(ref)`, in the same transaction."""
    _gone.append(function)
    return function


def people(institution: str | None = None) -> list[Account]:
    """Everybody in the register, or those of an institution, the latest first."""
    query = select(Account).where(Account.kind == Kind.STAFF).order_by(Account.id.desc())
    return list(db.session.scalars(query if institution is None else query.where(Account.institution == institution)))


def get(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None or account.kind != Kind.STAFF:
        raise NotFound("没有找到该工作人员")
    return account


def works(account: Account) -> bool:
    """Whether this person may come in."""
    return account.left_at is None and not account.locked and bool(account.roles)


def check(roles: Iterable[Role], *, regions: Iterable[str], institution: str) -> None:
    """Whether one person may hold this; raises BadInput at the field."""
    held = set(roles)
    if not held:
        raise BadInput(fields={"roles": "请选择至少一个角色"})
    if held & set(OF_AN_INSTITUTION) and (held - set(OF_AN_INSTITUTION) or not institution):
        raise BadInput(fields={"roles": "机构的角色不能与交易中心的角色兼任"})
    if institution and not held & set(OF_AN_INSTITUTION):
        raise BadInput(fields={"roles": "机构人员只能担任机构的角色"})
    if Role.AUDITOR in held and len(held) > 1:
        raise BadInput(fields={"roles": "审计监管不能与其他角色兼任"})
    if Role.CENTRE_REVIEWER in held and not tuple(regions):
        raise BadInput(fields={"regions": "请选择交易中心审核员负责的地区"})


def may_change(by: User, account: Account) -> bool:
    """Whether this is somebody whose entry `by` keeps."""
    if by.id == account.id:
        return False
    return by.role == Role.OPERATOR or (
        by.role == Role.INSTITUTION_ADMIN and account.institution == by.institution != ""
    )


def change(account_id: int, *, roles: Iterable[Role], regions: Iterable[str], by: User) -> Account:
    """Give other roles and regions. Operators keep the centre's people; an institution's are its administrator's."""
    account = locked(account_id, by)
    if bool(account.institution) != (by.role == Role.INSTITUTION_ADMIN):
        raise Forbidden("机构人员的角色由本机构管理员维护")
    wanted = [role for role in Role if role in set(roles)]
    places = known_regions(regions)
    check(wanted, regions=places, institution=account.institution)
    now = [str(role) for role in wanted]
    if (account.roles, account.regions) == (now, places):
        return account
    words = f"变更角色和地区：{_said(account.roles)} → {_said(now)}"
    audit.record(f"account-{account.id}", words, by=by.actor, was=account.regions, now=places)
    account.roles, account.regions = now, places
    return account


def lock(account_id: int, *, by: User, reason: str) -> Account:
    """停用: out at once, and not in again until unlocked."""
    account = locked(account_id, by)
    if account.left_at is not None or account.locked:
        raise Conflict("该账号已停用或已离职")
    account.locked = True
    return _ended(account, f"停用账号：{reason}", by=by)


def unlock(account_id: int, *, by: User) -> Account:
    """启用, also after a lockout."""
    account = locked(account_id, by)
    if account.left_at is not None:
        raise Conflict("该人员已离职，请先恢复")
    account.locked, account.locked_until, account.failures = False, None, 0
    audit.record(f"account-{account.id}", "启用账号", by=by.actor)
    return account


def leave(account_id: int, *, by: User) -> Account:
    """离职: access ends at once, whatever the login platform goes on saying."""
    account = locked(account_id, by)
    if account.left_at is not None:
        raise Conflict("该人员已登记离职")
    account.left_at = clock.now()
    return _ended(account, "登记离职", by=by)


def come_back(account_id: int, *, by: User) -> Account:
    """Undo a leave; old sessions stay over."""
    account = locked(account_id, by)
    if account.left_at is None:
        raise Conflict("该人员没有离职")
    account.left_at = None
    audit.record(f"account-{account.id}", "恢复任职", by=by.actor)
    return account


def known_regions(codes: Iterable[str]) -> list[str]:
    found = set(codes)
    return [EVERYWHERE] if EVERYWHERE in found else [code for code in REGIONS if code in found]


def _ended(account: Account, text: str, *, by: User) -> Account:
    account.sessions_from = clock.now()
    give_back(account)
    audit.record(f"account-{account.id}", text, by=by.actor)
    return account


def give_back(account: Account) -> None:
    """Let go what this person holds."""
    for function in _gone:
        function(account.sub)


def locked(account_id: int, by: User) -> Account:
    """For a change: the entry, and all that keep entries, locked in one order; `by` looked at again behind the lock."""
    rows = db.session.scalars(
        select(Account)
        .where(Account.kind == Kind.STAFF)
        .order_by(Account.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    staff = {row.id: row for row in rows}
    account, keeper = staff.get(account_id), staff.get(by.id)
    if account is None:
        raise NotFound("没有找到该工作人员")
    if account.id == by.id:
        raise Forbidden("不能变更自己的账号，请由另一位同事办理")
    if by.stands_in_for:
        raise Forbidden("代办期间不能维护人员")
    if keeper is None or not works(keeper) or by.role.value not in keeper.roles:
        raise Forbidden("您的权限已变更，请重新登录")
    if not may_change(by, account):
        raise Forbidden("该人员不由您维护")
    return account


def _said(codes: Iterable[str]) -> str:
    return "、".join(Role(code).label for code in codes) or "无"  # type: ignore[call-arg]
