"""What a reviewer is shown of an invoice: its own institution all that it must print, nobody else whose it is."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock, files, formjs, institutions, money
from app.accounts.roles import OF_AN_INSTITUTION
from app.invoices import secrets
from app.invoices.models import Invoice, InvoiceState
from app.runtime import definitions
from app.runtime.panels import Document, Panel, Row, Section


def panel(no: str, user: Any) -> Panel:
    """Of an invoice that is asked for."""
    invoice = secrets.find(no)
    return _panel(invoice, user, Row(_("申请编号"), invoice.no), ())


def credit_panel(credit_no: str, user: Any) -> Panel:
    """Of a credit note: what it takes back and how much."""
    invoice = secrets.of_credit_note(credit_no)
    content = secrets.content(invoice)
    mine = user.role in OF_AN_INSTITUTION
    rows = [Row(_("原开票申请"), invoice.no)]
    if mine:
        rows += [
            Row(_("原发票号码"), content.given.get("tax_invoice_no", "–")),
            Row(_("红冲金额"), money.shown(content.credit_amount)),
        ]
    return _panel(invoice, user, Row(_("红冲编号"), credit_no), (Section(_("红冲"), tuple(rows)),))


def answers(content: secrets.Content, *, masked: bool = False) -> list[tuple[str, str]]:
    """What the applicant filled in, as people read it."""
    form = formjs.load(definitions.live("invoice").form("invoice/apply"))
    return form.shown(content.said, {}, masked=masked)


def what(content: secrets.Content) -> str:
    """增值税普通发票，电子发票"""
    form = formjs.load(definitions.live("invoice").form("invoice/apply"))
    chosen = {name: content.said[name] for name in ("kind", "form")}
    return " · ".join(words for _label, words in form.shown(chosen))


def documents(invoice: Invoice) -> tuple[Document, ...]:
    """The invoice and its credit note, as far as they are files."""
    content, found = secrets.content(invoice), []
    for file, told, endpoint in (
        (invoice.file_id, content.given, "invoices.file"),
        (invoice.credit_file_id, content.credit, "invoices.credit_file"),
    ):
        if file is not None:
            found.append(Document(told["name"], url_for(endpoint, no=invoice.no), files.row_of(file).size))
    return tuple(found)


def _panel(invoice: Invoice, user: Any, first: Row, more: tuple[Section, ...]) -> Panel:
    state = InvoiceState(invoice.state)  # type: ignore[call-arg]
    content = secrets.content(invoice)
    rows = [
        first,
        Row(_("状态"), _(state.label)),
        Row(_("提交时间"), clock.shown(invoice.created_at)),
        Row(_("订单编号"), invoice.order_no),
        Row(_("保函编号"), invoice.guarantee_no),
    ]
    institution = institutions.get(invoice.institution)
    whom = Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("服务电话"), institution.phone)))
    if user.role not in OF_AN_INSTITUTION:
        return Panel((*more, Section(_("发票"), tuple(rows)), whom), state=state)
    rows += [Row(_("申请人"), content.applicant_name), Row(_("开票金额"), money.shown(content.amount))]
    said = Section(_("开票信息"), tuple(Row(label, words) for label, words in answers(content)))
    return Panel((said, *more, Section(_("发票"), tuple(rows)), whom), documents(invoice), state)
