"""Beginning a case of workflows/offline: by an operator at once, or by whoever finds that it should be considered."""

from collections.abc import Mapping
from typing import Any

from app import runtime
from app.audit import SYSTEM, Actor
from app.db import retrying, transaction
from app.errors import Conflict, NotFound
from app.institutions import cases
from app.jobs import queue
from app.regions import PROVINCE


def begin(code: str, reason_code: str, reason: str, *, origin: str = "", by: Actor) -> None:
    """Start the case; the caller holds the transaction. With an `origin` it is a proposal an operator decides on."""
    if cases.locked(code) is None:
        raise NotFound("金融机构不存在", code=code)
    if cases.open_case("offline", code) is not None:
        raise Conflict("该机构已有下线事项正在办理")
    said = {"code": reason_code, "reason": reason, "origin": origin}
    key = cases.next_key("offline", code)
    runtime.start("offline", key=key, data={"proposal": said}, by=by, region=PROVINCE, institution=code)


def propose(code: str, reason: str, *, origin: str, key: str) -> None:
    """Ask, after this transaction, that an operator considers it: a case locks no other case."""
    said = {"institution": code, "reason": reason, "origin": origin}
    queue.post_later("institutions/propose_offline", said, key=f"offline:{code}:{key}")


def carry(payload: Mapping[str, Any], *, key: str) -> None:
    """Errand: begin the proposed case, unless one is open already or the institution is not online."""

    def edge() -> None:
        with transaction():
            row = cases.locked(payload["institution"])
            if row is None or not row.online or cases.open_case("offline", row.code) is not None:
                return
            begin(row.code, "", payload["reason"], origin=payload["origin"], by=SYSTEM)

    retrying(edge)
