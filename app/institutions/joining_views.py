"""机构接入申请 (manual chapter 3), for visitors: 准入申请, 验收申请, 查看准入进度."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from flask import Response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, codes, formjs
from app.audit import record
from app.db import db, transaction
from app.errors import BadInput, Conflict, NotFound
from app.formjs import Form
from app.institutions import applicants, cases, catalogue, handing_in, keys, papers
from app.institutions.models import Institution
from app.institutions.views import bp
from app.runtime import definitions, waits

Page = str | BaseResponse | tuple[str, int]
OPEN = timedelta(minutes=15)
"""How long what the SMS code opened stays open in this browser."""


@bp.get("/join")
def entry() -> str:
    """【第一步 准入申请】 【第二步 验收申请】 【查看准入进度】."""
    return render_template("institutions/entry.html")


@bp.get("/join/templates/<name>.docx")
def paper(name: str) -> BaseResponse:
    """金融机构申请人授权书模板, 金融机构准入申请模板."""
    title, content = papers.made(name)
    answer = Response(content, mimetype=papers.DOCX)
    names = f"filename={name}.docx; filename*=UTF-8''{quote(title)}.docx"
    answer.headers["Content-Disposition"] = f"attachment; {names}"
    return answer


@bp.route("/join/admission", methods=["GET", "POST"])
def admission() -> Page:
    """准入申请 (manual 3.1)."""
    form = _form("admission", "apply")
    if request.method == "GET":
        return _page("institutions/admission.html", form)
    try:
        said = form.read(request.form, request.files)
        codes.check(said["phone"], purpose="admission", code=said["code"])
        handing_in.told(said, handing_in.apply)
    except BadInput as wrong:
        return _page("institutions/admission.html", form, errors=wrong.fields, status=422)
    except Conflict as refused:
        return _page("institutions/admission.html", form, refused=refused.message, status=409)
    return redirect(url_for(".admission_done"))


@bp.get("/join/admission/done")
def admission_done() -> str:
    return render_template("institutions/admission_done.html")


@bp.route("/join/acceptance", methods=["GET", "POST"])
def acceptance() -> Page:
    """验收申请, the look-up with its five answers (manual 3.2)."""
    form = _form("acceptance", "find")
    page = "institutions/acceptance.html"
    if request.method == "GET":
        return _page(page, form)
    try:
        found = applicants.prove(form.read(request.form), purpose="acceptance")
    except BadInput as wrong:
        return _page(page, form, errors=wrong.fields, status=422)
    except NotFound as nobody:
        return _page(page, form, refused=nobody.message, status=404)
    answer = _answer("acceptance", found)
    if not answer["open"]:
        return _page(page, form, refused=answer["text"])
    _open("acceptance", found)
    return redirect(url_for(".acceptance_data"))


@bp.route("/join/acceptance/data", methods=["GET", "POST"])
def acceptance_data() -> Page:
    """验收申请数据填报, only while 准入通过."""
    found = _opened("acceptance")
    if found is None:
        return redirect(url_for(".acceptance"))
    form = _form("acceptance", "apply")
    values = {**_equipment(found), "name": found.name, "contact": found.contact["name"]}
    values["phone"] = found.contact["phone"]
    shown: dict[str, Any] = {"institution": found, "values": values}
    page = "institutions/acceptance_data.html"
    if request.method == "GET":
        return _page(page, form, **shown)
    try:
        said = handing_in.equipped(form.read(request.form, request.files))
        codes.check(found.contact["phone"], purpose="acceptance_data", code=said["code"])
        handing_in.told(said, partial(handing_in.submit, found.code))
    except BadInput as wrong:
        return _page(page, form, errors=wrong.fields, status=422, **shown)
    except Conflict as refused:
        return _page(page, form, refused=refused.message, status=409, **shown)
    session.pop("applicant", None)
    return redirect(url_for(".acceptance_done"))


@bp.get("/join/acceptance/done")
def acceptance_done() -> str:
    return render_template("institutions/acceptance_done.html")


@bp.route("/join/progress", methods=["GET", "POST"])
def progress() -> Page:
    """查看准入进度, the question (manual 3.3)."""
    form = _form("admission", "progress")
    page = "institutions/progress.html"
    if request.method == "GET":
        return _page(page, form)
    try:
        found = applicants.prove(form.read(request.form), purpose="progress")
    except BadInput as wrong:
        return _page(page, form, errors=wrong.fields, status=422)
    except NotFound as nobody:
        return _page(page, form, refused=nobody.message, status=404)
    _open("progress", found)
    return redirect(url_for(".progress_result"))


@bp.get("/join/progress/result")
def progress_result() -> Page:
    """The answer: the step bar, 主要信息, 用户 and 密钥; each showing of a key is audited."""
    found = _opened("progress")
    return _result(found) if found is not None else redirect(url_for(".progress"))


@bp.post("/join/progress/correct")
def correct() -> Page:
    """退回补正: the applicant hands in what was missing."""
    found = _opened("progress")
    if found is None:
        return redirect(url_for(".progress"))
    policy = _to_correct(found.code)
    if policy is None:
        return _result(found, refused=_("当前没有需要补正的申请"), status=409)
    form = _form(policy, "correct")
    try:
        said = form.read(request.form, request.files)
        if policy == "acceptance":
            said = handing_in.equipped(said)
        handing_in.told(said, partial(handing_in.correct, policy, found.code))
    except BadInput as wrong:
        return _result(found, errors=wrong.fields, status=422)
    except Conflict as refused:
        return _result(found, refused=refused.message, status=409)
    db.session.expire_all()
    return _result(catalogue.get(found.code), corrected=True)


def _equipment(found: Institution) -> dict[str, Any]:
    public = next((key.public for key in keys.listed(found.app_id) if key.public), "")
    return {"endpoint_url": found.endpoint_url, "sm2_public": public, "certificate": found.signer_certificate}


def _result(
    found: Institution,
    *,
    errors: Mapping[str, str] | None = None,
    refused: str = "",
    corrected: bool = False,
    status: int = 200,
) -> Page:
    code, policy = found.code, _to_correct(found.code)
    answer = _answer("admission", found, decision="progress_answer")
    lasting = [key for key in keys.listed(found.app_id) if not key.valid_to or key.valid_to > clock.now()]
    shown = [key for key in lasting if key.secret] if answer["keys"] else []
    values = {"name": found.name, "kind": found.kind, "intro": found.intro, "contact": found.contact["name"]}
    page = render_template(
        "institutions/progress_result.html",
        institution=found,
        answer=answer,
        keys=shown,
        pairs=[key for key in lasting if key.public],
        form=_form(policy, "correct") if policy else None,
        until=_until(policy, code) if policy else None,
        values=values if policy == "admission" else _equipment(found),
        errors=errors or {},
        refused=refused,
        corrected=corrected,
        sent=request.form if errors else None,
    )
    if shown:
        with transaction():
            record(f"desk:{code}", "查看接口密钥", by=handing_in.APPLICANT, keys=[key.key_id for key in shown])
    return page, status


def _to_correct(code: str) -> str | None:
    """The policy whose case waits for the applicant."""
    for policy in ("admission", "acceptance"):
        case = cases.open_case(policy, code)
        if case is not None and any(one.name == "corrected" for one in waits.of(policy, case.key)):
            return policy
    return None


def _until(policy: str, code: str) -> Any:
    case = cases.open_case(policy, code)
    return waits.due(policy, case.key, "not_corrected") if case is not None else None


def _answer(policy: str, found: Institution, decision: str = "acceptance_answer") -> dict[str, Any]:
    """What the live policy's own table says to an institution in this state."""
    model = definitions.live(policy).definition.models[decision]
    answer: dict[str, Any] = model.evaluate(decision, {"institution": {"state": found.state}}, now=clock.now())
    return answer


def _open(purpose: str, found: Institution) -> None:
    session["applicant"] = {"code": found.code, "for": purpose, "until": (clock.now() + OPEN).timestamp()}


def _opened(purpose: str) -> Institution | None:
    """The institution that an SMS code has opened in this browser, for this page and not long ago."""
    kept = session.get("applicant")
    if not kept or kept["for"] != purpose or kept["until"] < clock.now().timestamp():
        return None
    return catalogue.find(kept["code"])


def _form(policy: str, name: str) -> Form:
    return formjs.load(definitions.live(policy).form(f"{policy}/{name}"))


def _page(
    template: str,
    form: Form,
    *,
    errors: Mapping[str, str] | None = None,
    refused: str = "",
    status: int = 200,
    **more: Any,
) -> Page:
    sent = request.form if request.method == "POST" else None
    db.session.rollback()
    page = render_template(template, form=form, errors=errors or {}, refused=refused, sent=sent, **more)
    return page, status
