"""A12 and A14 for diagrams: what happens to a lot, told to the institutions with orders on it; is anybody there."""

from datetime import datetime
from typing import Any

from app import clock, projects
from app.db import db
from app.errors import Unavailable
from app.gateway import lines
from app.gateway.outgoing import request_id
from app.orders import outgoing as orders
from app.orders import secrets
from app.orders.models import LIVE
from app.protocol.calls import A12, A14
from app.runtime.operations import Field, OpContext, Operation
from app.sealing import blind


def lot_news(context: OpContext, event: str, at: str, reason: str = "") -> dict[str, Any]:
    """A12, for the lot that the case is about. Before opening one call an order, under the order's own pseudonym: an
    institution must not learn which of its orders are of one lot. Those who can't be reached are tried again."""
    lot = projects.get(context.key)
    news = {
        "event": event,
        "at": clock.local(datetime.fromisoformat(at)).isoformat(timespec="seconds"),
        "opening_at": clock.local(lot.opening_at).isoformat(timespec="seconds"),
        "bid_deadline": clock.local(lot.bid_deadline).isoformat(timespec="seconds"),
    } | ({"reason": reason} if reason else {})
    open_lot = lot.opened_at is not None or not lot.sealed
    told = [(order.no, order.institution) for order in secrets.of_lot(context.key) if order.state in LIVE]
    away: set[str] = set()
    for no, institution in told:
        if institution in away:
            continue
        body = {**news, "lot_ref": lot.no if open_lot else orders.pseudonym(no, lot.no), "orders": [no]}
        which = f"A12-{blind('lot.news', request_id(context, A12), no)[:32]}"
        try:
            lines.ask(institution, A12, body, request_id=which)
        except Unavailable:
            away.add(institution)
    db.session.rollback()
    if away:
        raise Unavailable("部分机构暂时联系不上，稍后重试")
    return {"told": len(told)}


def ping(context: OpContext, institution: str) -> dict[str, Any]:
    """A14: an answer, whatever it is, is an answer."""
    body = {"at": clock.local(context.now).isoformat(timespec="seconds"), "echo": context.key[:64]}
    try:
        answer = lines.ask(institution, A14, body, request_id=request_id(context, A14))
    except (Unavailable, lines.CallRejected) as error:
        return {"reached": False, "accepting": False, "reason": error.message}
    return {"reached": answer.ok, "accepting": bool(answer.data.get("accepting")), "reason": answer.reason}


OPERATIONS = (
    Operation(
        "gateway/lot_news",
        lot_news,
        title="把标段事件告知在保机构",
        parameters=(
            Field("event", "string", "事件：CHANGED、SUSPENDED、RESUMED、TERMINATED、FAILED、OPENED"),
            Field("at", "string", "发生时间"),
            Field("reason", "string", "原因", False),
        ),
        results=(Field("told", "number", "告知的订单数"),),
        effects=("机构得知标段事件",),
        simulate=lambda context, event, at, reason="": {"told": 0},
        outside=True,
    ),
    Operation(
        "gateway/ping",
        ping,
        title="测试机构接口是否连通",
        parameters=(Field("institution", "string", "机构编号"),),
        results=(
            Field("reached", "boolean", "是否有应答"),
            Field("accepting", "boolean", "是否接受新订单"),
            Field("reason", "string", "没有应答的原因", False),
        ),
        effects=("向机构发送连通测试",),
        simulate=lambda context, institution: {"reached": True, "accepting": True, "reason": ""},
        outside=True,
    ),
)
