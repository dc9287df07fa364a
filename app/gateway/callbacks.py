"""B1–B4, B11: news from institutions, kept and answered for, then given to the case it is for."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app.db import db
from app.gateway.door import Asked, route
from app.protocol.calls import B1, B2, B11
from app.protocol.codes import Code, Refusal
from app.runtime.models import Instance


@route(B1)
@route(B2)
@route(B11)
def news(asked: Asked) -> Mapping[str, Any]:
    own_order(asked, asked.values["order_no"])
    raise Refusal(Code.RETRY_LATER, "该接口尚未开通")


def own_order(asked: Asked, no: str) -> str:
    """The order's number, if it is this institution's; another's is unknown to it."""
    found = db.session.scalar(select(Instance.institution).where(Instance.policy == "order", Instance.key == no))
    if found != asked.caller.code:
        raise Refusal(Code.UNKNOWN, "订单不存在", fields={"order_no": "订单不存在"})
    return no
