"""B1–B4 and B11: news from institutions, kept and answered for, then given to the case it is for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from app import clock, institutions, projects
from app.db import db
from app.errors import NotFound
from app.files import Written
from app.gateway import documents, fetching, news
from app.gateway.door import SMALL, Asked, route
from app.guarantees import secrets as guarantees
from app.protocol.calls import B1, B2, B3, B4, B11, Call
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import write
from app.runtime import inbox
from app.statements import Statement, one

_OWNER = Statement("SELECT institution FROM bid_order WHERE no = :no")
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


def _guarantee(asked: Asked) -> Written | None:
    return _written(asked, B3, _own_order(asked), "issuance") if asked.values["result"] == "ISSUED" else None


@route(B3, most=WITH_FILE, bring=_guarantee)
def issuance(asked: Asked) -> Mapping[str, Any]:
    """The document is stored, and only its file's number goes on; one to be fetched is fetched by a job."""
    if asked.values["result"] != "ISSUED":
        return _of_order(asked, B3, "issuance")
    return _with_file(asked, B3, news.ORDER, _own_order(asked), "issuance")


def _plain_guarantee(asked: Asked) -> Written | None:
    return _written(asked, B4, _opened(asked), "unsealed")


@route(B4, most=WITH_FILE, bring=_plain_guarantee)
def unsealed(asked: Asked) -> Mapping[str, Any]:
    """The plain guarantee, after opening only."""
    return _with_file(asked, B4, news.UNSEALING, _opened(asked), "unsealed")


def _of_order(asked: Asked, call: Call, name: str) -> Mapping[str, Any]:
    number = _own_order(asked)
    assert call.body is not None
    return _keep(asked, news.ORDER, number, name, write(call.body, asked.values))


def _written(asked: Asked, call: Call, number: str, name: str) -> Written | None:
    """The document, looked at and written before the transaction; None if it is to be fetched, or was told before."""
    file = asked.values["file"]
    documents.check(file, endpoint=institutions.seen(asked.caller.code).endpoint_url)
    known = "url" in file or news.known(asked.caller.actor.ref, _identity(asked, call, number, name)) is not None
    db.session.rollback()
    return None if known else documents.write(file, file["content"])


def _with_file(asked: Asked, call: Call, policy: str, number: str, name: str) -> Mapping[str, Any]:
    file, told = asked.values["file"], _told(asked, call)
    if "url" in file:
        fetching.post(policy, number, name, told, file, institution=asked.caller.code)
        return {"received_at": clock.now()}
    kept = news.known(asked.caller.actor.ref, _identity(asked, call, number, name))
    if kept is None and asked.brought is not None:
        told |= documents.keep(file, asked.brought)
    return _keep(asked, policy, number, name, kept.payload if kept else told)


def _told(asked: Asked, call: Call) -> dict[str, Any]:
    """The message without its file."""
    assert call.body is not None
    return write(call.body, {key: value for key, value in asked.values.items() if key != "file"})


def _identity(asked: Asked, call: Call, number: str, name: str) -> str:
    return news.identity(name, number, {**_told(asked, call), **documents.described(asked.values["file"])})


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
    owner = one(_OWNER, no=number)
    if owner is None or owner[0] != asked.caller.code:
        raise Refusal(Code.UNKNOWN, "订单不存在", fields={"order_no": "订单不存在"})
    return number


def _opened(asked: Asked) -> str:
    """The guarantee's number, if it is this institution's and its lot is opened."""
    number: str = asked.values["guarantee_no"]
    guarantee = _own_guarantee(asked, number)
    if projects.get(guarantees.content(guarantee).lot_no).opened_at is None:
        raise Refusal(Code.LOT_NOT_OPENED)
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
