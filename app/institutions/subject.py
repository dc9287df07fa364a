"""What expressions may read of an institution."""

from collections.abc import Callable, Mapping
from typing import Any

from app.institutions import catalogue
from app.institutions.cases import POLICIES, code_of
from app.institutions.models import Institution
from app.institutions.panel import panel
from app.runtime.operations import Fact, Subject


def facts(institution: Institution) -> dict[str, Any]:
    return {
        "code": institution.code,
        "name": institution.name,
        "kind": institution.kind,
        "state": institution.state,
        "online": institution.online,
        "regions": list(institution.regions),
        "has_endpoint": bool(institution.endpoint_url),
        "has_certificate": bool(institution.signer_certificate),
    }


def readers(key: str) -> Mapping[str, Callable[[], Any]]:
    """The institution ("none" is the state of one not entered yet), and the reasons that forms let one choose."""
    found: dict[str, Callable[[], Any]] = {"institution": lambda: _of(code_of(key))}
    for purpose in POLICIES:
        found[f"{purpose}_reasons"] = lambda purpose=purpose: _reasons(purpose)  # type: ignore[misc]
    return found


def _of(code: str) -> dict[str, Any]:
    institution = catalogue.find(code)
    return facts(institution) if institution is not None else {"code": code, "state": "none", "online": False}


def _reasons(purpose: str) -> list[dict[str, str]]:
    return [{"value": one.code, "label": one.text} for one in catalogue.reasons(purpose)]


FIELDS = (
    Fact("institution.code", "string", "机构编号"),
    Fact("institution.name", "string", "机构名称"),
    Fact("institution.kind", "string", "机构类型"),
    Fact("institution.state", "string", "机构状态"),
    Fact("institution.online", "boolean", "机构已上线"),
    Fact("institution.regions", "list", "服务地区（空为全省）"),
    Fact("institution.has_endpoint", "boolean", "已登记接口地址"),
    Fact("institution.has_certificate", "boolean", "已登记电子签章证书"),
    Fact("application", "context", "申请内容（提交时）"),
    Fact("wanted", "context", "申请变更的接口（提交时）"),
    Fact("proposal", "context", "下线建议（提出时）"),
    Fact("admission_reasons", "list", "准入审核的原因"),
    Fact("acceptance_reasons", "list", "验收审核的原因"),
    Fact("endpoint_reasons", "list", "接口变更不通过的原因"),
    Fact("offline_reasons", "list", "下线的原因"),
)

SUBJECT = Subject(
    kind="institution",
    title="金融机构",
    facts=readers,
    fields=FIELDS,
    policies=POLICIES,
    link=lambda key: f"/institutions/manage/{code_of(key)}",
    panel=panel,
)
