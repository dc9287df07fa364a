"""接口变更: an institution online wants another endpoint, which is accepted before we call it (workflows/endpoint).

Until then `endpoint_wanted` is what an acceptance run tries, and everything else goes on at the old one.
"""

from collections.abc import Mapping
from typing import Any

from app import runtime
from app.audit import Actor, record
from app.errors import Conflict
from app.institutions import cases
from app.institutions.joining import held
from app.regions import PROVINCE


def begin(code: str, wanted: Mapping[str, Any], *, by: Actor) -> None:
    """Start the case; the caller holds the transaction."""
    row = held(code)
    if not row.online:
        raise Conflict("机构上线后才能变更接口")
    if cases.open_case("endpoint", code) is not None:
        raise Conflict("已有接口变更正在验收")
    key = cases.next_key("endpoint", code)
    runtime.start("endpoint", key=key, data={"wanted": dict(wanted)}, by=by, region=PROVINCE, institution=code)


def want(code: str, wanted: Mapping[str, Any], *, by: Actor) -> None:
    held(code).endpoint_wanted = str(wanted["endpoint_url"])
    record(code, "申请变更接口", by=by)


def change(code: str, wanted: Mapping[str, Any], *, by: Actor) -> None:
    """From now on everything goes there, orders under way too."""
    row = held(code)
    row.endpoint_url, row.endpoint_wanted = str(wanted["endpoint_url"]), ""
    row.signer_certificate = str(wanted.get("certificate") or "") or row.signer_certificate
    record(code, "启用新接口", by=by)


def keep(code: str, reason_code: str, reason: str, *, by: Actor) -> None:
    """Not accepted: the old one stays."""
    held(code).endpoint_wanted = ""
    record(code, f"接口变更不通过：{reason}", by=by, reason_code=reason_code)
