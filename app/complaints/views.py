"""在线投诉, 我的投诉, 查看详情 (manual 4.4, 4.5)."""

import hashlib
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as BaseResponse

from app import codes, formjs, numbering, regions, runtime
from app.accounts.access import predicate
from app.accounts.user import User, current_user, identity
from app.complaints import filing
from app.complaints.models import END, Complaint, ComplaintState
from app.db import db, retrying, transaction
from app.errors import BadInput
from app.institutions import Institution, InstitutionState, catalogue
from app.runtime import definitions, timeline

bp = Blueprint("complaints", __name__, url_prefix="/complaints")
PER_PAGE = 20
S = ComplaintState
Page = str | BaseResponse | tuple[str, int]


@predicate("own_complaint")
def own_complaint(user: User, no: str) -> bool:
    return filing.find(no).complainant == filing.complainant(user.entity_id)


@bp.route("/new", methods=["GET", "POST"])
def new() -> Page:
    """在线投诉 (manual 4.4)."""
    user = current_user()
    form = formjs.load(definitions.live("complaint").form("complaint/new"))
    ctx = {"institutions": [(one.code, one.name) for one in complained_of()]}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            said = form.read(request.form, ctx=ctx)
            codes.check(said["phone"], purpose="complaint", code=said["code"])
            no = retrying(lambda: _file(user, said))
        except BadInput as wrong:
            errors = wrong.fields
        else:
            flash(_("提交成功"))
            return redirect(url_for(".detail", no=no))
    handler = identity(user).handler
    values = {
        "institution": request.args.get("institution", ""),
        "name": handler.get("name", ""),
        "phone": handler.get("phone", ""),
    }
    page = render_template("complaints/new.html", form=form, ctx=ctx, values=values, errors=errors)
    return (page, 422) if errors else page


@bp.get("/")
def mine() -> str:
    """我的投诉 (manual 4.5): the newest first; the address keeps the chosen state."""
    user, state = current_user(), request.args.get("state", "")
    owner = Complaint.complainant == filing.complainant(user.entity_id)
    counts = {
        row[0]: row[1]
        for row in db.session.execute(select(Complaint.state, func.count()).where(owner).group_by(Complaint.state))
    }
    query = select(Complaint).where(owner)
    if state in set(S):
        query = query.where(Complaint.state == state)
    found = db.paginate(query.order_by(Complaint.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    return render_template(
        "complaints/mine.html",
        found=found,
        rows=[_row(one) for one in found.items],
        options=[("", _("全部"), sum(counts.values())), *((s.value, _(s.label), counts.get(s.value, 0)) for s in S)],
    )


@bp.get("/<no>")
def detail(no: str) -> str:
    """【查看详情】."""
    return render_template("complaints/detail.html", **_case(no))


@bp.get("/<no>/live")
def live(no: str) -> BaseResponse:
    """The part of the detail page that changes by itself; answers 304 while it has not."""
    answer = Response(render_template("complaints/live.html", **_case(no)))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


def complained_of() -> list[Institution]:
    """Those that are or were 已上线."""
    seen = (InstitutionState.ONLINE, InstitutionState.OFFLINE)
    rows = db.session.scalars(select(Institution).where(Institution.state.in_(seen)).order_by(Institution.name))
    return list(rows)


def _file(user: User, said: dict[str, Any]) -> str:
    with transaction():
        no = numbering.next_number("TS")
        told = {
            "content": said["content"],
            "name": said["name"],
            "phone": said["phone"],
            "company": user.name,
            "entity": user.entity_id,
        }
        runtime.start(
            "complaint",
            key=no,
            data={},
            by=user.actor,
            region=regions.PROVINCE,
            secret={"told": told, "of": said["institution"], "name": said["name"], "phone": said["phone"]},
        )
    return no


def _row(complaint: Complaint) -> dict[str, Any]:
    return {
        "complaint": complaint,
        "state": S(complaint.state),  # type: ignore[call-arg]
        "institution": catalogue.get(complaint.institution),
        "told": filing.told(complaint),
    }


def _case(no: str) -> dict[str, Any]:
    """Everything the page shows of one complaint."""
    complaint = filing.find(no)
    answer = complaint.answer or {}
    return {
        **_row(complaint),
        "answer": answer.get("text", ""),
        "outcome": filing.OUTCOMES.get(answer.get("outcome", ""), ""),
        "entries": timeline.of("complaint", no, held=complaint.state not in END),
    }
