"""What an institution is told of an invoice or a credit note (A11), as the interface's JSON."""

from typing import Any

from app import money
from app.invoices import secrets
from app.invoices.models import Invoice


def institution_of_invoice(no: str) -> str:
    return secrets.find(no).institution


def institution_of_credit_note(credit_no: str) -> str:
    return secrets.of_credit_note(credit_no).institution


def invoice_payload(no: str) -> dict[str, Any]:
    invoice = secrets.find(no)
    content = secrets.content(invoice)
    return _body(invoice, content, {"invoice_no": no, "type": "INVOICE", "amount": money.yuan(content.amount)})


def credit_payload(credit_no: str) -> dict[str, Any]:
    invoice = secrets.of_credit_note(credit_no)
    content = secrets.content(invoice)
    told = {
        "invoice_no": credit_no,
        "type": "CREDIT_NOTE",
        "amount": money.yuan(content.credit_amount),
        "original_no": invoice.no,
        "original_tax_invoice_no": content.given.get("tax_invoice_no"),
    }
    return _body(invoice, content, {name: value for name, value in told.items() if value is not None})


def _body(invoice: Invoice, content: secrets.Content, told: dict[str, Any]) -> dict[str, Any]:
    return {"order_no": invoice.order_no, **content.said, **told}
