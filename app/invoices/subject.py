"""What expressions may read of an order to be invoiced, an invoice and its credit note."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from app import institutions
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee, GuaranteeState
from app.institutions import catalogue
from app.invoices import secrets
from app.invoices.models import Invoice, InvoiceState
from app.invoices.panel import credit_panel, panel
from app.orders import secrets as orders
from app.orders.models import OrderState
from app.runtime.operations import Fact, Subject
from app.states import words

Readers = Mapping[str, Callable[[], Any]]


class OrderFacts:
    """An order and what stands on it; `mine`: the invoice that asks."""

    def __init__(self, no: str, mine: str = ""):
        self.no, self.mine = no, mine

    @cached_property
    def guarantee_row(self) -> Guarantee | None:
        return guarantees.of_order(self.no)

    def order(self) -> dict[str, Any]:
        row = orders.find(self.no)
        return {"no": row.no, "state": row.state, "issued": row.state == OrderState.ISSUED}

    def guarantee(self) -> dict[str, Any]:
        row = self.guarantee_row
        return {
            "no": row.no if row is not None else "",
            "state": row.state if row is not None else "",
            "refunded": row is not None and row.state == GuaranteeState.REFUNDED,
        }

    def invoiced(self) -> dict[str, Any]:
        live = secrets.live_of(self.no)
        return {"already": live is not None and live.no != self.mine}

    def institution(self) -> dict[str, Any]:
        one = institutions.get(orders.find(self.no).institution)
        return {"code": one.code, "kind": one.kind, "online": one.online}

    def at(self, _moment: datetime) -> Mapping[str, Any]:
        """Everything, at any moment: none of it changes by itself."""
        return {name: read() for name, read in self.readers().items()}

    def readers(self) -> Readers:
        return {
            "order": self.order,
            "guarantee": self.guarantee,
            "invoiced": self.invoiced,
            "institution": self.institution,
        }


def invoice_facts(no: str) -> Readers:
    return _facts(secrets.find(no))


def credit_facts(credit_no: str) -> Readers:
    return _facts(secrets.of_credit_note(credit_no))


def _facts(row: Invoice) -> Readers:
    return {
        **OrderFacts(row.order_no, mine=row.no).readers(),
        "invoice": lambda: _invoice(row),
        "refusal_reasons": lambda: [{"value": one.code, "label": one.text} for one in catalogue.reasons("invoice")],
    }


def _invoice(row: Invoice) -> dict[str, Any]:
    content = secrets.content(row)
    return {
        "no": row.no,
        "state": row.state,
        "kind": content.said["kind"],
        "form": content.said["form"],
        "created_at": row.created_at,
        "reason": row.reason or "",
    }


def _refunded(facts: Mapping[str, Any]) -> bool:
    return bool(facts["guarantee"]["refunded"])


FACTS = (
    Fact("invoice.no", "string", "开票申请编号"),
    Fact("invoice.state", "string", "发票状态", words=words(InvoiceState)),
    Fact("invoice.kind", "string", "发票种类：VAT_NORMAL、VAT_SPECIAL", "sealed"),
    Fact("invoice.form", "string", "发票类型：PAPER、ELECTRONIC", "sealed"),
    Fact("invoice.created_at", "date and time", "提交时间"),
    Fact("invoice.reason", "string", "开票失败的原因", "sealed"),
    Fact("invoiced.already", "boolean", "订单另有在办或已开的发票"),
    Fact("order.no", "string", "订单编号"),
    Fact("order.state", "string", "订单状态", words=words(OrderState)),
    Fact("order.issued", "boolean", "订单成功出函"),
    Fact("guarantee.no", "string", "保函编号"),
    Fact("guarantee.state", "string", "保函状态", words=words(GuaranteeState), lasting=_refunded),
    Fact("guarantee.refunded", "boolean", "保函已退保", lasting=_refunded),
    Fact("institution.code", "string", "机构编号"),
    Fact("institution.kind", "string", "机构类型"),
    Fact("institution.online", "boolean", "机构已上线"),
)

INVOICE = Subject(
    kind="invoice",
    title="发票",
    facts=invoice_facts,
    fields=FACTS,
    policies=("invoice",),
    link=lambda no: f"/invoices/{no}",
    panel=panel,
)
CREDIT_NOTE = Subject(
    kind="credit_note",
    title="红字发票",
    facts=credit_facts,
    fields=FACTS,
    policies=("credit_note",),
    link=lambda credit_no: f"/invoices/{secrets.of_credit_note(credit_no).no}",
    panel=credit_panel,
)
