"""本机构的接口: its keys, each change behind a code sent to the administrator's own phone, and its endpoint."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, codes, formjs, outside
from app.accounts.user import current_user, identity
from app.audit import record
from app.codes.views import asked
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput, Conflict, NotFound
from app.formjs.masking import masked
from app.institutions import endpoint, keys, papers
from app.institutions.joining import held
from app.institutions.own import mine
from app.institutions.views import bp
from app.protocol import sm2
from app.runtime import definitions

Page = str | BaseResponse | tuple[str, int]


@bp.post("/own/code")
def own_code() -> Any:
    """【获取验证码】 to the phone of whoever is signed in: it never stands on the page."""
    return asked(own_phone(), "key")


@bp.get("/own/keys")
def own_keys() -> Page:
    return _keys_page()


@bp.post("/own/keys")
def own_rotate() -> Page:
    """更换密钥: the new secret is shown in this one answer, behind the SMS code."""
    row, by = mine(), current_user().actor
    code, app_id = row.code, row.app_id
    env = "test" if request.form.get("env") == "test" else ""
    try:
        codes.check(own_phone(), purpose="key", code=request.form.get("code", ""))
    except BadInput as wrong:
        return _keys_page(errors=wrong.fields)

    def edge() -> keys.ApiKey:
        with transaction():
            held(code)
            made = keys.rotate(code, app_id, env=env, by=by)
            record(f"desk:{code}", "查看接口密钥", by=by, keys=[made.key_id])
            return made

    return render_template(
        "institutions/own_key_new.html", institution=row, key=retrying(edge), overlap=keys.OVERLAP.days
    )


@bp.get("/own/keys/<key_id>/revoke")
def own_revoke_question(key_id: str) -> str:
    return render_template("institutions/own_revoke.html", key_id=key_id)


@bp.post("/own/keys/<key_id>/revoke")
def own_revoke(key_id: str) -> Page:
    row, by = mine(), current_user().actor
    code, app_id = row.code, row.app_id

    def edge() -> None:
        with transaction():
            held(code)
            keys.revoke(code, app_id, key_id, by=by)

    try:
        retrying(edge)
    except NotFound:
        raise
    except AppError as refused:
        return _keys_page(message=refused.message, status=refused.status)
    flash(_("密钥已停用"))
    return redirect(url_for(".own_keys"), 303)


@bp.post("/own/keys/sm2")
def own_sm2() -> Page:
    """登记SM2公钥: the one before it stays good for a week."""
    row, by = mine(), current_user().actor
    code, app_id = row.code, row.app_id
    try:
        public = sm2.read_public_key(request.form.get("sm2_public", ""))
        codes.check(own_phone(), purpose="key", code=request.form.get("sm2_code", ""), field="sm2_code")
    except sm2.BadKey:
        return _keys_page(errors={"sm2_public": _("SM2公钥应为 128 位十六进制（可带 04 前缀）")})
    except BadInput as wrong:
        return _keys_page(errors=wrong.fields)

    def edge() -> None:
        with transaction():
            held(code)
            keys.enter_public(code, app_id, public, by=by)

    retrying(edge)
    flash(_("SM2公钥已登记"))
    return redirect(url_for(".own_keys"), 303)


@bp.get("/own/endpoint")
def own_endpoint() -> Page:
    return _endpoint_page()


@bp.post("/own/endpoint")
def own_endpoint_change() -> Page:
    """变更接口地址: through workflows/endpoint; until it is accepted everything goes on at the old one."""
    row, by = mine(), current_user().actor
    code = row.code
    try:
        said = _endpoint_form().read(request.form)
        if problem := outside.problem(said["endpoint_url"]):
            raise BadInput(fields={"endpoint_url": _(problem)})
        if said.get("certificate") and not papers.is_certificate(said["certificate"]):
            raise BadInput(fields={"certificate": _("电子签章证书应为 PEM 格式的证书")})
        codes.check(own_phone(), purpose="key", code=request.form.get("code", ""))
    except BadInput as wrong:
        return _endpoint_page(errors=wrong.fields)

    def edge() -> None:
        with transaction():
            endpoint.begin(code, said, by=by)

    try:
        retrying(edge)
    except Conflict as refused:
        return _endpoint_page(message=refused.message, status=refused.status)
    flash(_("接口变更已提交，验收通过后启用"))
    return redirect(url_for(".own"), 303)


def _endpoint_form() -> formjs.Form:
    return formjs.load(definitions.live("endpoint").form("endpoint/apply"))


def _endpoint_page(
    *, errors: Mapping[str, str] | None = None, message: str = "", status: int = BadInput.status
) -> Page:
    db.session.rollback()
    row = mine()
    page = render_template(
        "institutions/own_endpoint.html",
        form=_endpoint_form(),
        institution=row,
        phone=masked(str(identity(current_user()).handler.get("phone", ""))),
        values={"endpoint_url": row.endpoint_url},
        errors=dict(errors or {}),
        message=message,
        sent=request.form if errors or message else None,
    )
    return (page, status) if errors or message else page


def own_phone() -> str:
    phone = identity(current_user()).handler.get("phone", "")
    if not phone:
        raise BadInput(
            _("您的账号没有手机号，请在统一注册平台补充后重新登录"), fields={"code": _("您的账号没有手机号")}
        )
    return str(phone)


def _keys_page(*, errors: Mapping[str, str] | None = None, message: str = "", status: int = BadInput.status) -> Page:
    row = mine()
    page = render_template(
        "institutions/own_keys.html",
        institution=row,
        keys=keys.listed(row.app_id),
        now=clock.now(),
        phone=masked(str(identity(current_user()).handler.get("phone", ""))),
        overlap=keys.OVERLAP.days,
        errors=dict(errors or {}),
        message=message,
        sent=request.form,
    )
    return (page, status) if errors or message else page
