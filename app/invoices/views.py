"""开具发票 (manual 5.2.3) and 我的发票 (manual 5.4): the form, the list, the way so far, the files."""

import hashlib
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select
from werkzeug.wrappers import Response as BaseResponse

from app import files, formjs, institutions, numbering, projects, runtime
from app.accounts.access import predicate
from app.accounts.roles import Role
from app.accounts.user import User, current_user, identity
from app.audit import record
from app.db import db, retrying, transaction
from app.errors import BadInput, Conflict, NotFound
from app.guarantees import secrets as guarantees
from app.invoices import allowed, crediting, secrets
from app.invoices.models import PREFIX, Invoice, InvoiceState
from app.invoices.panel import answers, documents, what
from app.orders import secrets as orders
from app.orders.acts import Act
from app.runtime import answers as sent_answers
from app.runtime import definitions, timeline
from app.runtime.conditions import Verdict
from app.web import attached

bp = Blueprint("invoices", __name__, url_prefix="/invoices")
apply_bp = Blueprint("invoicing", __name__, url_prefix="/orders")
PER_PAGE = 20
S = InvoiceState
TITLE, SEE = "开具发票", "查看发票"
Page = str | BaseResponse | tuple[str, int]


@predicate("own_invoice")
def own_invoice(user: User, no: str, **_: object) -> bool:
    return secrets.find(no).applicant_index == secrets.applicant_index(user.entity_id)


@predicate("its_invoice")
def its_invoice(user: User, no: str, **_: object) -> bool:
    """Of the institution that makes it out."""
    return user.institution != "" and secrets.find(no).institution == user.institution


@apply_bp.route("/<order_no>/invoice", methods=["GET", "POST"])
def new(order_no: str) -> Page:
    """The form, if the live table says that an invoice may be asked for; else why not."""
    verdict, refused = allowed.verdict(order_no), ""
    form = formjs.load(definitions.live(allowed.POLICY).form("invoice/apply"))
    errors: dict[str, str] = {}
    if request.method == "POST" and verdict.open:
        try:
            said = form.read(request.form, request.files)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            try:
                number = retrying(lambda: _send(order_no, form, said))
            except Conflict as conflict:
                refused, verdict = conflict.message, allowed.verdict(order_no)
            else:
                flash(_("提交成功"))
                return redirect(url_for("invoices.detail", no=number))
    page = render_template(
        "invoices/new.html",
        form=form,
        values=_prefilled(),
        errors=errors,
        refused=refused,
        verdict=verdict,
        sent=request.form if request.method == "POST" else None,
        **_order(order_no),
    )
    closed = request.method == "POST" and (refused or not verdict.open)
    return (page, 409 if closed else 422 if errors else 200)


@bp.get("/")
def index() -> str:
    """我的发票: the newest first; the address keeps what was searched for."""
    state, number = request.args.get("state", ""), request.args.get("q", "").strip()[:64]
    mine = Invoice.applicant_index == secrets.applicant_index(current_user().entity_id)
    query = select(Invoice).where(mine)
    if state in set(S):
        query = query.where(Invoice.state == state)
    if number:
        query = query.where(or_(Invoice.no == number, Invoice.order_no == number, Invoice.guarantee_no == number))
    found = db.paginate(query.order_by(Invoice.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    return render_template(
        "invoices/index.html",
        found=found,
        rows=[_row(one) for one in found.items],
        states=[(one.value, _(one.label)) for one in S],
        state=state,
        number=number,
        searched=bool(state or number),
    )


@bp.get("/<no>")
def detail(no: str) -> str:
    return render_template("invoices/detail.html", **_case(no))


@bp.get("/<no>/live")
def live(no: str) -> BaseResponse:
    """The part of the detail page that changes by itself; answers 304 while it has not."""
    answer = Response(render_template("invoices/live.html", **_case(no)))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


@bp.get("/<no>/diagram.bpmn")
def diagram(no: str) -> BaseResponse:
    return Response(timeline.drawing(*_present(no)), mimetype="application/xml")


@bp.get("/<no>/path.json")
def path(no: str) -> BaseResponse:
    answer = jsonify(timeline.path(*_present(no)))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


@bp.get("/<no>/file")
def file(no: str) -> BaseResponse:
    invoice = secrets.find(no)
    return _download(invoice, invoice.file_id, secrets.content(invoice).given)


@bp.get("/<no>/credit/file")
def credit_file(no: str) -> BaseResponse:
    invoice = secrets.find(no)
    return _download(invoice, invoice.credit_file_id, secrets.content(invoice).credit)


def offers(user: User, order_no: str) -> list[Act]:
    """What the order's page offers its bidder, and why not."""
    if user.role != Role.BIDDER or not definitions.is_live(allowed.POLICY):
        return []
    ask = Act(TITLE, url_for("invoicing.new", order_no=order_no), allowed.verdict(order_no))
    known = secrets.live_of(order_no)
    return [ask] if known is None else [ask, Act(SEE, url_for("invoices.detail", no=known.no), Verdict(True))]


def offers_on_guarantee(user: User, guarantee_no: str) -> list[Act]:
    return offers(user, guarantees.find(guarantee_no).order_no)


def _send(order_no: str, form: formjs.Form, said: dict[str, Any]) -> str:
    """The number; raises Conflict with the table's reason."""
    user = current_user()
    who = identity(user)
    with transaction():
        guarantee = guarantees.of_order(order_no)
        if guarantee is None:
            raise Conflict("该订单还没有保函")
        data, secret = sent_answers.parted(form, said)
        no = numbering.next_number(PREFIX)
        runtime.start(
            allowed.POLICY,
            key=no,
            data={},
            by=user.actor,
            institution=guarantee.institution,
            secret={
                "guarantee_no": guarantee.no,
                "applicant_id": user.entity_id,
                "applicant_name": who.name,
                "phone_to_tell": who.handler.get("phone", ""),
                "said": {**data, **secret},
            },
        )
    return no


def _prefilled() -> dict[str, Any]:
    """What the login platform knows of the market entity."""
    who = identity(current_user())
    return {
        "kind": "VAT_NORMAL",
        "form": "ELECTRONIC",
        "title": who.name,
        "tax_no": who.uscc,
        "recipient": who.handler.get("name", ""),
        "recipient_phone": who.handler.get("phone", ""),
    }


def _download(invoice: Invoice, file_id: int | None, told: dict[str, Any]) -> BaseResponse:
    if file_id is None:
        raise NotFound(_("没有找到该文件"))
    stored = files.row_of(file_id)
    with transaction():
        record(f"desk:{invoice.no}", "下载发票", by=current_user().actor, file=file_id)
    answer = Response(files.read(stored.id), mimetype=stored.media_type)
    answer.content_length = stored.size
    return attached(answer, told["name"])


def _present(no: str) -> tuple[str, str]:
    """The case that is, or was last, under way."""
    credit_no = secrets.find(no).credit_no
    return (allowed.POLICY, no) if credit_no is None else (crediting.POLICY, credit_no)


def _order(order_no: str) -> dict[str, Any]:
    order = orders.find(order_no)
    content = orders.content(order)
    return {
        "order": order,
        "content": content,
        "lot": projects.get(content.lot_no),
        "institution": institutions.get(order.institution),
    }


def _row(invoice: Invoice) -> dict[str, Any]:
    told = secrets.content(invoice)
    return {
        "invoice": invoice,
        "state": S(invoice.state),  # type: ignore[call-arg]
        "told": told,
        "what": what(told),
        "documents": documents(invoice),
        "institution": institutions.get(invoice.institution),
    }


def _case(no: str) -> dict[str, Any]:
    """Everything the page shows of one invoice."""
    invoice = secrets.find(no)
    entries = timeline.of(allowed.POLICY, no, held=invoice.state == S.PROCESSING)
    if invoice.credit_no is not None:
        entries += timeline.of(crediting.POLICY, invoice.credit_no, held=invoice.state == S.CREDITING)
        entries.sort(key=lambda entry: (entry["state"] != "done", entry["at"]))
    said = answers(secrets.content(invoice), masked=True)
    return {**_row(invoice), "said": said, "entries": entries}
