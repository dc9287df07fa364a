"""A credit note (红冲): the premium of an invoiced guarantee went back, so a negative invoice takes that one back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from app import numbering, runtime
from app.audit import SYSTEM, record
from app.db import db, transaction
from app.guarantees import secrets as guarantees
from app.guarantees.models import GuaranteeState
from app.invoices import issuing, secrets
from app.invoices.models import CREDIT_PREFIX, InvoiceState
from app.ledger import Account, LedgerEntry
from app.orders.payments import REFUNDED
from app.runtime.models import Instance
from app.runtime.operations import OpContext
from app.statements import send
from app.states import move

S = InvoiceState
POLICY, HANDLER = "credit_note", "invoices/credit_note"


def owe(context: OpContext, guarantee_no: str) -> dict[str, Any]:
    """红冲中, if the guarantee was refunded and an invoice over its premium is out; a case of its own begins after the
    commit.

    Asked by the refund and by the invoice: whichever comes second finds both.
    """
    guarantee = guarantees.locked(guarantee_no)
    invoice = secrets.live_of(guarantee.order_no)
    if guarantee.state != GuaranteeState.REFUNDED or invoice is None or invoice.state != S.ISSUED:
        return {"owed": False}
    invoice = secrets.locked(invoice.no)
    move(invoice, S.CREDITING, by=context.by)
    invoice.state_since, invoice.credit_no = context.now, numbering.next_number(CREDIT_PREFIX)
    invoice.sealed = secrets.sealed(
        replace(secrets.content(invoice), credit_amount=_paid_back(invoice.order_no, guarantee_no))
    )
    record(invoice.order_no, "退保后发起红冲", by=context.by, invoice=invoice.no)
    context.post(HANDLER, {"credit_no": invoice.credit_no}, key=invoice.credit_no)
    return {"owed": True}


def begin(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: the credit note's case, once."""
    credit_no = payload["credit_no"]
    with transaction():
        known = select(Instance.id).where(Instance.policy == POLICY, Instance.key == credit_no)
        if db.session.scalar(known) is None:
            invoice = secrets.of_credit_note(credit_no)
            runtime.start(POLICY, key=credit_no, data={}, by=SYSTEM, institution=invoice.institution)


def settle(context: OpContext, file: list[dict[str, Any]] | None = None) -> None:
    """已红冲: the negative invoice's number, file or courier."""
    invoice = issuing.locked(secrets.of_credit_note(context.key).no)
    move(invoice, S.CREDITED, by=context.by)
    invoice.state_since = context.now
    invoice.credit_file_id, credit = issuing.made_out(context, file)
    invoice.sealed = secrets.sealed(replace(secrets.content(invoice), credit=credit))
    record(invoice.order_no, "红字发票已开具", by=context.by, invoice=invoice.no)


def _paid_back(order_no: str, guarantee_no: str) -> int:
    """What of the premium the refund gave back, in fen."""
    send()
    mine = (LedgerEntry.order_no == order_no, LedgerEntry.account == Account.BIDDER)
    entries = db.session.execute(select(LedgerEntry.key, LedgerEntry.amount).where(*mine))
    return sum(amount for key, amount in entries if key.startswith(f"{REFUNDED}{guarantee_no}"))
