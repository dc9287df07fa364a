"""What an invoice hides, and how it is found."""

from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select

from app.db import db, remembered
from app.errors import NotFound
from app.invoices.models import Invoice
from app.sealing import blind, seal_for_lot, unseal_for_lot

SCOPE = "invoice.sealed"


@dataclass(frozen=True)
class Content:
    """The sealed part. Amounts in fen; `said`: the form's answers; `given`, `credit`: what was made out, as
    {"tax_invoice_no", "courier", "courier_no", "name"}."""

    lot_no: str
    applicant_id: str
    applicant_name: str
    phone: str
    amount: int
    said: dict[str, Any] = field(default_factory=dict)
    given: dict[str, Any] = field(default_factory=dict)
    credit_amount: int = 0
    credit: dict[str, Any] = field(default_factory=dict)


def sealed(content: Content) -> bytes:
    return seal_for_lot(content.lot_no, asdict(content), SCOPE)


def content(invoice: Invoice) -> Content:
    return Content(**unseal_for_lot(invoice.lot_sealed, invoice.sealed, SCOPE))


def applicant_index(entity_id: str) -> str:
    return blind("invoice.applicant", entity_id)


def find(no: str) -> Invoice:
    """The invoice, read once a transaction."""
    return remembered("invoice", no, lambda: _read(Invoice.no == no, no))


def locked(no: str) -> Invoice:
    """The invoice, locked once a transaction; its guarantee is locked before it."""
    row = remembered("locked invoice", no, lambda: _read(Invoice.no == no, no, lock=True))
    remembered("invoice", no, lambda: row)
    return row


def of_credit_note(credit_no: str) -> Invoice:
    """The invoice that the credit note takes back."""
    return remembered("credit note", credit_no, lambda: _read(Invoice.credit_no == credit_no, credit_no))


def live_of(order_no: str) -> Invoice | None:
    """The order's invoice, under way or made out, if there is one."""
    return db.session.scalar(select(Invoice).where(Invoice.live_key == order_no))


def _read(which: ColumnElement[bool], no: str, *, lock: bool = False) -> Invoice:
    query = select(Invoice).where(which)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound("没有这张发票", no=no)
    return row
