"""What institutions tell of orders and guarantees, whether they called or were asked: kept once, by its own identity.

Payloads are the interface's own JSON (money in yuan, times with offset); a file in them has become `file_id` with
its two hashes.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import select

from app.db import db
from app.runtime import inbox
from app.runtime.models import InboxMessage
from app.sealing import blind

ORDER = "order"
UNSEALING = "unsealing"
DISPENSABLE = {("payment", "FAILED"), ("issuance", "REFUSED"), ("claim", "ACCEPTED")}


def identity(name: str, number: str, told: Mapping[str, Any]) -> str:
    """The same news has the same identity: a payment's transaction, a guarantee's file, else the whole content.

    A keyed hash: an amount in it would tell the lot.
    """
    said = told.get("status") or told.get("result")
    if name == "payment" and said == "SUCCESS":
        parts = [told["pay_txn_no"], told["amount"]]
    elif name == "issuance" and said == "ISSUED":
        parts = [told["guarantee_no"], told["sha256"]]
    elif name == "repayment" and said == "DONE":
        parts = [told["pay_txn_no"], told["repay_txn_no"]]
    else:
        content = {key: value for key, value in told.items() if key != "file_id"}
        parts = [orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()]
    return f"{name}:{number}:{blind('news', name, number, *parts)}"


def known(sender: str, which: str) -> InboxMessage | None:
    return db.session.scalar(
        select(InboxMessage).where(InboxMessage.sender == sender, InboxMessage.request_id == which)
    )


def named(name: str, told: Mapping[str, Any]) -> str:
    """The message's name in diagrams; a payment that failed is no payment."""
    return "payment_failed" if name == "payment" and told["status"] == "FAILED" else name


def keep(
    policy: str, number: str, name: str, told: Mapping[str, Any], *, sender: str, correlation: str = ""
) -> InboxMessage:
    """In the caller's transaction; told twice, it is the message kept before. Money is correlated by its transaction.

    News of money and of guarantees must be taken by somebody; a verdict that comes too late need not.
    """
    said = told.get("status") or told.get("result")
    return inbox.receive(
        policy,
        number,
        named(name, told),
        dict(told),
        request_id=identity(name, number, told),
        sender=sender,
        correlation=correlation or told.get("pay_txn_no", ""),
        optional=name == "underwriting" or (name, said) in DISPENSABLE,
    )
