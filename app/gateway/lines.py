"""The way to each institution: its endpoint, our key with it, and the keys whose answers are believed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from app import clock, institutions, outside
from app.db import db
from app.errors import AppError, Misconfigured, Unavailable
from app.institutions import keys
from app.institutions.own_key import platform_key
from app.protocol.calls import Call
from app.protocol.client import CallFailed, Client, NotAllowed, Refused, Unreachable
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read
from app.protocol.signing import Algorithm

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
    values = _values(call, body)
    client = _client(institution)
    db.session.rollback()
    try:
        return Answer(client.call(call, values, request_id=request_id, query=None, env="", **numbers))
    except Unreachable as error:
        raise Unavailable(f"机构接口无法使用：{error}", institution=institution, call=call.id) from error
    except Refused as error:
        if error.code in OURS:
            raise CallRejected(f"{call.id} 被拒绝：{error.code} {error.message}", institution=institution) from error
        return Answer(error.data, error.code, error.message)
    except NotAllowed as error:
        raise CallRejected(f"机构的接口地址不允许使用：{error.__cause__}", institution=institution) from error
    except CallFailed as error:
        raise CallRejected(f"{call.id} 的应答不符合接口约定：{error}", institution=institution) from error


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
    own = _own_key(institution.app_id, institution.sign_with)
    believed = keys.valid(institution.app_id)
    mark = (institution.endpoint_url, own, tuple(believed))
    kept = current_app.extensions.setdefault("gateway_lines", {})
    if code not in kept or kept[code][0] != mark:
        made = Client(
            institution.endpoint_url, institution.app_id, own, believed, clock=clock.now, reach=outside.reach()
        )
        kept[code] = (mark, made)
    client: Client = kept[code][1]
    return client


def _own_key(app_id: str, sign_with: str) -> Any:
    return platform_key() if sign_with == Algorithm.SM2_SM3 else keys.current(app_id)
