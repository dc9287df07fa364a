"""A guarantee's states after issuance, moved by the diagrams of the applications on it."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from app import ledger
from app.audit import record
from app.errors import Conflict
from app.guarantees import secrets
from app.guarantees.models import Guarantee, GuaranteeState, Lapse
from app.ledger import Account
from app.orders import payments
from app.runtime.operations import OpContext
from app.states import move

S = GuaranteeState


def become(no: str, state: GuaranteeState, context: OpContext) -> Guarantee:
    """Locks the guarantee."""
    guarantee = secrets.locked(no)
    move(guarantee, state, by=context.by)
    guarantee.state_since = context.now
    return guarantee


def reinstate(no: str, context: OpContext) -> None:
    """生效中 again, after an application that changed nothing."""
    guarantee = become(no, S.IN_FORCE, context)
    payments.keep_premium(guarantee.order_no, reference=context.key)


def ask_premium(no: str, context: OpContext) -> None:
    """The premium is to come back with the guarantee, unless the application is refused."""
    payments.ask_premium(secrets.find(no).order_no, reference=context.key)


def refund(no: str, amount: int, context: OpContext) -> None:
    """已退保: the guarantee is given back, `amount` fen of its premium are with the bidder again."""
    guarantee = become(no, S.REFUNDED, context)
    payments.return_premium(guarantee.order_no, amount, reference=context.key, guarantee_no=no)


def lapse(no: str, why: Lapse, context: OpContext) -> None:
    """已失效."""
    become(no, S.LAPSED, context).lapse = why.value


def extend(no: str, until: datetime, context: OpContext) -> None:
    """In force longer than before."""
    guarantee = secrets.locked(no)
    content = secrets.content(guarantee)
    if until <= content.ends:
        raise Conflict("延期后的有效期应晚于原有效期", no=no)
    _rewrite(guarantee, valid_to=until.isoformat())
    record(no, "有效期已延长", by=context.by)


def owe(no: str, amount: int, *, key: str) -> None:
    """A claim of `amount` fen was approved: so much is to be paid. `key` is the claim's number."""
    order_no = secrets.find(no).order_no
    ledger.book(order_no, key, amount, Account.ISSUER, Account.OWED, key=f"owed:{key}")


def pay_out(no: str, amount: int, context: OpContext, *, key: str) -> None:
    """A claim of `amount` fen was paid: in full the guarantee lapses (顶格赔付), in part its balance is less.

    `key` is the claim's number.
    """
    guarantee = secrets.locked(no)
    content = secrets.content(guarantee)
    if not 0 < amount <= content.balance:
        raise Conflict("赔付金额应大于零且不超过保函余额", no=no)
    _rewrite(guarantee, balance=content.balance - amount)
    owed = ledger.places(guarantee.order_no).get(key, Account.ISSUER)
    ledger.book(guarantee.order_no, key, amount, owed, Account.CLAIMED, key=f"claimed:{key}")
    if amount == content.balance:
        lapse(no, Lapse.PAID_OUT, context)
    else:
        reinstate(no, context)


def _rewrite(guarantee: Guarantee, **changes: Any) -> None:
    guarantee.sealed = secrets.sealed(replace(secrets.content(guarantee), **changes))
