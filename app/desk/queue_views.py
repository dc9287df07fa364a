"""The queue and the decision page: claim, decide, and the next case is there."""

from collections.abc import Callable
from typing import Any, TypeVar

import orjson
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import audit, clock, files, formjs, regions, runtime
from app.accounts import User, current_user
from app.db import db, retrying, transaction
from app.desk import cases, kinds, queue
from app.desk.queue import Filters
from app.errors import AppError, BadInput, NotFound
from app.runtime import answers, definitions, engine, incidents, timeline
from app.runtime.models import History, Instance, UserTask

bp = Blueprint("desk", __name__, url_prefix="/desk")
T = TypeVar("T")
Answer = BaseResponse | str | tuple[str, int]


@bp.get("/")
def index() -> Answer:
    """The group's queue; asked with X-Fragment it answers the rows alone, if they changed."""
    user, filters = current_user(), Filters.of(request.args)
    found = queue.page(user, filters)
    titles = kinds.titles(sorted({tally.kind for tally in found.tallies} | ({filters.kind} - {""})))
    places = sorted({tally.region for tally in found.tallies if tally.region} | ({filters.region} - {""}))
    names = {
        "kind": titles,
        "region": {code: regions.name(code) for code in places},
        "held": {"mine": _("我领取的"), "free": _("未领取"), "others": _("他人办理")},
        "due": {"over": _("已超时"), "today": _("今天到期")},
    }
    shown = {
        "found": found,
        "filters": filters,
        "titles": titles,
        "facets": queue.facets(found, filters, names),
        "waited": waited,
        "page": min(filters.page, found.pages),
    }
    if "X-Fragment" not in request.headers:
        return render_template("desk/index.html", **shown)
    answer = Response(render_template("desk/rows.html", **shown))
    answer.add_etag()
    return answer.make_conditional(request)


@bp.get("/next")
def following() -> Answer:
    """The most urgent task of this view that is free or one's own."""
    filters = Filters.of(request.args)
    return _onward(current_user(), filters)


@bp.get("/tasks/<int:task_id>")
def task(task_id: int) -> Answer:
    found = queue.find(current_user(), task_id)
    return _page(found) if found is not None else _gone()


@bp.post("/tasks/<int:task_id>")
def complete(task_id: int) -> Answer:
    """Decide. What was typed comes back with every refusal, whoever's fault it is."""
    user, filters = current_user(), Filters.of(request.args)
    found = queue.find(user, task_id)
    if found is None:
        return _gone()
    instance = db.session.get_one(Instance, found.instance_id)
    form = answers.form_of(found, instance)
    try:
        answer = form.read(request.form, request.files, ctx=answers.facts(instance)) if form is not None else {}
    except BadInput as wrong:
        return _page(found, errors=wrong.fields, status=wrong.status)
    name, place = found.name, (found.policy, found.key)
    db.session.rollback()
    sent = answers.written(answer)

    def decide() -> None:
        data, secret = answers.parted(form, sent) if form is not None else ({}, {})
        runtime.complete(task_id, data, by=user.actor, secret=secret)
        audit.record(place[1], f"办理：{name}", by=user.actor)

    try:
        _edge(decide)
    except engine.Stuck as stuck:
        answers.dropped(sent)
        incidents.raise_for(*place, stuck, kind="step")
        return _again(
            user, task_id, _("流程暂时无法继续，已通知业务运营处理。您填写的内容没有丢失，请稍后再提交。"), 503
        )
    except AppError as refused:
        answers.dropped(sent)
        return _again(user, task_id, refused.message, refused.status)
    flash(_("已办理：%(name)s %(no)s", name=name, no=place[1]))
    return _onward(user, filters, but=task_id)


@bp.post("/tasks/<int:task_id>/claim")
def claim(task_id: int) -> Answer:
    return _hold(task_id, lambda user: runtime.claim(task_id, by=user.actor), "领取")


@bp.post("/tasks/<int:task_id>/release")
def release(task_id: int) -> Answer:
    return _hold(task_id, lambda user: runtime.release(task_id, by=user.actor), "退回")


@bp.post("/tasks/<int:task_id>/reveal/<key>")
def reveal(task_id: int, key: str) -> Any:
    """Show one personal value in this one answer; the showing is audited."""
    user = current_user()
    found = _own(user, task_id)
    personal = cases.Handed(db.session.get_one(Instance, found.instance_id), task_id).personal(key)
    if personal is None:
        raise NotFound(_("没有登记该信息"))
    label, value = personal
    with transaction():
        audit.record(f"desk:{found.key}", f"查看个人信息：{label}", by=user.actor)
    if request.accept_mimetypes.best == "application/json":
        return {"value": value}
    return _page(found, revealed={request.path: value})


@bp.get("/tasks/<int:task_id>/files/<int:file>")
def document(task_id: int, file: int) -> BaseResponse:
    """A document handed in with the case."""
    user = current_user()
    found = _own(user, task_id)
    if not cases.Handed(db.session.get_one(Instance, found.instance_id), task_id).holds(file):
        raise NotFound(_("没有找到该文件"))
    with transaction():
        audit.record(f"desk:{found.key}", "查看附件", by=user.actor, file=file)
    row = files.row_of(file)
    kind = {"application/pdf": "pdf", "application/zip": "zip", "image/png": "png"}.get(row.media_type, "jpg")
    headers = {"Content-Disposition": f'attachment; filename="{found.key}-{file}.{kind}"'}
    return Response(files.read(file), mimetype=row.media_type, headers=headers)


@bp.get("/tasks/<int:task_id>/state.json")
def case_state(task_id: int) -> BaseResponse:
    """Where the case stands, for the live drawing."""
    found = _own(current_user(), task_id)
    return state_answer(db.session.get_one(Instance, found.instance_id))


@bp.get("/drawings/<int:version>.bpmn")
def drawing(version: int) -> BaseResponse:
    """A published drawing; it never changes."""
    answer = Response(definitions.get(version).files["process.bpmn"], mimetype="application/xml")
    answer.cache_control.private = True
    answer.cache_control.max_age = 86400
    return answer


def state_answer(instance: Instance) -> BaseResponse:
    """Where the case stands; 304 while that has not changed."""
    seen = timeline.tag(instance.policy, instance.key)
    if request.if_none_match.contains(seen):
        answer = Response(status=304)
    else:
        answer = Response(orjson.dumps(timeline.path(instance.policy, instance.key)), mimetype="application/json")
    answer.set_etag(seen)
    return answer


def _own(user: User, task_id: int) -> UserTask:
    found = queue.find(user, task_id)
    if found is None:
        abort(404)
    return found


def _hold(task_id: int, act: Callable[[User], object], word: str) -> Answer:
    user = current_user()
    found = queue.find(user, task_id)
    if found is None:
        return _gone()
    key, name = found.key, found.name

    def edge() -> None:
        act(user)
        audit.record(f"desk:{key}", f"{word}：{name}", by=user.actor)

    try:
        _edge(edge)
    except AppError as refused:
        return _again(user, task_id, refused.message, refused.status)
    return redirect(url_for("desk.task", task_id=task_id, **Filters.of(request.args).address), 303)


def _edge(act: Callable[[], T]) -> T:
    def once() -> T:
        with transaction():
            return act()

    return retrying(once)


def _onward(user: User, filters: Filters, *, but: int | None = None) -> BaseResponse:
    """To the next case of this view, or back to the queue when it is empty."""
    after = queue.following(user, filters, but=but)
    if after is None:
        if but is not None:
            flash(_("此列表中没有更多待办"), "info")
        return redirect(url_for("desk.index", **filters.address), 303)
    return redirect(url_for("desk.task", task_id=after, **filters.address), 303)


def _again(user: User, task_id: int, message: str, status: int) -> Answer:
    """The same page with what stands in the way, or the news that somebody else was faster."""
    db.session.rollback()
    db.session.expire_all()
    found = queue.find(user, task_id)
    return _page(found, message=message, status=status) if found is not None else _gone()


def _page(
    found: UserTask,
    *,
    errors: dict[str, str] | None = None,
    message: str = "",
    revealed: dict[str, str] | None = None,
    status: int = 200,
) -> Answer:
    user, filters = current_user(), Filters.of(request.args)
    case = cases.case_of(found, user)
    page = render_template(
        "desk/task.html",
        case=case,
        task=found,
        form=answers.form_of(found, case.instance),
        ctx=answers.facts(case.instance),
        sent=request.form if request.method == "POST" and request.endpoint == "desk.complete" else None,
        errors=errors or {},
        message=message,
        revealed=revealed or {},
        filters=filters,
        mine=found.assignee == user.ref,
        waited=waited,
    )
    return page, status


def _gone() -> Answer:
    """Somebody else decided it, or the case went on by itself: say who and when, and give back what was typed."""
    user, filters = current_user(), Filters.of(request.args)
    typed, line = [], None
    instance = _of_the_form(user)
    if instance is not None:
        line = db.session.scalar(
            db.select(History)
            .where(History.instance_id == instance.id, History.element == request.form.get("element", ""))
            .order_by(History.id.desc())
            .limit(1)
        )
        form = formjs.load(definitions.get(instance.version_id).form(request.form.get("form", "")))
        typed = [(f.name, request.form[f.key]) for f in form.fields if request.form.get(f.key)]
    after = queue.following(user, filters)
    page = render_template(
        "desk/gone.html", typed=typed, line=line, filters=filters, following=after, key=request.form.get("key", "")
    )
    return page, 409 if request.method == "POST" else 404


def _of_the_form(user: User) -> Instance | None:
    """The case the posted page was about, if it is one of the user's regions or institution."""
    instance = db.session.scalar(
        db.select(Instance).where(
            Instance.policy == request.form.get("policy", ""), Instance.key == request.form.get("key", "")
        )
    )
    if instance is None or not (user.covers(instance.region) or user.institution == instance.institution != ""):
        return None
    return instance


def waited(since: Any) -> str:
    """How long something has been waiting, in its largest unit."""
    minutes = int((clock.now() - since).total_seconds() // 60)
    if minutes < 60:
        return _("%(n)d 分钟", n=max(0, minutes))
    if minutes < 60 * 48:
        return _("%(n)d 小时", n=minutes // 60)
    return _("%(n)d 天", n=minutes // (60 * 24))
