"""B1–B4 and B11: news from institutions, kept and answered for, then given to the case it is for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock, institutions, projects
from app.db import db
from app.errors import NotFound
from app.gateway import documents, fetching, news
from app.gateway.door import SMALL, Asked, route
from app.guarantees import secrets as guarantees
from app.orders.models import Order
from app.protocol.calls import B1, B2, B3, B4, B11, Call
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import write
from app.runtime import inbox

WITH_FILE = documents.MOST * 4 // 3 + SMALL


@route(B1)
def underwriting(asked: Asked) -> Mapping[str, Any]:
    return _of_order(asked, B1, "underwriting")


@route(B2)
def payment(asked: Asked) -> Mapping[str, Any]:
    return _of_order(asked, B2, "payment")


@route(B11)
def repayment(asked: Asked) -> Mapping[str, Any]:
    return _of_order(asked, B11, "repayment")


@route(B3, most=WITH_FILE)
def issuance(asked: Asked) -> Mapping[str, Any]:
    """The document is stored, and only its file's number goes on; one to be fetched is fetched by a job."""
    if asked.values["result"] != "ISSUED":
        return _of_order(asked, B3, "issuance")
    number = _own_order(asked)
    return _with_file(asked, B3, news.ORDER, number, "issuance")


@route(B4, most=WITH_FILE)
def unsealed(asked: Asked) -> Mapping[str, Any]:
    """The plain guarantee, after opening only."""
    number = asked.values["guarantee_no"]
    guarantee = _own_guarantee(asked, number)
    lot = projects.get(guarantees.content(guarantee).lot_no)
    if lot.opened_at is None:
        raise Refusal(Code.LOT_NOT_OPENED)
    return _with_file(asked, B4, news.UNSEALING, number, "unsealed")


def _of_order(asked: Asked, call: Call, name: str) -> Mapping[str, Any]:
    number = _own_order(asked)
    assert call.body is not None
    return _keep(asked, news.ORDER, number, name, write(call.body, asked.values))


def _with_file(asked: Asked, call: Call, policy: str, number: str, name: str) -> Mapping[str, Any]:
    assert call.body is not None
    file = asked.values["file"]
    endpoint = institutions.get(asked.caller.code).endpoint_url
    documents.check(file, endpoint=endpoint)
    told = write(call.body, {key: value for key, value in asked.values.items() if key != "file"})
    if "url" in file:
        fetching.post(policy, number, name, told, file, institution=asked.caller.code)
        return {"received_at": clock.now()}
    hashes = {key: file[key] for key in ("sm3", "sha256")}
    kept = news.known(asked.caller.actor.ref, news.identity(name, number, {**told, **hashes}))
    stored = kept.payload if kept else {**told, **documents.store(file, file["content"])}
    return _keep(asked, policy, number, name, stored)


def _keep(asked: Asked, policy: str, number: str, name: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    actor = asked.caller.actor
    message = news.keep(policy, number, name, told, sender=actor.ref)
    which, received_at, delivered_at = message.id, message.received_at, message.delivered_at
    if delivered_at is None:
        asked.afterwards(lambda: _deliver(which, actor))
    return {"received_at": _seconds(received_at)}


def _deliver(which: int, actor: Any) -> None:
    inbox.deliver(which, by=actor)


def _own_order(asked: Asked) -> str:
    """The order's number, if it is this institution's; another's is unknown to it."""
    number: str = asked.values["order_no"]
    owner = db.session.scalar(select(Order.institution).where(Order.no == number))
    if owner != asked.caller.code:
        raise Refusal(Code.UNKNOWN, "订单不存在", fields={"order_no": "订单不存在"})
    return number


def _own_guarantee(asked: Asked, number: str) -> Any:
    try:
        guarantee = guarantees.find(number)
    except NotFound:
        guarantee = None
    if guarantee is None or guarantee.institution != asked.caller.code:
        raise Refusal(Code.UNKNOWN, "保函不存在", fields={"guarantee_no": "保函不存在"})
    return guarantee


def _seconds(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
