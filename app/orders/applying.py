"""保函申请, the bidder's four steps (manual 5.1.1): lot → details → institution → submit."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, formjs, institutions, money, numbering, projects, runtime
from app.accounts.user import User, current_user, identity
from app.db import retrying, transaction
from app.errors import BadInput, Conflict
from app.institutions import catalogue
from app.orders import drafts, quoting
from app.orders.drafts import Draft
from app.orders.quoting import Offer
from app.projects import Lot, LotCategory
from app.projects.search import search
from app.regions import REGIONS
from app.runtime import definitions

bp = Blueprint("applying", __name__, url_prefix="/orders/apply")
Page = str | BaseResponse | tuple[str, int]


@bp.get("")
def types() -> str:
    """What is for sale, and the applications one had begun."""
    user = current_user()
    begun = [(draft, projects.find(draft.lot_no)) for draft in drafts.mine(user)]
    offered = [(kind, institutions.selling(kind.code)) for kind in catalogue.product_types()]
    return render_template("orders/apply_types.html", offered=offered, begun=[pair for pair in begun if pair[1]])


@bp.get("/lot")
def lot() -> str:
    """(1) 选择项目/标的: by number, name, region, kind."""
    kind = _kind(request.args.get("type", ""))
    text = request.args.get("q", "").strip()[:60]
    page = search(
        text,
        region=request.args.get("region", ""),
        category=request.args.get("category", ""),
        after=request.args.get("after", ""),
    )
    return render_template(
        "orders/apply_lot.html",
        kind=kind,
        page=page,
        text=text,
        regions=REGIONS,
        categories=[(c.value, _(c.label)) for c in LotCategory],
        label_of={c.value: c.label for c in LotCategory},
    )


@bp.post("/lot")
def choose_lot() -> BaseResponse:
    kind, chosen = _kind(request.form.get("type", "")), projects.get(request.form.get("lot", ""))
    with transaction():
        draft = drafts.begin(current_user(), product_type=kind.code, lot_no=chosen.no)
    return redirect(url_for(".details", draft_id=draft.id))


@bp.route("/<draft_id>/details", methods=["GET", "POST"])
def details(draft_id: str) -> Page:
    """(2) 填写并确认保函申请信息."""
    user, draft, chosen = _begun(draft_id)
    form = formjs.load(definitions.live("order").form("order/apply"))
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            draft.details = form.read(request.form, request.files)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            with transaction():
                drafts.keep(user, draft)
            return redirect(url_for(".institution", draft_id=draft_id))
    page = render_template(
        "orders/apply_details.html",
        draft=draft,
        lot=chosen,
        form=form,
        values=draft.details or _first_values(user, chosen),
        errors=errors,
    )
    return (page, 422) if errors else page


@bp.route("/<draft_id>/institution", methods=["GET", "POST"])
def institution(draft_id: str) -> Page:
    """(3) 自主选择出函机构: prices side by side, no default, nobody ranked."""
    user, draft, chosen = _begun(draft_id)
    if not draft.details:
        return redirect(url_for(".details", draft_id=draft_id))
    offers = quoting.offers(chosen, draft.product_type, draft.details["amount"])
    error = ""
    if request.method == "POST":
        picked = next((o for o in offers if o.product.code == request.form.get("product") and not o.refused), None)
        if picked is not None:
            draft.product, draft.premium = picked.product.code, picked.premium
            with transaction():
                drafts.keep(user, draft)
            return redirect(url_for(".submit", draft_id=draft_id))
        error = _("请选择出函机构")
    page = render_template(
        "orders/apply_institution.html", draft=draft, lot=chosen, offers=offers, error=error, rate=quoting.rate_shown
    )
    return (page, 422) if error else page


@bp.route("/<draft_id>/submit", methods=["GET", "POST"])
def submit(draft_id: str) -> Page:
    """(4) 提交保函申请: check, accept the terms, send."""
    user, draft, chosen = _begun(draft_id)
    if not draft.product:
        return redirect(url_for(".institution", draft_id=draft_id))
    offer = quoting.offer(chosen, institutions.product(draft.product), draft.details["amount"])
    errors: dict[str, str] = {}
    refused = offer.refused
    if offer.premium != draft.premium and not refused:
        draft.premium = offer.premium
        with transaction():
            drafts.keep(user, draft)
        flash(_("保费已更新为 %(premium)s，请重新确认", premium=money.shown(offer.premium)), "act")
    elif request.method == "POST" and not refused:
        if request.form.get("terms") != "true":
            errors["terms"] = _("请阅读并同意产品条款")
        else:
            try:
                no = retrying(lambda: _place(user, draft, chosen, offer))
            except Conflict as conflict:
                refused = conflict.message
            else:
                flash(_("提交成功"))
                return redirect(url_for("orders.detail", no=no))
    form = formjs.load(definitions.live("order").form("order/apply"))
    page = render_template(
        "orders/apply_submit.html",
        draft=draft,
        lot=chosen,
        offer=offer,
        shown=form.shown(draft.details, masked=True),
        errors=errors,
        refused=refused,
        rate=quoting.rate_shown,
        valid_to=_ends(chosen),
    )
    return (page, 409 if refused else 422) if (errors or refused) else page


@bp.post("/<draft_id>/drop")
def drop(draft_id: str) -> BaseResponse:
    with transaction():
        drafts.drop(current_user(), draft_id)
    return redirect(url_for(".types"))


def _place(user: User, draft: Draft, lot: Lot, offer: Offer) -> str:
    who = identity(user)
    told = draft.details
    with transaction():
        no = numbering.next_number("DD")
        runtime.start(
            "order",
            key=no,
            data={},
            by=user.actor,
            institution=offer.product.institution.code,
            secret={
                "lot_no": lot.no,
                "institution": offer.product.institution.code,
                "product": offer.product.code,
                "bidder_id": user.entity_id,
                "bidder_name": who.name,
                "bidder_uscc": who.uscc,
                "handler": {
                    "name": told["handler_name"],
                    "id_no": told["handler_id_no"],
                    "phone": told["handler_phone"],
                },
                "amount": told["amount"],
                "premium": offer.premium,
                "valid_from": clock.now().isoformat(),
                "valid_to": _ends(lot).isoformat(),
                "bid_validity_days": lot.bid_validity_days,
                "region": lot.region,
                "terms_sha256": offer.product.terms_sha256,
            },
        )
        drafts.drop(user, draft.id)
    return no


def _begun(draft_id: str) -> tuple[User, Draft, Lot]:
    user = current_user()
    draft = drafts.get(user, draft_id)
    return user, draft, projects.get(draft.lot_no)


def _first_values(user: User, lot: Lot) -> dict[str, Any]:
    """The handler the login platform knows, and the bond the tender asks for."""
    handler = identity(user).handler
    return {
        "handler_name": handler.get("name", ""),
        "handler_id_no": handler.get("id_no", ""),
        "handler_phone": handler.get("phone", ""),
        "amount": lot.bond_fen,
    }


def _ends(lot: Lot) -> Any:
    """No earlier than the bid deadline plus the bids' validity (招标投标法实施条例 art. 26)."""
    return lot.bid_deadline + clock.days(lot.bid_validity_days)


def _kind(code: str) -> Any:
    found = next((kind for kind in catalogue.product_types() if kind.code == code), None)
    if found is None:
        raise BadInput(_("请选择保函产品类型"))
    return found
