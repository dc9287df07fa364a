"""验收报告: who was tested when, and what came of it; failures first."""

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import institutions
from app.acceptance import patrol
from app.acceptance.checks import Outcome
from app.acceptance.models import Cause, Run, RunState
from app.acceptance.subject import find, tally
from app.accounts.user import current_user
from app.db import db, retrying, transaction
from app.errors import AppError
from app.institutions import Institution

bp = Blueprint("acceptance", __name__, url_prefix="/acceptance")
PER_PAGE = 50
Page = str | BaseResponse


@bp.get("/")
def index() -> str:
    """The latest runs; of one institution, or by their result."""
    code, state = request.args.get("institution", "").strip().upper()[:40], request.args.get("state", "")
    query = select(Run)
    if code:
        query = query.where(Run.institution == code)
    if state in set(RunState):
        query = query.where(Run.state == state)
    found = db.paginate(query.order_by(Run.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    names = {one.code: one.name for one in db.session.scalars(select(Institution))}
    states = [("", _("全部"), None), *((one.value, _(one.label), None) for one in RunState)]
    return render_template(
        "acceptance/index.html", found=found, names=names, states=states, causes=_causes(), code=code,
        institution=institutions.find(code) if code else None, seconds=seconds, tally=tally, state_of=RunState,
    )  # fmt: skip


@bp.get("/<no>")
def report(no: str) -> Page:
    """One run; asked with X-Fragment it answers the inner part alone, if it changed."""
    run = find(no)
    by: dict[str, list[object]] = {outcome.value: [] for outcome in Outcome}
    for one in run.checks:
        by[one.outcome].append(one)
    shown = {
        "run": run, "by": by, "institution": institutions.get(run.institution), "tally": tally(run),
        "state_of": RunState, "causes": _causes(), "seconds": seconds,
    }  # fmt: skip
    if "X-Fragment" not in request.headers:
        return render_template("acceptance/report.html", **shown)
    answer = Response(render_template("acceptance/found.html", **shown))
    answer.add_etag()
    return answer.make_conditional(request)


@bp.post("/institutions/<code>")
def again(code: str) -> BaseResponse:
    """Have it made now."""
    by = current_user().actor

    def edge() -> None:
        with transaction():
            patrol.demand(code, by=by)

    try:
        retrying(edge)
    except AppError as refused:
        flash(refused.message, "stop")
    else:
        flash(_("已开始接口验收，一般几分钟内完成。"))
    return redirect(url_for(".index", institution=code), 303)


def _causes() -> dict[str, str]:
    return {one.value: _(one.label) for one in Cause}


def seconds(run: Run) -> str:
    """How long it took."""
    if run.ended_at is None:
        return "–"
    return _("%(n)d 秒", n=round((run.ended_at - run.started_at).total_seconds()))
