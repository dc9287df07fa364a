"""What a reviewer is shown of an institution: who applies, with what, whom to call. Other features add theirs."""

from collections.abc import Callable, Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from app import clock, runtime
from app.formjs.masking import masked
from app.institutions import cases, catalogue, keys
from app.institutions.cases import code_of
from app.institutions.models import Institution, InstitutionKind, InstitutionState
from app.protocol import uscc
from app.runtime.panels import Document, Panel, Row, Section

sections: list[Callable[[str], Iterable[Section]]] = []
documents: list[Callable[[str], Iterable[Document]]] = []
"""Features append functions that get the institution's code."""


def panel(key: str, _user: Any) -> Panel:
    code = code_of(key)
    row = catalogue.get(code)
    more = [section for found in sections for section in found(code)]
    papers = [document for found in documents for document in found(code)]
    return Panel(
        sections=(*_proposal(code), _institution(row), *_contact(row), *_connection(row), *more),
        documents=(*_papers(row), *papers),
        state=InstitutionState(row.state),  # type: ignore[call-arg]
    )


def _proposal(code: str) -> list[Section]:
    """Why somebody proposes to take the institution offline, while that is being considered."""
    case = cases.open_case("offline", code)
    said = runtime.data_of("offline", case.key).get("proposal") if case is not None else None
    origin = said.get("origin") if said else ""
    if not said or not origin:
        return []
    return [Section(_("下线建议"), (Row(_("由何而来"), _(origin)), Row(_("理由"), said["reason"])))]


def _institution(row: Institution) -> Section:
    doubt = "" if uscc.check_digit_holds(row.uscc) else _("校验位与 GB 32100 不符，请核对")
    found = [
        Row(_("机构编号"), row.code),
        Row(_("金融机构名称"), row.name),
        Row(_("统一社会信用代码"), row.uscc, changed=doubt),
        Row(_("机构类型"), _(InstitutionKind(row.kind).label)),  # type: ignore[call-arg]
        Row(_("机构介绍"), row.intro),
        Row(_("提交时间"), clock.shown(row.applied_at)),
    ]
    if row.reason:
        found.append(Row(_("最近一次退回、不通过或下线的原因"), row.reason))
    return Section(_("机构信息"), tuple(found))


def _contact(row: Institution) -> list[Section]:
    if not row.contact:
        return []
    shown = (("name", _("联系人")), ("phone", _("联系手机号")))
    rows = (
        Row(label, masked(row.contact[field]), reveal=url_for("institutions.reveal", code=row.code, field=field))
        for field, label in shown
    )
    return [Section(_("联系人"), tuple(rows))]


def _connection(row: Institution) -> list[Section]:
    if not row.endpoint_url:
        return []
    public = any(key.public for key in keys.listed(row.app_id))
    certificate = Row(_("电子签章证书"), _("已登记")) if row.signer_certificate else Row(
        _("电子签章证书"), _("未登记"), changed=_("没有证书，平台无法核验其保函")
    )  # fmt: skip
    wanted = _("申请变更为 %(address)s", address=row.endpoint_wanted) if row.endpoint_wanted else ""
    rows = (
        Row(_("接口地址"), row.endpoint_url, changed=wanted),
        Row(_("用户"), row.app_id),
        Row(_("SM2公钥"), _("已登记") if public else _("未登记")),
        certificate,
    )
    return [Section(_("接口资料"), rows)]


def _papers(row: Institution) -> Iterable[Document]:
    labels = {"admission": _("准入材料"), "acceptance": _("验收材料")}
    for stage, files in (row.documents or {}).items():
        for one in files:
            url = url_for("institutions.document", code=row.code, file=one["file"])
            yield Document(one["name"], url, one["size"], labels.get(stage, ""))
    if row.logo_file_id is not None:
        yield Document("Logo", url_for("institutions.document", code=row.code, file=row.logo_file_id))
