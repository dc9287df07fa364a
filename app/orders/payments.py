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
        if _known(order.no, txn_no).amount != fen:
            context.incident("机构两次告知同一笔支付，金额不一致，以先告知的为准，请与机构核实")
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


def owed(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """What a repayment is about, for the process that sees to it: its own copy, others may go on beside it."""
    return {"txn_no": txn_no, "reason": reason}


def given_back(context: OpContext, txn_no: str, repay_txn_no: str, at: str, amount: str = "") -> None:
    """The institution says the money is with the bidder again. News of a repayment may come before that of its
    payment, or unasked: then both are entered, or an incident shows what is odd."""
    no, moment = context.key, datetime.fromisoformat(at)
    payment = _find(no, txn_no)
    if payment is None:
        take(context, txn_no, amount, "", at)
        payment = _known(no, txn_no)
    source = _account(no, txn_no)
    if source is Account.BIDDER:
        return
    if source is Account.EARNED:
        context.incident("保函有效，机构却退回了保费，请与机构核实")
    if amount and money.parse(amount) != payment.amount:
        context.incident("机构退回的金额与所付金额不一致，请与机构核实")
    payment.repaid_txn_no, payment.repaid_at = repay_txn_no, moment
    ledger.book(no, payment.amount, source, Account.BIDDER, key=f"given-back:{no}:{txn_no}")
    record(no, "机构已退款", by=context.by, txn=txn_no)


def earn(context: OpContext, txn_no: str) -> None:
    """The premium of a guarantee that came before its money."""
    no, payment = context.key, _known(context.key, txn_no)
    ledger.book(no, payment.amount, Account.HELD, Account.EARNED, key=f"earned:{no}:{txn_no}")
    record(no, "登记保费", by=context.by, txn=txn_no)


def earned(order_no: str) -> None:
    """A guarantee stands for the money that is held; if all was asked back and is not yet given back, for one of
    those payments: the institution keeps what it issued for."""
    held = ledger.balance(order_no, Account.HELD)
    if held > 0:
        ledger.book(order_no, held, Account.HELD, Account.EARNED, key=f"earned:{order_no}")
        return
    premium = secrets.content(secrets.find(order_no)).premium
    for payment in db.session.scalars(select(Payment).where(Payment.order_no == order_no).order_by(Payment.id)):
        if payment.amount == premium and _account(order_no, payment.txn_no) is Account.REPAYING:
            key = f"reclaimed:{order_no}:{payment.txn_no}"
            ledger.book(order_no, premium, Account.REPAYING, Account.EARNED, key=key)
            return


def covered(order_no: str) -> bool:
    """Whether a premium stands behind the guarantee."""
    return ledger.balance(order_no, Account.EARNED) > 0


def amount_of(order_no: str, txn_no: str) -> int:
    return _known(order_no, txn_no).amount


def _account(order_no: str, txn_no: str) -> Account:
    """Where this payment's money is, by the last booking made of it."""
    kinds = ("given-back", "reclaimed", "ask-back", "earned")
    booked = ledger.booked(order_no, *(f"{kind}:{order_no}:{txn_no}" for kind in kinds), f"earned:{order_no}")
    after = {"given-back": Account.BIDDER, "reclaimed": Account.EARNED, "ask-back": Account.REPAYING}
    for kind, account in after.items():
        if f"{kind}:{order_no}:{txn_no}" in booked:
            return account
    return Account.EARNED if booked else Account.HELD


def _find(order_no: str, txn_no: str) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.order_no == order_no, Payment.txn_no == txn_no))


def _known(order_no: str, txn_no: str) -> Payment:
    payment = _find(order_no, txn_no)
    if payment is None:
        raise NotFound("没有这笔支付", order=order_no, txn=txn_no)
    return payment
