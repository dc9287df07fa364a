"""Access: one table says who may enter each route; what it doesn't name is closed.

A rule is made of role codes, `anyone`, `signed_in`, `entity`, `staff` and predicates that features register, joined
by `&`, `|`, `!` and parentheses: `bidder & own_order`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import structlog
from flask import g, redirect, request, session, url_for
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.roles import ENTITY_ROLES, STAFF_ROLES, Kind, Role
from app.accounts.rules import RULES
from app.accounts.user import User
from app.errors import AppError, Forbidden, Misconfigured, NotFound, Unavailable

log = structlog.get_logger("access")

Predicate = Callable[..., bool]
Truth = Callable[[str, bool], bool]

_TOKEN = re.compile(r"\s*(?:([a-z_][a-z_0-9]*)|([&|!()]))")
_predicates: dict[str, tuple[Predicate, str]] = {}


class SignInFirst(AppError):
    """Asked for by a visitor."""

    status = 401
    code = "sign_in_first"


class SessionOver(SignInFirst):
    """A person's form or fragment came after the session had ended, or before there was one."""


class WrongRole(Forbidden):
    """`needed` would be let in; of these the user holds `own`."""

    code = "wrong_role"

    def __init__(self, user: User, needed: list[Role]):
        words = "、".join(role.label for role in needed)
        super().__init__(f"您当前的角色是{user.role.label}；此页面需要角色：{words}")
        self.own = [role for role in needed if role in user.roles]


@dataclass(frozen=True)
class Rule:
    """A parsed rule. `holds(truth)` asks `truth(name, negated)` for each name it needs."""

    text: str
    names: frozenset[str]
    holds: Callable[[Truth], bool]


def predicate(name: str, *, otherwise: str = "") -> Callable[[Predicate], Predicate]:
    """Register `fn(user, **view_args) -> bool` for rules. Where it fails the thing is not found; with `otherwise`
    it is refused in those words instead."""

    def register(function: Predicate) -> Predicate:
        if name in _predicates or name in _WORDS or name in set(Role):
            raise Misconfigured(f"重复登记的权限谓词：{name}")
        _predicates[name] = (function, otherwise)
        return function

    return register


@cache
def parse(text: str) -> Rule:
    """Parse a rule; raises Misconfigured where it can't be read."""
    tokens, at = _tokens(text), 0
    names: set[str] = set()

    def peek() -> str:
        return tokens[at] if at < len(tokens) else ""

    def take() -> str:
        nonlocal at
        at += 1
        return tokens[at - 1]

    def either(negated: bool) -> Callable[[Truth], bool]:
        parts = [both(negated)]
        while peek() == "|":
            take()
            parts.append(both(negated))
        return parts[0] if len(parts) == 1 else lambda truth: any(part(truth) for part in parts)

    def both(negated: bool) -> Callable[[Truth], bool]:
        parts = [single(negated)]
        while peek() == "&":
            take()
            parts.append(single(negated))
        return parts[0] if len(parts) == 1 else lambda truth: all(part(truth) for part in parts)

    def single(negated: bool) -> Callable[[Truth], bool]:
        word = peek()
        if word == "!":
            take()
            inner = single(not negated)
            return lambda truth: not inner(truth)
        if word == "(":
            take()
            inner = either(negated)
            if peek() != ")":
                raise Misconfigured(f"权限规则缺少右括号：{text}")
            take()
            return inner
        if not word or word in "&|)":
            raise Misconfigured(f"权限规则无法解析：{text}")
        take()
        names.add(word)
        return lambda truth: truth(word, negated)

    holds = either(False)
    if at != len(tokens):
        raise Misconfigured(f"权限规则无法解析：{text}")
    return Rule(text, frozenset(names), holds)


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Misconfigured(f"权限规则无法解析：{text}")
        tokens.append(match[1] or match[2])
        at = match.end()
    return tokens


_WORDS: Mapping[str, Callable[[User | None], bool]] = {
    "anyone": lambda user: True,
    "signed_in": lambda user: user is not None,
    "entity": lambda user: user is not None and user.kind == Kind.ENTITY,
    "staff": lambda user: user is not None and user.kind == Kind.STAFF,
}


def check(rules: Mapping[str, str] = RULES) -> None:
    """Refuse to start with a rule that can't be read, or that names what nobody knows."""
    for endpoint, text in rules.items():
        unknown = parse(text).names - set(_WORDS) - set(Role) - set(_predicates)
        if unknown:
            raise Misconfigured(f"{endpoint} 的权限规则中有未知名称：{'、'.join(sorted(unknown))}")


def allows(text: str, user: User | None, arguments: Mapping[str, Any]) -> bool:
    """Whether the rule lets this user in, its predicates asked."""
    return parse(text).holds(lambda name, _: _true(name, user, arguments))


def by_role(text: str, user: User | None) -> bool:
    """Whether the rule could let this user in, if every predicate spoke for them."""
    return parse(text).holds(lambda name, negated: not negated if name in _predicates else _true(name, user, {}))


def _true(name: str, user: User | None, arguments: Mapping[str, Any]) -> bool:
    if name in _WORDS:
        return _WORDS[name](user)
    if name in _predicates:
        return user is not None and _predicates[name][0](user, **arguments)
    return user is not None and user.role.value == name


def roles_of(text: str) -> list[Role]:
    """The roles a rule asks for, for the page that refuses."""
    names = parse(text).names
    groups = {"entity": ENTITY_ROLES, "staff": STAFF_ROLES}
    wanted = {role for role in Role if role.value in names}
    return [role for role in Role if role in wanted or any(g in names and role in groups[g] for g in groups)]


def enforce() -> BaseResponse | None:
    """Before each request, after `signin.load`."""
    if request.endpoint is None:
        return None  # no such route: 404 or 405
    rule = RULES.get(request.endpoint)
    if rule is None:
        log.error("route without a rule", endpoint=request.endpoint)
        raise Forbidden("此页面尚未开放")
    user: User | None = g.user
    arguments = request.view_args or {}
    if allows(rule, user, arguments):
        return None
    if user is None:
        return _to_login()
    if by_role(rule, user):
        raise _unmet(rule)
    log.info("refused", endpoint=request.endpoint, role=user.role.value)
    refusal = WrongRole(user, roles_of(rule))
    raise Forbidden(refusal.message) if _for_a_program() else refusal


def _unmet(rule: str) -> Forbidden | NotFound:
    words = [_predicates[name][1] for name in parse(rule).names if name in _predicates]
    spoken = next((word for word in words if word), "")
    return Forbidden(spoken) if spoken else NotFound("没有找到您要访问的内容")


def _to_login() -> BaseResponse:
    if getattr(session, "unreachable", False):
        raise Unavailable("登录服务暂时不可用，请稍后重试")
    if _for_a_program():
        raise SignInFirst("请先登录")
    if request.method not in ("GET", "HEAD") or "X-Fragment" in request.headers:
        idle = g.signed_out in ("idle", "expired")
        raise SessionOver("您较长时间没有操作，登录已失效，刚才的内容没有提交" if idle else "请先登录")
    return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))


def _for_a_program() -> bool:
    return request.accept_mimetypes.best == "application/json"
