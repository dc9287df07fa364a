"""An order's money: premiums sit at the institution; we keep what it said, once per transaction."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from app import ledger, money
from app.audit import record
from app.db import db, insert_new
from app.errors import Conflict, NotFound
from app.ledger import Account, Parcel
from app.orders import secrets
from app.orders.models import Payment
from app.runtime import sent
from app.runtime.operations import OpContext

WITH_US = (Account.HELD, Account.EARNED)
FOR_GUARANTEE = (Account.EARNED, Account.RETURNING)
REFUNDED = "refunded:"


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
    ledger.book(order.no, txn_no, fen, Account.BIDDER, Account.HELD, key=f"paid:{order.no}:{txn_no}")
    new = Payment(order_no=order.no, txn_no=txn_no, amount=fen, channel=channel, paid_at=at)
    by = sent.by(context.by, order.no, told(new))
    record(order.no, "收到支付结果", by=by, txn=txn_no)
    return {"repeat": False, "matches": matches, "txn_no": txn_no}


def told(payment: Payment) -> bytes:
    """What the institution said of it, for a receipt."""
    paid_at = payment.paid_at.astimezone(UTC).isoformat()
    said = {"txn_no": payment.txn_no, "amount": payment.amount, "channel": payment.channel, "paid_at": paid_at}
    return sent.document("payment", payment.order_no, payment.txn_no, said, {})


def ask_back(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """The institution is to give this transaction's money back; returns what A15 needs. `reason` is A15's code."""
    payment = _known(context.key, txn_no)
    key = f"ask-back:{context.key}:{txn_no}"
    ledger.book(context.key, txn_no, payment.amount, Account.HELD, Account.REPAYING, key=key)
    record(context.key, "要求机构退款", by=context.by, txn=txn_no)
    return {"txn_no": txn_no, "reason": reason}


def owed(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """What a repayment is about, for the process that sees to it: its own copy, others may go on beside it.
    `kept`: a guarantee stands for it, it does not come back."""
    return {"txn_no": txn_no, "reason": reason, "kept": False}


def stands(context: OpContext, txn_no: str, reason: str) -> dict[str, Any]:
    """The institution has issued for this transaction and does not give it back: another payment of the order, which
    we took for the guarantee's, is to come back instead. Returns what the repayment is about from now on; `kept` if
    there is no other."""
    no, payment = context.key, _known(context.key, txn_no)
    places, kept = ledger.places(no), _kept(no)
    free = [one for one in of_order(no) if one.txn_no not in kept | {txn_no} and places[one.txn_no] in WITH_US]
    other = free[0] if free else None
    taken = places[other.txn_no] if other is not None else Account.HELD
    if txn_no not in kept:
        kind = "stands" if taken is Account.EARNED else "kept"
        ledger.book(no, txn_no, payment.amount, places[txn_no], taken, key=f"{kind}:{no}:{txn_no}")
        record(no, "机构已就该笔款项出函", by=context.by, txn=txn_no)
    if other is None:
        return {"txn_no": txn_no, "reason": reason, "kept": True}
    ledger.book(no, other.txn_no, other.amount, taken, Account.REPAYING, key=f"instead:{no}:{other.txn_no}")
    record(no, "要求机构退款", by=context.by, txn=other.txn_no)
    return {"txn_no": other.txn_no, "reason": "DUPLICATE", "kept": False}


def given_back(context: OpContext, txn_no: str, repay_txn_no: str, at: str, amount: str = "") -> dict[str, Any]:
    """The institution says the money is with the bidder again. News of a repayment may come before that of its
    payment, or unasked: then both are entered, or an incident shows what is odd. `entered`: it is news."""
    no, moment = context.key, datetime.fromisoformat(at)
    payment = _find(no, txn_no)
    if payment is None:
        take(context, txn_no, amount, "", at)
        payment = _known(no, txn_no)
    source = ledger.places(no)[txn_no]
    if source is Account.BIDDER:
        return {"entered": False}
    if source in FOR_GUARANTEE:
        context.incident("保函有效，机构却退回了保费，请与机构核实")
    if amount and money.parse(amount) != payment.amount:
        context.incident("机构退回的金额与所付金额不一致，请与机构核实")
    payment.repaid_txn_no, payment.repaid_at = repay_txn_no, moment
    ledger.book(no, txn_no, payment.amount, source, Account.BIDDER, key=f"given-back:{no}:{txn_no}")
    record(no, "机构已退款", by=context.by, txn=txn_no)
    return {"entered": True}


def earn(context: OpContext, txn_no: str) -> None:
    """The premium of a guarantee that came before its money."""
    no, payment = context.key, _known(context.key, txn_no)
    ledger.book(no, txn_no, payment.amount, Account.HELD, Account.EARNED, key=f"earned:{no}:{txn_no}")
    record(no, "登记保费", by=context.by, txn=txn_no)


def earned(order_no: str) -> None:
    """A guarantee stands for the money that is held; if all was asked back and is not yet given back, for one of
    those payments: the institution keeps what it issued for."""
    places = ledger.places(order_no)
    payments = of_order(order_no)
    held = [one for one in payments if places[one.txn_no] is Account.HELD]
    for one in held:
        key = f"earned:{order_no}:{one.txn_no}"
        ledger.book(order_no, one.txn_no, one.amount, Account.HELD, Account.EARNED, key=key)
    if held:
        return
    premium = secrets.content(secrets.find(order_no)).premium
    for one in payments:
        if one.amount == premium and places[one.txn_no] is Account.REPAYING:
            key = f"reclaimed:{order_no}:{one.txn_no}"
            ledger.book(order_no, one.txn_no, premium, Account.REPAYING, Account.EARNED, key=key)
            return


def covered(order_no: str) -> bool:
    """Whether a premium stands behind the guarantee, or stood until it was given back."""
    if any(place in FOR_GUARANTEE for place in ledger.places(order_no).values()):
        return True
    return any(key.startswith(REFUNDED) for key in ledger.keys(order_no))


def under_way(order_no: str) -> bool:
    """Whether money stands where it may not stay."""
    return any(place in ledger.UNDER_WAY for place in ledger.places(order_no).values())


def ask_premium(order_no: str, *, reference: str) -> None:
    """The guarantee is to be given back: what it cost is, until that is decided. `reference`: the application."""
    for parcel in _of_guarantee(order_no, Account.EARNED):
        key = f"returning:{reference}:{parcel.parcel}"
        ledger.book(order_no, parcel.parcel, parcel.amount, Account.EARNED, Account.RETURNING, key=key)


def keep_premium(order_no: str, *, reference: str) -> None:
    """The guarantee stays, and so does its premium."""
    for parcel in _of_guarantee(order_no, Account.RETURNING):
        key = f"retained:{reference}:{parcel.parcel}"
        ledger.book(order_no, parcel.parcel, parcel.amount, Account.RETURNING, Account.EARNED, key=key)


def return_premium(order_no: str, amount: int, *, reference: str, guarantee_no: str) -> None:
    """`amount` fen of the premium are with the bidder again; the institution keeps the rest. Raises Conflict."""
    ask_premium(order_no, reference=reference)  # it was asked for already, but for applications of earlier days
    mine = _of_guarantee(order_no, Account.RETURNING)
    if not 0 < amount <= sum(one.amount for one in mine):
        raise Conflict("退回的保费应大于零且不超过已付保费", no=guarantee_no)
    for number, one in enumerate(mine):
        back = min(amount, one.amount)
        amount -= back
        if rest := one.amount - back:
            left, key = f"{one.parcel}-rest" if back else one.parcel, f"retained:{reference}:{one.parcel}"
            ledger.book(order_no, left, rest, Account.RETURNING, Account.EARNED, key=key)
        if back:
            key = f"{REFUNDED}{guarantee_no}" + (f":{number}" if number else "")
            ledger.book(order_no, one.parcel, back, Account.RETURNING, Account.BIDDER, key=key)


def amount_of(order_no: str, txn_no: str) -> int:
    return _known(order_no, txn_no).amount


def _of_guarantee(order_no: str, *places: Account) -> list[Parcel]:
    return [one for one in ledger.parcels(order_no).values() if one.account in places]


def _kept(order_no: str) -> set[str]:
    """Payments the institution keeps for a guarantee, as it says."""
    found = (key.split(":", 2) for key in ledger.keys(order_no))
    return {parts[2] for parts in found if parts[0] in ("kept", "stands")}


def of_order(order_no: str) -> list[Payment]:
    """The order's payments, as they came."""
    return list(db.session.scalars(select(Payment).where(Payment.order_no == order_no).order_by(Payment.id)))


def _find(order_no: str, txn_no: str) -> Payment | None:
    return db.session.scalar(select(Payment).where(Payment.order_no == order_no, Payment.txn_no == txn_no))


def _known(order_no: str, txn_no: str) -> Payment:
    payment = _find(order_no, txn_no)
    if payment is None:
        raise NotFound("没有这笔支付", order=order_no, txn=txn_no)
    return payment
