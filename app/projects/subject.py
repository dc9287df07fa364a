"""What expressions may read of a lot: amounts in yuan, times aware. A lot itself is public."""

from decimal import Decimal
from typing import Any

from app import clock
from app.projects.models import Lot, LotState
from app.projects.search import get
from app.runtime.operations import Fact, Subject


def facts(lot: Lot) -> dict[str, Any]:
    state = LotState(lot.state)  # type: ignore[call-arg]
    return {
        "no": lot.no,
        "name": lot.name,
        "state": str(state),
        "open": state is LotState.OPEN,
        "ended": state in (LotState.TERMINATED, LotState.FAILED),
        "opened": lot.opened_at is not None or lot.opening_at <= clock.now(),
        "region": lot.region,
        "prefecture": lot.prefecture,
        "category": lot.category,
        "estimate": Decimal(lot.estimate_fen) / 100,
        "bond": Decimal(lot.bond_fen) / 100,
        "bid_deadline": lot.bid_deadline,
        "bid_validity_days": lot.bid_validity_days,
        "opening_at": lot.opening_at,
        "opened_at": lot.opened_at,
        "version": lot.version,
    }


FIELDS = (
    Fact("lot.no", "string", "标段标识"),
    Fact("lot.name", "string", "标段名称"),
    Fact("lot.state", "string", "标段状态"),
    Fact("lot.open", "boolean", "标段可投标"),
    Fact("lot.ended", "boolean", "标段已终止或流标"),
    Fact("lot.opened", "boolean", "标段已开标（收到开标或已到开标时间）"),
    Fact("lot.region", "string", "标段所在地区"),
    Fact("lot.prefecture", "string", "标段所属市州"),
    Fact("lot.category", "string", "标段类别"),
    Fact("lot.estimate", "number", "估算价（元）"),
    Fact("lot.bond", "number", "投标保证金（元）"),
    Fact("lot.bid_deadline", "date and time", "投标截止时间"),
    Fact("lot.bid_validity_days", "number", "投标有效期（天）"),
    Fact("lot.opening_at", "date and time", "开标时间"),
    Fact("lot.opened_at", "date and time", "实际开标时间"),
    Fact("lot.version", "number", "信息版本"),
)

SUBJECT = Subject(
    kind="lot",
    title="标段",
    facts=lambda no: {"lot": lambda: facts(get(no))},
    fields=FIELDS,
    link=lambda no: f"/lots/{no}",
)
