"""Placing an order: opening its row, its price, and the refusals of the policy."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from app import money, projects
from app.audit import record
from app.db import db, savepoint
from app.errors import BadInput
from app.orders import secrets
from app.orders.errors import NotAccepted, OneLiveOrder, PriceChanged
from app.orders.models import Order
from app.orders.secrets import Content, Handler
from app.runtime.operations import OpContext

TRIES = 8


def open_order(context: OpContext) -> None:
    """Make the order's row from what the applicant confirmed; nothing of it enters process data.

    Holds the lot as it is: what happens to it next will find this order. Raises OneLiveOrder if this bidder has a
    live order on the lot.
    """
    told = context.secret
    content = _content(told)
    projects.hold(content.lot_no)
    for _ in range(TRIES):
        order = Order(
            no=context.key,
            state_since=context.now,
            institution=told["institution"],
            product=told["product"],
            bidder_index=secrets.bidder_index(content.bidder_id),
            live_key=secrets.live_key(content.bidder_id, content.lot_no),
            lot_index=secrets.free_lot_index(content.lot_no),
            lot_sealed=content.lot_no,
            sealed=secrets.sealed(content),
            created_at=context.now,
        )
        try:
            with savepoint():
                db.session.add(order)
        except IntegrityError:
            if db.session.scalar(select(Order.id).where(Order.live_key == order.live_key)) is not None:
                raise OneLiveOrder("您在该标段已有一笔有效的保函订单，不能重复申请") from None
            continue  # another order of this lot took the index meanwhile
        record(order.no, "提交保函申请", by=context.by)
        return
    raise BadInput("同一时间申请人数过多，请稍后重试")


def refuse(context: OpContext, reason: str) -> None:
    """The policy says no; the whole application is undone and the applicant reads the table's reason."""
    raise NotAccepted(reason or "不符合申请条件")


def price(context: OpContext, premium: Any) -> None:
    """Set the premium that the table computed (yuan); it must be the one the applicant saw."""
    fen = money.parse(str(premium))
    order = secrets.locked(context.key)
    content = secrets.content(order)
    if content.premium != fen:
        raise PriceChanged(f"保费已更新为 {money.shown(fen)}，请重新确认后提交", premium=fen)


def reprice(context: OpContext, premium: Any) -> None:
    """The institution asked another premium (yuan) and the bidder agreed."""
    order = secrets.locked(context.key)
    content = secrets.content(order)
    fen = money.parse(str(premium))
    order.sealed = secrets.sealed(replace(content, premium=fen))
    record(order.no, "确认新的保费", by=context.by)


def _content(told: Mapping[str, Any]) -> Content:
    names = Content.__dataclass_fields__.keys() - {"handler"}
    values = {name: told[name] for name in names if name in told}
    return Content(**values, handler=Handler(**told["handler"]))
