"""An invoice's states, moved by `workflows/invoice`."""

from dataclasses import replace
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.audit import record
from app.db import db, savepoint
from app.guarantees import secrets as guarantees
from app.invoices import secrets
from app.invoices.errors import AnotherInvoice, NotOpen
from app.invoices.models import Invoice, InvoiceState
from app.invoices.secrets import Content
from app.runtime.operations import OpContext
from app.states import move

S = InvoiceState
TOLD = ("tax_invoice_no", "courier", "courier_no")


def open_invoice(context: OpContext) -> None:
    """Make the invoice's row from what the applicant sent. Raises AnotherInvoice; locks the guarantee."""
    told = context.secret
    guarantee = guarantees.locked(told["guarantee_no"])
    bought = guarantees.content(guarantee)
    content = Content(
        lot_no=bought.lot_no,
        applicant_id=told["applicant_id"],
        applicant_name=told["applicant_name"],
        phone=told["phone_to_tell"],
        amount=bought.premium,
        said=dict(told["said"]),
    )
    invoice = Invoice(
        no=context.key,
        order_no=guarantee.order_no,
        guarantee_no=guarantee.no,
        institution=guarantee.institution,
        state_since=context.now,
        live_key=guarantee.order_no,
        applicant_index=secrets.applicant_index(content.applicant_id),
        lot_sealed=content.lot_no,
        sealed=secrets.sealed(content),
        created_at=context.now,
    )
    try:
        with savepoint():
            db.session.add(invoice)
    except IntegrityError:
        raise AnotherInvoice("该订单已申请开具发票，请在“我的发票”中查看") from None
    record(invoice.no, "提交开票申请", by=context.by)
    record(invoice.order_no, "提交开票申请", by=context.by, invoice=invoice.no)


def turn_away(context: OpContext, reason: str) -> None:
    """The policy says no; the whole application is undone and the applicant reads the table's reason."""
    raise NotOpen(reason or "当前不能开具发票")


def issue(context: OpContext, file: list[dict[str, Any]] | None = None) -> None:
    """已开票: its number, file or courier, as the institution gave them."""
    invoice = _moved(locked(context.key), S.ISSUED, context)
    invoice.file_id, given = made_out(context, file)
    invoice.sealed = secrets.sealed(replace(secrets.content(invoice), given=given))
    invoice.decided_at = context.now
    record(invoice.order_no, "发票已开具", by=context.by, invoice=invoice.no)


def fail(context: OpContext, reason: str, code: str) -> None:
    """开票失败, always with a reason; the order may have another one asked for."""
    invoice = _moved(locked(context.key), S.FAILED, context)
    invoice.reason, invoice.reason_code = reason, code
    invoice.live_key, invoice.decided_at = None, context.now
    record(invoice.order_no, "开票失败", by=context.by, invoice=invoice.no)


def made_out(context: OpContext, file: list[dict[str, Any]] | None) -> tuple[int | None, dict[str, Any]]:
    """(file, what it says) of a document that the institution made out, from its answer."""
    told = {name: context.secret[name] for name in TOLD if context.secret.get(name)}
    if not file:
        return None, told
    return file[0]["file"], {**told, "name": (context.secret.get("file_names") or ["发票.pdf"])[0]}


def locked(no: str) -> Invoice:
    """Its guarantee is locked first: a refund and an invoice that meet are done one after the other."""
    guarantees.locked(secrets.find(no).guarantee_no)
    return secrets.locked(no)


def phone_of(no: str) -> str:
    return secrets.content(secrets.find(no)).phone


def _moved(invoice: Invoice, state: InvoiceState, context: OpContext) -> Invoice:
    move(invoice, state, by=context.by)
    invoice.state_since = context.now
    return invoice
