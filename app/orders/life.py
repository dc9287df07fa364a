"""An order's states, moved by its diagram."""

from app.audit import Actor, record
from app.orders import secrets
from app.orders.models import LIVE, Order, OrderState
from app.runtime.operations import OpContext
from app.states import move

S = OrderState


def await_payment(context: OpContext) -> None:
    _to(context, S.AWAITING_PAYMENT)


def cancelling(context: OpContext, reason: str) -> None:
    """The time to pay is over; before cancelling, the institution is asked to close and says whether it was paid."""
    _to(context, S.CANCELLING, reason)


def cancel(context: OpContext) -> None:
    """Provably unpaid: 已取消, for the reason given when cancelling began."""
    _to(context, S.CANCELLED)


def abandon(context: OpContext) -> None:
    """【放弃申请】: 订单关闭 (manual 5.2.2)."""
    record(context.key, "放弃申请", by=context.by)
    _to(context, S.CLOSED)


def reject(context: OpContext, code: str, reason: str) -> None:
    """The institution refuses, or was silent past the deadline; a reason always stands with it."""
    order = _to(context, S.REJECTED, reason)
    order.reason_code = code


def issuing(context: OpContext) -> None:
    """Paid; the guarantee is to come. An order that had ended lives again."""
    order = secrets.locked(context.key)
    secrets.hold(order)
    order.reason = None
    _moved(order, S.ISSUING, context)


def repaying(context: OpContext, reason: str = "") -> None:
    _to(context, S.REPAYING, reason)


def repaid(context: OpContext) -> None:
    _to(context, S.REPAID)


def _to(context: OpContext, state: OrderState, reason: str = "") -> Order:
    order = secrets.locked(context.key)
    if reason:
        order.reason = reason
    return _moved(order, state, context)


def _moved(order: Order, state: OrderState, context: OpContext) -> Order:
    move(order, state, by=context.by)
    order.state_since = context.now
    if state not in LIVE:
        order.live_key = None
    return order


def issued(order: Order, *, by: Actor, now: object) -> None:
    """The guarantee is here and verified; it wins over whatever the order was."""
    move(order, S.ISSUED, by=by)
    order.state_since = now
