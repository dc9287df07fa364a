"""What a reviewer is shown of an application. Its own institution knows whose the guarantee is; nobody else before
opening."""

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock, formjs, institutions, money, projects
from app.accounts.roles import OF_AN_INSTITUTION
from app.applications import secrets
from app.applications.models import Kind
from app.guarantees import secrets as guarantees
from app.institutions import catalogue
from app.runtime import definitions
from app.runtime.panels import Document, Panel, Row, Section


def panel(no: str, user: Any) -> Panel:
    application = secrets.find(no)
    guarantee = guarantees.find(application.guarantee_no)
    content = guarantees.content(guarantee)
    lot = projects.get(content.lot_no)
    rows = [
        Row(_("申请编号"), application.no),
        Row(_("申请类型"), _(Kind(application.kind).label)),  # type: ignore[call-arg]
        Row(_("提交时间"), clock.shown(application.created_at)),
        Row(_("保函编号"), guarantee.no),
        Row(_("订单编号"), guarantee.order_no),
        Row(_("出函时间"), clock.shown(guarantee.issued_at)),
    ]
    if user.role in OF_AN_INSTITUTION or lot.opened_at is not None:
        rows += [
            Row(_("申请人"), secrets.content(application).applicant_name),
            Row(_("担保金额"), money.shown(content.amount)),
            Row(_("保函余额"), money.shown(content.balance)),
            Row(_("保费"), money.shown(content.premium)),
            Row(_("有效期至"), clock.shown(content.ends)),
        ]
    institution = institutions.get(application.institution)
    sections = [
        Section(_("保函"), tuple(rows)),
        Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("服务电话"), institution.phone))),
    ]
    if user.role not in OF_AN_INSTITUTION:
        return Panel(tuple(sections))
    own = secrets.content(application)
    said = Section(_("申请内容"), tuple(Row(label, words) for label, words in answers(application.kind, own)))
    return Panel((said, *sections) if said.rows else tuple(sections), papers(application.no, own))


def answers(kind: str, own: secrets.Content, *, masked: bool = False) -> list[tuple[str, str]]:
    """What the applicant filled in, and said when correcting it, as people read it."""
    policy, given = definitions.live(kind), {"reasons": [(one.code, one.text) for one in catalogue.reasons(kind)]}
    forms = ["apply", "correct"] if "forms/correct.json" in policy.files else ["apply"]
    shown = [
        row
        for form in forms
        for row in formjs.load(policy.form(f"{kind}/{form}")).shown(own.said, given, masked=masked)
    ]
    return list(dict(shown).items())


def papers(no: str, own: secrets.Content) -> tuple[Document, ...]:
    return tuple(
        Document(one["name"], url_for("applications.paper", no=no, file=one["file"]), one.get("size"))
        for one in own.papers
    )
