"""What the login platform says of a person, checked and put into our words.

Beside OpenID Connect's own claims (`sub`, `name`, `acr`) the platform tells `roles` (a list of role codes), for
market entities `uscc` and `handler` {name, id_no, phone}, for staff `regions` (GB/T 2260 codes, or `*`),
`institution` (its code) and `phone_number`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.accounts.roles import ENTITY_ROLES, EVERYWHERE, OF_AN_INSTITUTION, STAFF_ROLES, Kind, Role
from app.errors import Forbidden

HANDLER = ("name", "id_no", "phone")


class Refused(Forbidden):
    """Signed in at the platform, yet not let in here."""

    code = "login_refused"


class SecondFactorMissing(Refused):
    """Staff come in with a second factor only (等保三级)."""

    code = "second_factor"


@dataclass(frozen=True)
class Profile:
    """Somebody as the login platform knows them."""

    sub: str
    name: str
    kind: Kind
    roles: tuple[Role, ...]
    uscc: str = ""
    handler: dict[str, str] = field(default_factory=dict)
    regions: tuple[str, ...] = ()
    institution: str = ""


def profile(claims: Mapping[str, Any], *, staff_acr: frozenset[str]) -> Profile:
    """The profile of verified claims; raises Refused with what is missing."""
    roles = _roles(claims)
    sub, name = _text(claims, "sub"), _text(claims, "name")
    if not sub or not name:
        raise Refused("统一注册平台没有提供您的名称，请联系平台完善信息后重新登录")
    if roles[0] in ENTITY_ROLES:
        uscc = _text(claims, "uscc").upper()
        if not uscc:
            raise Refused("统一注册平台没有提供您的统一社会信用代码，请联系平台完善信息后重新登录")
        return Profile(sub, name, Kind.ENTITY, roles, uscc=uscc, handler=_handler(claims))
    _second_factor(claims, staff_acr)
    institution = _text(claims, "institution")
    if not institution and any(role in OF_AN_INSTITUTION for role in roles):
        raise Refused("您的账号没有关联金融机构，请联系本机构管理员")
    regions = _regions(claims)
    if not regions and Role.CENTRE_REVIEWER in roles:
        raise Refused("您的账号没有关联行政区划，请联系业务运营")
    return Profile(sub, name, Kind.STAFF, roles, handler=_phone(claims), regions=regions, institution=institution)


def person(claims: Mapping[str, Any], *, staff_acr: frozenset[str]) -> Profile:
    """Who a staff member is whose rights we keep ourselves: what the platform says of those is not read."""
    sub, name = _text(claims, "sub"), _text(claims, "name")
    if not sub or not name:
        raise Refused("统一注册平台没有提供您的名称，请联系平台完善信息后重新登录")
    if any(role in ENTITY_ROLES for role in said_roles(claims)):
        raise Refused("同一账号不能既是市场主体又是工作人员，请联系统一注册平台")
    _second_factor(claims, staff_acr)
    return Profile(sub, name, Kind.STAFF, (), handler=_phone(claims))


def said_roles(claims: Mapping[str, Any]) -> tuple[Role, ...]:
    """The roles the platform names, in our order; none is an answer too."""
    said = claims.get("roles")
    codes = {code for code in said if isinstance(code, str)} if isinstance(said, list) else set()
    return tuple(role for role in Role if role.value in codes)


def phone_number(claims: Mapping[str, Any]) -> str:
    return _text(claims, "phone_number")


def _roles(claims: Mapping[str, Any]) -> tuple[Role, ...]:
    roles = said_roles(claims)
    if not roles:
        raise Refused("您的账号没有本系统的角色，请联系统一注册平台开通")
    if any(role in ENTITY_ROLES for role in roles) and any(role in STAFF_ROLES for role in roles):
        raise Refused("同一账号不能既是市场主体又是工作人员，请联系统一注册平台")
    return roles


def _second_factor(claims: Mapping[str, Any], staff_acr: frozenset[str]) -> None:
    if _text(claims, "acr") not in staff_acr:
        raise SecondFactorMissing("工作人员须使用双因素认证登录")


def _phone(claims: Mapping[str, Any]) -> dict[str, str]:
    return {"phone": phone_number(claims)} if phone_number(claims) else {}


def _handler(claims: Mapping[str, Any]) -> dict[str, str]:
    said = claims.get("handler")
    return {key: _text(said, key) for key in HANDLER if _text(said, key)} if isinstance(said, Mapping) else {}


def _regions(claims: Mapping[str, Any]) -> tuple[str, ...]:
    said = claims.get("regions")
    codes = [code for code in said if isinstance(code, str)] if isinstance(said, list) else []
    if EVERYWHERE in codes:
        return (EVERYWHERE,)
    return tuple(sorted({code for code in codes if len(code) == 6 and code.isdigit()}))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""
