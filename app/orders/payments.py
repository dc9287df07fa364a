"""An order's money: premiums sit at the institution; we keep what it said, once per transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import ledger, money
from app.audit import record
from app.db import db, insert_new
from app.errors import NotFound
from app.ledger import Account
from app.orders import secrets
from app.orders.models import Payment
from app.runtime.operations import OpContext


def take(context: OpContext, txn_no: str, amount: str, channel: str, paid_at: str) -> dict[str, Any]:
    """Keep a payment (yuan). `repeat`: told before; `matches`: it is the premium."""
    order = secrets.locked(context.key)
    fen = money.parse(amount)
    matches = fen == secrets.content(order).premium
    at = datetime.fromisoformat(paid_at)
    if not insert_new(Payment, order_no=order.no, txn_no=txn_no, amount=fen, channel=channel, paid_at=at):
        return {"repeat": True, "matches": matches, "txn_no": txn_no}
    ledger.book(order.no, fen, Account.BIDDER, Account.HELD, key=f"paid:{order.no}:{txn_no}")
    record(order.no, "收到支付结果", by=context.by, txn=txn_no)
    return {"repeat": False, "matches": matches, "txn_no": txn_no}


def ask_back(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """The institution is to give this transaction's money back; returns what A15 needs. `reason` is A15's code."""
    payment = _known(context.key, txn_no)
    ledger.book(context.key, payment.amount, Account.HELD, Account.REPAYING, key=f"ask-back:{context.key}:{txn_no}")
    record(context.key, "要求机构退款", by=context.by, txn=txn_no)
    return {"txn_no": txn_no, "reason": reason}


def given_back(context: OpContext, txn_no: str, repay_txn_no: str, at: str) -> None:
    """The institution says the money is with the bidder again."""
    payment = _known(context.key, txn_no)
    payment.repaid_txn_no, payment.repaid_at = repay_txn_no, datetime.fromisoformat(at)
    ledger.book(context.key, payment.amount, Account.REPAYING, Account.BIDDER, key=f"given-back:{context.key}:{txn_no}")
    record(context.key, "机构已退款", by=context.by, txn=txn_no)


def earned(order_no: str) -> None:
    """A guarantee stands for the money that is held and not asked back."""
    held = ledger.balance(order_no, Account.HELD)
    if held > 0:
        ledger.book(order_no, held, Account.HELD, Account.EARNED, key=f"earned:{order_no}")


def amount_of(order_no: str, txn_no: str) -> int:
    return _known(order_no, txn_no).amount


def _find(order_no: str, txn_no: str) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.order_no == order_no, Payment.txn_no == txn_no))


def _known(order_no: str, txn_no: str) -> Payment:
    payment = _find(order_no, txn_no)
    if payment is None:
        raise NotFound("没有这笔支付", order=order_no, txn=txn_no)
    return payment
