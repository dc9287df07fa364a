"""金融机构, for operators: the list, one institution's way, keys, 下线."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import func, select
from werkzeug.wrappers import Response as BaseResponse

from app import files, formjs
from app.accounts.access import predicate
from app.accounts.user import User, current_user
from app.audit import record
from app.db import db, retrying, transaction
from app.errors import BadInput, Conflict, NotFound
from app.institutions import cases, catalogue, keys, offline, showing
from app.institutions.models import Institution, InstitutionState
from app.institutions.panel import panel
from app.institutions.subject import readers
from app.institutions.views import bp
from app.regions import PROVINCE
from app.runtime import definitions
from app.web import wants_json

S = InstitutionState
PER_PAGE = 50
Page = str | BaseResponse | tuple[str, int]


@predicate("provincial")
def provincial(user: User, **_more: object) -> bool:
    """Institutions are the provincial centre's."""
    return user.covers(PROVINCE)


@bp.get("/manage/")
def index() -> str:
    """Those of one state, or all; found by name, code or credit code."""
    state, text = request.args.get("state", ""), request.args.get("q", "").strip()[:60]
    query = select(Institution)
    if text:
        query = query.where(
            Institution.name.contains(text, autoescape=True)
            | (Institution.code == text.upper())
            | (Institution.uscc == text.upper())
        )
    counts = dict(
        db.session.execute(query.with_only_columns(Institution.state, func.count()).group_by(Institution.state)).all()
    )
    if state in set(S):
        query = query.where(Institution.state == state)
    found = db.paginate(query.order_by(Institution.id.desc()), per_page=PER_PAGE, max_per_page=PER_PAGE)
    options = [("", _("全部"), sum(counts.values())), *((s.value, _(s.label), counts.get(s.value, 0)) for s in S)]
    return render_template(
        "institutions/index.html", found=found, states={one.value: one for one in S}, options=options, text=text
    )


@bp.get("/manage/<code>")
def detail(code: str) -> Page:
    return _detail(code)


@bp.post("/manage/<code>/reveal/<field>")
def reveal(code: str, field: str) -> Any:
    """Show the contact's name or phone in this one answer; the showing is audited."""
    contact = catalogue.get(code).contact or {}
    if field not in contact:
        raise NotFound(_("没有登记该信息"))
    value = contact[field]
    with transaction():
        record(f"desk:{code}", "查看个人信息：联系人", by=current_user().actor, field=field)
    return {"value": value} if wants_json() else _detail(code, revealed={request.path: value})


@bp.get("/manage/<code>/files/<int:file>")
def document(code: str, file: int) -> BaseResponse:
    """A document that was handed in; PDF and pictures open in the browser."""
    institution = catalogue.get(code)
    known = {one["file"]: one["name"] for kept in (institution.documents or {}).values() for one in kept}
    if file not in known and file != institution.logo_file_id:
        raise NotFound(_("没有找到该文件"))
    with transaction():
        record(f"desk:{code}", "查看附件", by=current_user().actor, file=file)
    row = files.row_of(file)
    ending = {"application/pdf": "pdf", "application/zip": "zip", "image/png": "png"}.get(row.media_type, "jpg")
    how = "attachment" if ending == "zip" else "inline"
    headers = {"Content-Disposition": f'{how}; filename="{code}-{file}.{ending}"'}
    return Response(files.read(file), mimetype=row.media_type, headers=headers)


@bp.post("/manage/<code>/rotate")
def rotate(code: str) -> BaseResponse:
    """A new key for `env`; the one before it goes on for a week."""
    env = "test" if request.form.get("env") == "test" else ""
    by = current_user().actor

    def edge() -> None:
        with transaction():
            row = cases.locked(code)
            if row is None:
                raise NotFound(_("金融机构不存在"))
            if row.state in (S.ADMISSION_PENDING, S.ADMISSION_REJECTED):
                raise Conflict(_("准入通过后才有接口密钥"))
            keys.rotate(code, row.app_id, env=env, by=by)

    retrying(edge)
    flash(_("已更换密钥，原密钥 7 天后失效；机构通过查看准入进度获取新密钥"))
    return redirect(url_for(".detail", code=code), 303)


@bp.route("/manage/<code>/offline", methods=["GET", "POST"])
def go_offline(code: str) -> Page:
    """下线, through workflows/offline."""
    institution = catalogue.get(code)
    form = formjs.load(definitions.live("offline").form("offline/start"))
    ctx = {name: read() for name, read in readers(code).items()}
    errors: dict[str, str] = {}
    if request.method == "POST":
        by = current_user().actor
        try:
            said = form.read(request.form, ctx=ctx)
        except BadInput as wrong:
            errors = wrong.fields
        else:

            def edge() -> None:
                with transaction():
                    offline.begin(code, said["reason_code"], said["reason"], by=by)

            retrying(edge)
            flash(_("机构已下线"))
            return redirect(url_for(".detail", code=code), 303)
    sent = request.form if errors else None
    page = render_template(
        "institutions/offline.html", institution=institution, form=form, ctx=ctx, errors=errors, sent=sent
    )
    return (page, 422) if errors else page


def _detail(code: str, revealed: dict[str, str] | None = None) -> str:
    institution = catalogue.get(code)
    user = current_user()
    shown = panel(code, user)
    return render_template(
        "institutions/detail.html",
        institution=institution,
        state=shown.state,
        panel=shown,
        revealed=revealed or {},
        keys=keys.listed(institution.app_id),
        tasks=[one for one in cases.tasks(code) if one.role == user.role.value],
        entries=cases.entries(code),
        open_offline=cases.open_case("offline", code),
        may_change=user.role.value == "operator",
        percent=showing.percent,
    )
