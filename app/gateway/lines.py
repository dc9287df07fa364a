"""The way to each institution: its endpoint, our key with it, and the keys whose answers are believed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import current_app
from sqlalchemy import select

from app import clock, institutions, outside
from app.db import db
from app.errors import AppError, Misconfigured, Unavailable
from app.gateway.models import TradingPlatform
from app.institutions import keys
from app.institutions.own_key import platform_key
from app.protocol.calls import Call
from app.protocol.client import CallFailed, Client, NotAllowed, Refused, Unreachable
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read
from app.protocol.signing import Algorithm, Key

OURS = frozenset({Code.MISSING, Code.FORMAT, *(code for code in Code if 1000 < code < 2000)})
"""Refusals that speak of our message, not of the business: a person must look."""


class CallRejected(AppError):
    """The institution does not take our message, or its answer is not one."""

    code = "call_rejected"


@dataclass(frozen=True)
class Answer:
    """What came back: data as Python values, or the code and reason of a refusal."""

    data: Mapping[str, Any]
    code: int = 0
    reason: str = ""

    @property
    def ok(self) -> bool:
        return self.code == 0


def ask(
    institution: str, call: Call, body: Mapping[str, Any] | None = None, *, request_id: str, **numbers: str
) -> Answer:
    """Make the call, holding no transaction; `body` is the interface's JSON.

    Raises Unavailable (to be tried again, same request id), CallRejected, Misconfigured.
    """
    return _called(_client(institution), "机构", call, body, request_id, numbers)


def ask_trading(call: Call, body: Mapping[str, Any], *, request_id: str, **numbers: str) -> Answer | None:
    """The same of the trading platform; None where none can be asked."""
    platform = db.session.scalar(
        select(TradingPlatform).where(TradingPlatform.endpoint_url != "").order_by(TradingPlatform.app_id).limit(1)
    )
    if platform is None:
        return None
    believed = keys.valid(platform.app_id)
    client = _kept(platform.app_id, platform.endpoint_url, platform.app_id, keys.current(platform.app_id), believed)
    return _called(client, "交易平台", call, body, request_id, numbers)


def _called(
    client: Client, whom: str, call: Call, body: Mapping[str, Any] | None, request_id: str, numbers: Mapping[str, str]
) -> Answer:
    values = _values(call, body)
    db.session.rollback()
    try:
        return Answer(client.call(call, values, request_id=request_id, query=None, env="", **numbers))
    except Unreachable as error:
        raise Unavailable(f"{whom}接口无法使用：{error}", call=call.id) from error
    except Refused as error:
        if error.code in OURS:
            raise CallRejected(f"{call.id} 被拒绝：{error.code} {error.message}") from error
        return Answer(error.data, error.code, error.message)
    except NotAllowed as error:
        raise CallRejected(f"{whom}的接口地址不允许使用：{error.__cause__}") from error
    except CallFailed as error:
        raise CallRejected(f"{call.id} 的应答不符合接口约定：{error}") from error


def _values(call: Call, body: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if call.body is None:
        return None
    try:
        return read(call.body, dict(body or {}))
    except Refusal as error:
        raise Misconfigured(f"{call.id} 的内容不符合接口约定：{error.message}") from error


def _client(code: str) -> Client:
    """One client an institution, made anew when its address or keys change."""
    institution = institutions.get(code)
    if not institution.endpoint_url:
        raise Misconfigured(f"{institution.name}没有登记接口地址", institution=code)
    believed = keys.valid(institution.app_id)
    own = _own_key(believed, institution.app_id, institution.sign_with)
    return _kept(code, institution.endpoint_url, institution.app_id, own, believed)


def _kept(name: str, endpoint: str, app_id: str, own: Key, believed: list[Key]) -> Client:
    mark = (endpoint, own, tuple(believed))
    kept = current_app.extensions.setdefault("gateway_lines", {})
    if name not in kept or kept[name][0] != mark:
        made = Client(endpoint, app_id, own, believed, clock=clock.now, reach=outside.reach())
        kept[name] = (mark, made)
    client: Client = kept[name][1]
    return client


def _own_key(valid: Sequence[Key], app_id: str, sign_with: str) -> Key:
    return platform_key() if sign_with == Algorithm.SM2_SM3 else keys.choose(valid, app_id)
