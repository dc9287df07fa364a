"""我的保函 (manual 5.3), 查看保函, 点击下载; 保函查验 for everybody."""

from typing import Any

import segno
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import files, institutions, projects
from app.accounts.access import predicate
from app.accounts.roles import Role
from app.accounts.user import User, current_user
from app.audit import record
from app.db import db, transaction
from app.errors import NotFound
from app.guarantees import acts, documents, secrets, verification
from app.guarantees.models import Guarantee, GuaranteeState, Lapse
from app.orders.secrets import bidder_index
from app.runtime import timeline

bp = Blueprint("guarantees", __name__, url_prefix="/guarantees")
verify_bp = Blueprint("verification", __name__)
PER_PAGE = 20
S = GuaranteeState


@predicate("own_guarantee")
def own_guarantee(user: User, no: str, **_: object) -> bool:
    return secrets.find(no).bidder_index == bidder_index(user.entity_id)


@bp.get("/")
def index() -> str | BaseResponse:
    """A bidder's own; a tenderer's stand lot by lot."""
    user, state = current_user(), request.args.get("state", "")
    if user.role != Role.BIDDER:
        return redirect(url_for("favour.index"))
    query = select(Guarantee).where(Guarantee.bidder_index == bidder_index(user.entity_id))
    if state in set(S):
        query = query.where(Guarantee.state == state)
    found = db.paginate(query.order_by(Guarantee.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    options = [(s.value, _(s.label), None) for s in S]
    return render_template("guarantees/index.html", found=found, rows=[_row(g) for g in found.items], options=options)


@bp.get("/of/<order_no>")
def of_order(order_no: str) -> BaseResponse:
    guarantee = secrets.of_order(order_no)
    if guarantee is None:
        raise NotFound(_("该订单还没有保函"))
    return redirect(url_for(".detail", no=guarantee.no))


@bp.get("/<no>")
def detail(no: str) -> str:
    """查看保函."""
    guarantee = secrets.find(no)
    return render_template(
        "guarantees/detail.html",
        **_row(guarantee),
        documents=documents.held(guarantee),
        entries=timeline.of("guarantee", no),
        acts=acts.of(current_user(), no),
        code=segno.make(_verify_url(guarantee), error="m").svg_data_uri(scale=4, border=2),
        verify_url=_verify_url(guarantee),
    )


@bp.get("/<no>/file")
def file(no: str) -> Response:
    """点击下载: the signed PDF as it was received; the newest, or `document`, an earlier one's number."""
    held, wanted = documents.held(secrets.find(no)), request.args.get("document", type=int)
    stored = next((one.file for one in held if wanted in (None, one.file.id)), None)
    if stored is None:
        raise NotFound(_("没有找到该文件"))
    with transaction():
        record(no, "下载保函", by=current_user().actor)
    answer = Response(files.read(stored.id), mimetype=stored.media_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{no}.pdf"'
    answer.content_length = stored.size
    return answer


@verify_bp.get("/verify")
def verify() -> str | tuple[str, int] | tuple[str, int, dict[str, str]]:
    """保函查验: by number and verification code. Before opening: only whether it exists, and its state."""
    no, code = request.args.get("no", "").strip()[:64], request.args.get("code", "").strip()[:64]
    asked = bool(no and code)
    if asked and not verification.may_ask(request.remote_addr or ""):
        page = render_template("guarantees/verify.html", no=no, code=code, too_many=True)
        return page, 429, {"Retry-After": "1"}
    found = verification.look_up(no, code) if asked else None
    page = render_template("guarantees/verify.html", no=no, code=code, asked=asked, found=found)
    return (page, 404) if asked and found is None else page


def _row(guarantee: Guarantee) -> dict[str, Any]:
    content = secrets.content(guarantee)
    return {
        "guarantee": guarantee,
        "state": S(guarantee.state),  # type: ignore[call-arg]
        "lapse": Lapse(guarantee.lapse).label if guarantee.lapse else "",  # type: ignore[call-arg]
        "content": content,
        "lot": projects.get(content.lot_no),
        "institution": institutions.get(guarantee.institution),
    }


def _verify_url(guarantee: Guarantee) -> str:
    query = url_for("verification.verify", no=guarantee.no, code=guarantee.verify_code)
    return f"{current_app.config['PUBLIC_URL']}{query}"
