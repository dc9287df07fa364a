"""What expressions may read of an institution."""

from typing import Any

from app.institutions.catalogue import get
from app.institutions.models import Institution
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
    }


FIELDS = (
    Fact("institution.code", "string", "机构编号"),
    Fact("institution.name", "string", "机构名称"),
    Fact("institution.kind", "string", "机构类型"),
    Fact("institution.state", "string", "机构状态"),
    Fact("institution.online", "boolean", "机构已上线"),
    Fact("institution.regions", "list", "服务地区（空为全省）"),
    Fact("institution.has_endpoint", "boolean", "已登记接口地址"),
)

SUBJECT = Subject(
    kind="institution",
    title="金融机构",
    facts=lambda code: {"institution": lambda: facts(get(code))},
    fields=FIELDS,
    policies=("admission", "acceptance", "offline"),
    link=lambda code: f"/institutions/{code}",
)
