"""本机构: what an institution's administrator sees of her institution and keeps herself: contact, logo, keys."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, codes, files, formjs
from app.accounts import staff
from app.accounts.user import current_user, identity
from app.audit import record
from app.codes.views import asked
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput, NotFound
from app.formjs.masking import masked
from app.institutions import applicants, cases, catalogue, keys, showing
from app.institutions.joining import held
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.institutions.views import bp
from app.protocol import sm2
from app.runtime import answers

Page = str | BaseResponse | tuple[str, int]
CONTACT: Mapping[str, Any] = {
    "components": [
        {
            "type": "textfield", "key": "contact", "label": "联系人",
            "validate": {"required": True, "maxLength": 50}, "properties": {"secrecy": "personal"},
        },
        {
            "type": "textfield", "key": "phone", "label": "联系手机号",
            "validate": {"required": True}, "properties": {"format": "phone", "secrecy": "personal"},
        },
        {
            "type": "textfield", "key": "code", "label": "验证码",
            "description": "变更联系手机号时填写，短信发到新的手机号",
            "properties": {"format": "sms", "phone": "phone", "purpose": "contact"},
        },
        {
            "type": "textfield", "key": "service_phone", "label": "服务电话",
            "description": "显示在网站上，供投标人咨询",
            "validate": {"required": True}, "properties": {"format": "tel"},
        },
        {
            "type": "textarea", "key": "intro", "label": "机构介绍",
            "validate": {"required": True, "maxLength": 1000}, "properties": {"rows": 4},
        },
        {
            "type": "filepicker", "key": "logo", "label": "Logo", "description": "不更换则不选择。",
            "accept": "png,jpg", "properties": {"maxSize": "2M"},
        },
    ]
}  # fmt: skip


def mine() -> Institution:
    return catalogue.get(current_user().institution)


@bp.get("/own")
def own() -> str:
    row = mine()
    people = [one for one in staff.people(row.code) if staff.works(one)]
    return render_template(
        "institutions/own.html",
        institution=row,
        kind=InstitutionKind(row.kind).label,  # type: ignore[call-arg]
        state=InstitutionState(row.state),  # type: ignore[call-arg]
        contact={name: masked(value) for name, value in (row.contact or {}).items()},
        keys=keys.listed(row.app_id),
        now=clock.now(),
        people=len(people),
        percent=showing.percent,
        entries=cases.entries(row.code)[-20:],
        change=cases.open_case("endpoint", row.code),
    )


@bp.get("/own/contact")
def own_contact() -> Page:
    return _contact_page(mine())


@bp.post("/own/contact")
def own_contact_change() -> Page:
    """A new contact phone must be shown to be held: it opens the progress page, where keys are shown."""
    row, by = mine(), current_user().actor
    code, before = row.code, (row.contact or {}).get("phone", "")
    try:
        said = formjs.load(CONTACT).read(request.form, request.files)
        if said["phone"] != before:
            codes.check(said["phone"], purpose="contact", code=said.get("code") or "")
    except BadInput as wrong:
        return _contact_page(row, errors=wrong.fields)
    db.session.rollback()
    sent = answers.written(said)

    def edge() -> None:
        with transaction():
            describe(code, sent, by=by)

    try:
        retrying(edge)
    except AppError:
        answers.dropped(sent)
        raise
    flash(_("机构信息已更新"))
    return redirect(url_for(".own"), 303)


def describe(code: str, said: Mapping[str, Any], *, by: Any) -> None:
    """Enter what changed; the caller holds the transaction."""
    row = held(code)
    row.contact = {"name": said["contact"], "phone": said["phone"]}
    row.applicant = applicants.index(row.name, row.uscc, said["phone"])
    row.phone, row.intro = said["service_phone"], said["intro"]
    if said.get("logo"):
        row.logo_file_id = files.keep(said["logo"].written).id
    record(code, "更新机构信息", by=by)


@bp.post("/own/code")
def own_code() -> Any:
    """【获取验证码】 to the phone of whoever is signed in: it never stands on the page."""
    return asked(_own_phone(), "key")


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
        codes.check(_own_phone(), purpose="key", code=request.form.get("code", ""))
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
        codes.check(_own_phone(), purpose="key", code=request.form.get("sm2_code", ""), field="sm2_code")
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


def _own_phone() -> str:
    phone = identity(current_user()).handler.get("phone", "")
    if not phone:
        raise BadInput(
            _("您的账号没有手机号，请在统一注册平台补充后重新登录"), fields={"code": _("您的账号没有手机号")}
        )
    return str(phone)


def _contact_page(row: Institution, *, errors: Mapping[str, str] | None = None) -> Page:
    contact = row.contact or {}
    page = render_template(
        "institutions/own_contact.html",
        form=formjs.load(CONTACT),
        institution=row,
        values={
            "contact": contact.get("name", ""),
            "phone": contact.get("phone", ""),
            "service_phone": row.phone,
            "intro": row.intro,
        },
        errors=dict(errors or {}),
        sent=request.form if errors else None,
    )
    return (page, BadInput.status) if errors else page


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
