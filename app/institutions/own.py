"""本机构: what an institution's administrator sees of her institution, and its contact, phones and logo."""

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from app import clock, codes, files, formjs
from app.accounts import staff
from app.accounts.user import current_user
from app.audit import record
from app.db import db, retrying, transaction
from app.errors import AppError, BadInput
from app.formjs.masking import masked
from app.institutions import applicants, cases, catalogue, keys, showing
from app.institutions.joining import held
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.institutions.views import bp
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
