"""Incidents: the shape on the drawing, the error, and the four ways on: retry, edit, answer by hand, settled."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import current_user
from app.db import db, retrying, transaction
from app.desk import incidents as listed
from app.desk import kinds
from app.desk.queue_views import state_answer, waited
from app.errors import AppError, BadInput, NotFound
from app.runtime import incidents
from app.runtime.models import Incident
from app.runtime.way import way

bp = Blueprint("incidents", __name__, url_prefix="/desk/incidents")
Answer = BaseResponse | str | tuple[str, int]


@bp.get("/")
def index() -> str:
    filters = listed.Filters.of(request.args)
    found = listed.page(filters)
    titles = kinds.titles(sorted(set(found.policies) | ({filters.policy} - {""})))
    return render_template(
        "desk/incidents.html",
        found=found,
        filters=filters,
        titles=titles,
        statuses=_statuses(found.statuses),
        policies=[("", _("全部"), sum(found.policies.values())), *_named(found.policies, titles)],
        page=min(filters.page, found.pages),
        waited=waited,
    )


@bp.get("/<int:incident_id>")
def detail(incident_id: int) -> Answer:
    return _page(_of(incident_id))


@bp.get("/<int:incident_id>/state.json")
def case_state(incident_id: int) -> BaseResponse:
    found = listed.detail(_of(incident_id))
    if found.instance is None:
        raise NotFound(_("该异常不在流程图上"))
    return state_answer(found.instance)


@bp.post("/<int:incident_id>/retry")
def retry(incident_id: int) -> Answer:
    """Do the failed work again as it is."""
    return _act(incident_id, lambda _found, by: incidents.retry(incident_id, by=by), _("已重试"))


@bp.post("/<int:incident_id>/amend")
def amend(incident_id: int) -> Answer:
    """Correct what the call says, then do it again."""

    def act(found: listed.Detail, by: Any) -> None:
        payload = listed.result(request.form.get("payload", ""), found.operation, field="payload")
        incidents.amend(incident_id, payload, by=by, note=_note("amend_note"))

    return _act(incident_id, act, _("已更正并重试"))


@bp.post("/<int:incident_id>/skip")
def skip(incident_id: int) -> Answer:
    """Answer for the outside by hand; the case goes on with it."""

    def act(found: listed.Detail, by: Any) -> None:
        answer = listed.result(request.form.get("result", ""), found.operation, field="result")
        incidents.skip(incident_id, answer, by=by, note=_note("skip_note"))

    return _act(incident_id, act, _("已按填写的结果继续"))


@bp.post("/<int:incident_id>/resolve")
def resolve(incident_id: int) -> Answer:
    """It was dealt with elsewhere."""
    return _act(
        incident_id,
        lambda _found, by: incidents.resolve(incident_id, by=by, note=_note("resolve_note")),
        _("已标记为已解决"),
    )


def _statuses(counts: dict[str, int]) -> list[tuple[str, str, int]]:
    words = {"retried": _("已重试"), "skipped": _("已跳过"), "resolved": _("已解决")}
    rest = [(code, word, counts.get(code, 0)) for code, word in words.items()]
    return [("", _("待处理"), counts.get("open", 0)), *rest, ("all", _("全部"), sum(counts.values()))]


def _named(counts: dict[str, int], titles: dict[str, str]) -> list[tuple[str, str, int]]:
    return [(policy, titles[policy], counts.get(policy, 0)) for policy in titles if policy]


def _of(incident_id: int) -> Incident:
    found = db.session.get(Incident, incident_id)
    if found is None:
        raise NotFound(_("没有这个异常"))
    return found


def _note(name: str) -> str:
    note = request.form.get(name, "").strip()
    if not note:
        raise BadInput(fields={name: _("请输入处理说明")})
    return note[:500]


def _act(incident_id: int, act: Callable[[listed.Detail, Any], None], done: str) -> Answer:
    user = current_user()

    def edge() -> None:
        with transaction():
            act(listed.detail(_of(incident_id)), user.actor)

    try:
        retrying(edge)
    except AppError as refused:
        fields = refused.fields if isinstance(refused, BadInput) else {}
        return _page(_of(incident_id), message=refused.message, errors=fields, status=refused.status)
    flash(done)
    return redirect(url_for("incidents.detail", incident_id=incident_id), 303)


def _page(incident: Incident, *, message: str = "", errors: dict[str, str] | None = None, status: int = 200) -> Answer:
    found = listed.detail(incident)
    page = render_template(
        "desk/incident.html",
        found=found,
        incident=incident,
        title=kinds.title(incident.policy) if incident.policy else "",
        way=way(found.instance, remarks=True) if found.instance is not None else [],
        message=message,
        errors=errors or {},
        sent=request.form,
        attempt=(request.endpoint or "").rpartition(".")[2],
    )
    return page, status
