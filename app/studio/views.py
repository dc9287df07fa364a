"""The studio's routes: list, edit, check, save, submit, decide, versions."""

from typing import Any

import orjson
from flask import Blueprint, Response, flash, g, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy.exc import IntegrityError

from app import formjs
from app.accounts import current_user
from app.db import retrying, transaction
from app.errors import BadInput, Conflict, NotFound
from app.runtime import definitions
from app.studio import compare, drafts, folders, pages
from app.studio.catalogue import catalogue
from app.studio.findings import check, errors
from app.studio.folders import Folder

bp = Blueprint("studio", __name__, url_prefix="/studio")


@bp.get("/")
def index() -> str:
    return render_template("studio/index.html", rows=list(pages.rows()))


@bp.get("/<policy>/")
def policy(policy: str) -> str:
    """The editing page; the editors fetch what they edit."""
    g.editor_page = True
    return render_template("studio/policy.html", desk=pages.desk(policy, current_user()))


@bp.get("/<policy>/document")
def document(policy: str) -> Response:
    desk = pages.desk(policy, current_user())
    return jsonify(desk.document(check(desk.folder), catalogue(desk.folder)))


@bp.post("/<policy>/check")
def examine(policy: str) -> Response:
    """What publishing would say to this; nothing is kept."""
    desk = pages.desk(policy, current_user())
    folder = _folder(desk, _body())
    return jsonify(findings=[one.json() for one in check(folder)], catalogue=catalogue(folder))


@bp.post("/<policy>/preview")
def preview(policy: str) -> Response:
    """A form as its readers will see it; what is wrong with it stands in the findings."""
    schema = _body().get("schema")
    try:
        drawn = formjs.load(orjson.loads(schema if isinstance(schema, str) else "")).render()
    except (orjson.JSONDecodeError, formjs.FormError):
        drawn = Markup('<p class="hint">{}</p>').format(_("表单有误，请先按检查结果更正"))
    return jsonify(html=drawn)


@bp.post("/<policy>/draft")
def save(policy: str) -> Response:
    body = _body()
    files = folders.accepted(body.get("files"))
    revision = body.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool):
        raise BadInput(_("缺少草稿的修订号"))
    by = current_user().actor

    def edge() -> dict[str, Any]:
        with transaction():
            draft = drafts.save(policy, files, revision=revision, by=by)
            return {"revision": draft.revision, "stand": definitions.digest(draft.folder)}

    try:
        kept = retrying(edge)
    except IntegrityError as wrong:
        raise Conflict(_("另一人刚刚开始起草，请刷新后再改")) from wrong
    return jsonify(kept)


@bp.get("/<policy>/submit")
def ask(policy: str) -> str:
    """What would change, and a word on why."""
    return _ask(policy)


@bp.post("/<policy>/submit")
def submit(policy: str) -> Any:
    by, note, revision = current_user().actor, request.form.get("words", ""), _revision()
    try:
        with transaction():
            drafts.submit(policy, revision=revision, note=note, by=by)
    except BadInput as wrong:
        return _ask(policy, wrong.fields, note), 422
    flash(_("已提交，等待另一人审批"))
    return redirect(url_for(".policy", policy=policy))


def _ask(policy: str, fields: dict[str, str] | None = None, note: str | None = None) -> str:
    desk = pages.desk(policy, current_user())
    if desk.draft is None:
        raise NotFound(_("没有草稿"))
    before = folders.version_folder(desk.live) if desk.live else Folder(policy, {})
    return render_template(
        "studio/submit.html",
        desk=desk,
        note=desk.draft.note if note is None else note,
        fields=fields or {},
        wrong=errors(check(desk.folder)),
        files=pages.differences(before, desk.folder),
    )


@bp.post("/<policy>/withdraw")
def withdraw(policy: str) -> Any:
    with transaction():
        drafts.withdraw(policy, by=current_user().actor)
    flash(_("已撤回，可以继续修改"))
    return redirect(url_for(".policy", policy=policy))


@bp.post("/<policy>/rebase")
def rebase(policy: str) -> Any:
    with transaction():
        drafts.rebase(policy, by=current_user().actor)
    flash(_("已改以生效版本为基础，请核对差别"))
    return redirect(url_for(".ask", policy=policy))


@bp.get("/<policy>/discard")
def question(policy: str) -> str:
    return render_template("studio/discard.html", desk=pages.desk(policy, current_user()))


@bp.post("/<policy>/discard")
def discard(policy: str) -> Any:
    with transaction():
        drafts.discard(policy, by=current_user().actor)
    flash(_("草稿已放弃"))
    return redirect(url_for(".policy", policy=policy))


@bp.get("/<policy>/review")
def review(policy: str) -> str:
    return _review(policy)


def _review(policy: str, fields: dict[str, str] | None = None, reason: str = "") -> str:
    desk = pages.desk(policy, current_user())
    if desk.draft is None:
        raise NotFound(_("没有草稿"))
    before = folders.version_folder(desk.live) if desk.live else Folder(policy, {})
    return render_template(
        "studio/review.html",
        desk=desk,
        before=str(desk.live.number) if desk.live else "",
        found=check(desk.folder),
        files=pages.differences(before, desk.folder),
        fields=fields or {},
        reason=reason,
    )


@bp.post("/<policy>/approve")
def approve(policy: str) -> Any:
    by, revision = current_user().actor, _revision()

    def edge() -> int:
        with transaction():
            return drafts.approve(policy, revision=revision, by=by).number

    flash(_("第 %(number)d 版已发布，新办理的业务即按新版执行", number=retrying(edge)))
    return redirect(url_for(".versions", policy=policy))


@bp.post("/<policy>/return")
def give_back(policy: str) -> Any:
    by, reason, revision = current_user().actor, request.form.get("words", ""), _revision()
    try:
        with transaction():
            drafts.give_back(policy, revision=revision, reason=reason, by=by)
    except BadInput as wrong:
        return _review(policy, wrong.fields, reason), 422
    flash(_("已退回起草人"))
    return redirect(url_for(".index"))


@bp.get("/<policy>/versions")
def versions(policy: str) -> str:
    desk = pages.desk(policy, current_user())
    found = folders.versions(policy)
    names = pages.people([version.id for version in found])
    by = {version.id: pages.publisher_of(version, names) for version in found}
    return render_template("studio/versions.html", desk=desk, versions=found, by=by)


@bp.get("/<policy>/versions/<int:number>")
def version(policy: str, number: int) -> str:
    """One version: what it changed, and its drawing."""
    desk = pages.desk(policy, current_user())
    found = folders.version(policy, number)
    against = request.args.get("from", str(number - 1))
    files = []
    if against != "0":
        files = pages.differences(pages.side(policy, against), folders.version_folder(found))
    by = pages.publisher_of(found, pages.people([found.id]))
    return render_template(
        "studio/version.html", desk=desk, version=found, by=by, before=against if against != "0" else "", files=files
    )


@bp.get("/<policy>/versions/<int:number>/restore")
def restore_question(policy: str, number: int) -> str:
    desk = pages.desk(policy, current_user())
    return render_template("studio/restore.html", desk=desk, version=folders.version(policy, number))


@bp.post("/<policy>/versions/<int:number>/restore")
def restore(policy: str, number: int) -> Any:
    with transaction():
        drafts.restore(policy, number, by=current_user().actor)
    flash(_("已以第 %(number)d 版起草；审批通过后生效", number=number))
    return redirect(url_for(".policy", policy=policy))


@bp.get("/<policy>/drawing/<which>/<name>")
def drawing(policy: str, which: str, name: str) -> Response:
    """A diagram's XML, for the read-only view."""
    text = pages.side(policy, which).files.get(name) if name.endswith(".bpmn") else None
    if text is None:
        raise NotFound(_("没有这张流程图"))
    return Response(text, mimetype="application/xml")


@bp.get("/<policy>/marks/<before>/<after>/<name>")
def marks(policy: str, before: str, after: str, name: str) -> Response:
    """Which shapes differ, for the read-only view of either side."""
    found = compare.marks(pages.differences(pages.side(policy, before), pages.side(policy, after)), name)
    return jsonify({**found, "ended": True})


def _body() -> dict[str, Any]:
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise BadInput(_("请求的内容不是 JSON 对象"))
    return body


def _folder(desk: pages.Desk, body: dict[str, Any]) -> Folder:
    kept = {name: text for name, text in desk.folder.files.items() if not folders.may_write(name)}
    return Folder(desk.policy, {**kept, **folders.accepted(body.get("files"))})


def _revision() -> int:
    text = request.form.get("revision", "")
    if not text.isdecimal() or len(text) > 9:
        raise BadInput(_("缺少草稿的修订号"))
    return int(text)
