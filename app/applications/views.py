"""申请延期, 申请退保, 申请注销 (manual 5.3.2–5.3.4): the form, the record, the way so far."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from werkzeug.wrappers import Response as BaseResponse

from app import files, formjs, institutions, numbering, projects, runtime
from app.accounts.access import predicate
from app.accounts.roles import Role
from app.accounts.user import User, current_user, identity
from app.applications import allowed, drafts, records, secrets
from app.applications.models import OPEN, PREFIX, Application, ApplicationState, Kind
from app.applications.panel import answers as answers_of
from app.applications.panel import papers
from app.applications.subject import GuaranteeFacts, reasons
from app.audit import record
from app.db import db, retrying, transaction
from app.errors import BadInput, Conflict, NotFound
from app.guarantees import favour
from app.guarantees import secrets as guarantees
from app.guarantees.acts import Act
from app.guarantees.views import own_guarantee
from app.runtime import answers, definitions, timeline
from app.runtime.models import UserTask
from app.web import attached

bp = Blueprint("applications", __name__, url_prefix="/applications")
apply_bp = Blueprint("apply", __name__, url_prefix="/guarantees")
PER_PAGE = 20
Page = str | BaseResponse | tuple[str, int]
Told = tuple[dict[str, Any], list[dict[str, Any]]]
TITLES = {Kind.EXTENSION: "申请延期", Kind.REFUND: "申请退保", Kind.CANCELLATION: "申请注销", Kind.CLAIM: "申请理赔"}
OF_BIDDER = (Kind.EXTENSION, Kind.REFUND, Kind.CANCELLATION)
CONFIRMED = frozenset({Kind.CLAIM})
"""Looked over once more before they are sent."""


@predicate("own_application")
def own_application(user: User, no: str, **_: object) -> bool:
    """One's own; a claim is also its tenderer's, whoever files it."""
    application = secrets.find(no)
    if application.applicant_index == secrets.applicant_index(user.entity_id):
        return True
    return application.kind == Kind.CLAIM and favour.in_favour(user, application.guarantee_no)


@predicate("its_application")
def its_application(user: User, no: str, **_: object) -> bool:
    """Of the institution that is to decide on it."""
    return user.institution != "" and secrets.find(no).institution == user.institution


@predicate("may_apply")
def may_apply(user: User, no: str, kind: str, **_: object) -> bool:
    if kind == Kind.CLAIM:
        return user.role in (Role.TENDERER, Role.TENDER_AGENT) and favour.may_claim(user, no)
    return user.role == Role.BIDDER and own_guarantee(user, no)


@apply_bp.route("/<no>/apply/<kind>", methods=["GET", "POST"])
def new(no: str, kind: str) -> Page:
    """The form of an application, if the live table says that it may be sent; else why not."""
    chosen = _kind(kind)
    verdict = allowed.verdict(no, chosen)
    form = formjs.load(definitions.live(chosen.value).form(f"{chosen.value}/apply"))
    ctx = {**_facts(no), "reasons": reasons(chosen.value)}
    errors: dict[str, str] = {}
    refused = ""
    if request.method == "POST" and verdict.open:
        try:
            told = form.read(request.form, request.files, ctx=ctx)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            sent = answers.written(told)
            if chosen in CONFIRMED:
                draft = retrying(lambda: _keep(no, form, sent))
                return redirect(url_for(".confirm", no=no, kind=kind, draft=draft))
            try:
                number = retrying(lambda: _send(chosen, no, lambda: _parted(form, sent)))
            except Conflict as conflict:
                answers.dropped(sent)
                refused, verdict = conflict.message, allowed.verdict(no, chosen)
            else:
                flash(_("提交成功"))
                return redirect(url_for("applications.detail", no=number))
    page = render_template(
        "applications/new.html",
        kind=chosen,
        title=TITLES[chosen],
        form=form,
        ctx=ctx,
        errors=errors,
        refused=refused,
        verdict=verdict,
        values=allowed.prefilled(no, chosen),
        sent=request.form if request.method == "POST" else None,
        **_guarantee(no),
    )
    closed = request.method == "POST" and (refused or not verdict.open)
    return (page, 409 if closed else 422 if errors else 200)


@apply_bp.route("/<no>/apply/<kind>/<draft>", methods=["GET", "POST"])
def confirm(no: str, kind: str, draft: str) -> Page:
    """以下信息提交后将无法修改, 请再次确认后提交 (manual 6)."""
    chosen, kept = _kind(kind), drafts.get(draft, guarantee_no=no, user=current_user())
    form = formjs.load(definitions.live(chosen.value).form(f"{chosen.value}/apply"))
    verdict, refused = allowed.verdict(no, chosen), ""
    if request.method == "POST":
        try:
            number = retrying(lambda: _send(chosen, no, lambda: (kept.said, kept.papers), draft=draft))
        except Conflict as conflict:
            refused, verdict = conflict.message, allowed.verdict(no, chosen)
        else:
            flash(_("提交成功"))
            return redirect(url_for("applications.detail", no=number))
    page = render_template(
        "applications/confirm.html",
        kind=chosen,
        title=TITLES[chosen],
        said=form.shown(kept.said, {**_facts(no), "reasons": reasons(chosen.value)}),
        papers=kept.papers,
        refused=refused,
        verdict=verdict,
        **_guarantee(no),
    )
    return (page, 409 if refused else 200)


@bp.get("/")
def index() -> str:
    """延期记录, 退保记录, 注销记录, 理赔记录: one's own, the newest first."""
    user, kind = current_user(), request.args.get("kind", "")
    chosen = Kind(kind) if kind in set(Kind) else None  # type: ignore[call-arg]
    query = select(Application).where(Application.applicant_index == secrets.applicant_index(user.entity_id))
    if chosen is not None:
        query = query.where(Application.kind == chosen.value)
    found = db.paginate(query.order_by(Application.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    return render_template(
        "applications/index.html",
        title=records.TITLES[chosen] if chosen is not None else _("申请记录"),
        found=found,
        chosen=chosen,
        labels=records.labels(chosen) if chosen is not None else [],
        cells=records.cells(chosen, found.items) if chosen is not None else {},
        paid=records.paid,
        options=[(one.value, _(records.TITLES[one]), None) for one in records.kinds_of(user)],
        kinds={one.value: one.label for one in Kind},
    )


@bp.get("/<no>")
def detail(no: str) -> str:
    return render_template("applications/detail.html", **_case(no))


@bp.get("/<no>/live")
def live(no: str) -> BaseResponse:
    """The part of the detail page that changes by itself; answers 304 while it has not."""
    answer = Response(render_template("applications/live.html", **_case(no)))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


@bp.get("/<no>/diagram.bpmn")
def diagram(no: str) -> BaseResponse:
    return Response(timeline.drawing(secrets.find(no).kind, no), mimetype="application/xml")


@bp.get("/<no>/path.json")
def path(no: str) -> BaseResponse:
    answer = jsonify(timeline.path(secrets.find(no).kind, no))
    answer.set_etag(hashlib.sha256(answer.get_data()).hexdigest()[:32])
    return answer.make_conditional(request)


@bp.get("/<no>/papers/<int:file>")
def paper(no: str, file: int) -> BaseResponse:
    """A document handed in with the application."""
    found = next((one for one in secrets.content(secrets.find(no)).papers if one["file"] == file), None)
    if found is None:
        raise NotFound(_("没有找到该文件"))
    with transaction():
        record(f"desk:{no}", "查看附件", by=current_user().actor, file=file)
    return attached(Response(files.content(file), mimetype=files.row_of(file).media_type), found["name"])


@bp.route("/<no>/tasks/<int:task_id>", methods=["GET", "POST"])
def task(no: str, task_id: int) -> Page:
    """What the diagram asks of the applicant (退回补正, say)."""
    application = secrets.find(no)
    row = db.session.get(UserTask, task_id)
    if row is None or row.key != no or row.role != current_user().role.value:
        raise Conflict(_("该事项已被处理，请查看最新状态"))
    version = definitions.get(runtime.instance_of(application.kind, no).version_id)
    form = formjs.load(version.form(row.form))
    ctx = {**_facts(application.guarantee_no), "reasons": reasons(application.kind)}
    errors: dict[str, str] = {}
    if request.method == "POST":
        try:
            told = form.read(request.form, request.files, ctx=ctx)
        except BadInput as wrong:
            errors = wrong.fields
        else:
            sent = answers.written(told)
            retrying(lambda: _resend(task_id, form, sent))
            flash(_("提交成功"))
            return redirect(url_for(".detail", no=no))
    values = secrets.content(application).said
    page = render_template(
        "applications/task.html", task=row, form=form, ctx=ctx, values=values, errors=errors, **_case(no)
    )
    return (page, 422) if errors else page


def _keep(guarantee_no: str, form: formjs.Form, sent: dict[str, Any]) -> str:
    """What is to be confirmed; the draft's id."""
    with transaction():
        said, papers = _parted(form, sent)
        return drafts.keep(guarantee_no, drafts.Draft(said, papers), user=current_user())


def _send(kind: Kind, guarantee_no: str, told: Callable[[], Told], draft: str = "") -> str:
    """`told`, asked inside the transaction, gives the answers and papers. Raises Conflict."""
    user = current_user()
    who = identity(user)
    with transaction():
        said, papers = told()
        no = numbering.next_number(PREFIX[kind])
        guarantee = guarantees.find(guarantee_no)
        runtime.start(
            kind.value,
            key=no,
            data={"papers": papers},
            by=user.actor,
            institution=guarantee.institution,
            secret={
                "guarantee_no": guarantee_no,
                "applicant_id": user.entity_id,
                "applicant_name": who.name,
                "applicant_uscc": who.uscc,
                "phone": who.handler.get("phone", ""),
                "said": said,
                "papers": papers,
                **said,
            },
        )
        if draft:
            drafts.drop(draft)
    return no


def _resend(task_id: int, form: formjs.Form, sent: dict[str, Any]) -> None:
    with transaction():
        said, papers = _parted(form, sent)
        runtime.complete(task_id, {}, by=current_user().actor, secret={"said": said, "papers": papers})


def _parted(form: formjs.Form, sent: dict[str, Any]) -> Told:
    """(answers, papers): nothing an applicant writes is process data; files are named by their numbers."""
    data, secret = answers.parted(form, sent)
    papers: list[dict[str, Any]] = []
    for one in form.fields:
        if one.type == "filepicker":
            names = secret.pop(f"{one.key}_names", [])
            papers += [{**kept, "name": name} for kept, name in zip(data.pop(one.key, []), names, strict=True)]
    return {**data, **secret}, papers


def offers(user: User, guarantee_no: str) -> list[Act]:
    """What the guarantee's page offers its bidder or its tenderer, and why not."""
    kinds = OF_BIDDER if user.role == Role.BIDDER else (Kind.CLAIM,) if favour.may_claim(user, guarantee_no) else ()
    published = [kind for kind in kinds if definitions.is_live(kind.value)]
    return [_act(guarantee_no, kind) for kind in published]


def _act(guarantee_no: str, kind: Kind) -> Act:
    """A guarantee that is too short is said to be so, above everything else."""
    verdict = allowed.verdict(guarantee_no, kind)
    days = GuaranteeFacts(guarantee_no).lot()["gap_days"] if kind == Kind.EXTENSION and verdict.open else 0
    urgent = _("保函有效期缺 %(days)s 天，不能覆盖变更后的投标有效期", days=days) if days else ""
    return Act(TITLES[kind], url_for("apply.new", no=guarantee_no, kind=kind.value), verdict, urgent)


def _kind(name: str) -> Kind:
    if name not in {one.value for one in Kind}:
        raise NotFound(_("没有这种申请"))
    return Kind(name)  # type: ignore[call-arg]


def _facts(guarantee_no: str) -> dict[str, Any]:
    return {name: read() for name, read in GuaranteeFacts(guarantee_no).readers().items()}


def _guarantee(no: str) -> dict[str, Any]:
    guarantee = guarantees.find(no)
    content = guarantees.content(guarantee)
    return {
        "guarantee": guarantee,
        "content": content,
        "lot": projects.get(content.lot_no),
        "institution": institutions.get(guarantee.institution),
    }


def _case(no: str) -> dict[str, Any]:
    """Everything the page shows of one application."""
    application = secrets.find(no)
    role = current_user().role.value
    tasks = db.session.scalars(select(UserTask).where(UserTask.key == no, UserTask.role == role))
    kind = Kind(application.kind)  # type: ignore[call-arg]
    own = secrets.content(application)
    return {
        "application": application,
        "kind": kind,
        "state": ApplicationState(application.state),  # type: ignore[call-arg]
        "said": answers_of(kind.value, own, masked=True),
        "papers": papers(no, own),
        "tasks": list(tasks),
        "entries": timeline.of(kind.value, no, held=application.state in OPEN),
        "records": records.TITLES[kind],
        **_guarantee(application.guarantee_no),
    }
