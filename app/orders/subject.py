"""What expressions may read of an order: amounts in yuan, times aware; read only when a rule names them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from app import projects
from app.institutions import catalogue
from app.institutions.models import Product
from app.orders import secrets
from app.orders.models import Order, OrderState
from app.projects.models import Lot, LotState
from app.runtime.operations import Fact, Subject


class OrderFacts:
    """One order with its lot, product and institution, each loaded at most once."""

    def __init__(self, no: str):
        self.no = no

    @cached_property
    def row(self) -> Order:
        return secrets.find(self.no)

    @cached_property
    def content(self) -> secrets.Content:
        return secrets.content(self.row)

    @cached_property
    def product_row(self) -> Product:
        return catalogue.product(self.row.product)

    @cached_property
    def lot_row(self) -> Lot:
        return projects.get(self.content.lot_no)

    def order(self) -> dict[str, Any]:
        state = OrderState(self.row.state)  # type: ignore[call-arg]
        return {
            "state": str(state),
            "state_label": state.label,
            "amount": _yuan(self.content.amount),
            "premium": _yuan(self.content.premium),
            "created_at": self.row.created_at,
            "state_since": self.row.state_since,
            "reason": self.row.reason or "",
        }

    def lot(self) -> dict[str, Any]:
        row = self.lot_row
        return {
            "state": row.state,
            "open": row.state == LotState.OPEN,
            "ended": row.state in (LotState.TERMINATED, LotState.FAILED),
            "category": row.category,
            "region": row.region,
            "estimate": _yuan(row.estimate_fen),
            "bond": _yuan(row.bond_fen),
            "bid_deadline": row.bid_deadline,
            "opening_at": row.opening_at,
        }

    def institution(self) -> dict[str, Any]:
        row = catalogue.get(self.row.institution)
        return {
            "code": row.code,
            "kind": row.kind,
            "state": row.state,
            "online": row.online,
            "serves": row.serves(self.content.region),
        }

    def product(self) -> dict[str, Any]:
        row = self.product_row
        return {
            "type": row.product_type,
            "rate": row.rate,
            "minimum": _yuan(row.minimum_fen),
            "limit": _yuan(row.limit_fen),
            "offered": row.offered,
            "fits": row.fits(region=self.content.region, category=self.lot_row.category),
        }

    def readers(self) -> Mapping[str, Callable[[], Any]]:
        return {"order": self.order, "lot": self.lot, "institution": self.institution, "product": self.product}


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


FACTS = (
    Fact("order.state", "string", "订单状态"),
    Fact("order.amount", "number", "担保金额（元）", "sealed"),
    Fact("order.premium", "number", "保费（元）", "sealed"),
    Fact("order.created_at", "date and time", "提交时间"),
    Fact("order.state_since", "date and time", "进入当前状态的时间"),
    Fact("order.reason", "string", "取消、退款或不通过的原因", "sealed"),
    Fact("lot.state", "string", "标段状态", "sealed"),
    Fact("lot.open", "boolean", "标段可投标", "sealed"),
    Fact("lot.ended", "boolean", "标段已终止或流标", "sealed"),
    Fact("lot.category", "string", "标段类别", "sealed"),
    Fact("lot.region", "string", "标段所在地区", "sealed"),
    Fact("lot.estimate", "number", "估算价（元）", "sealed"),
    Fact("lot.bond", "number", "投标保证金（元）", "sealed"),
    Fact("lot.bid_deadline", "date and time", "投标截止时间", "sealed"),
    Fact("lot.opening_at", "date and time", "开标时间", "sealed"),
    Fact("institution.online", "boolean", "机构已上线"),
    Fact("institution.kind", "string", "机构类型"),
    Fact("institution.serves", "boolean", "机构服务该地区"),
    Fact("product.rate", "number", "费率"),
    Fact("product.minimum", "number", "最低保费（元）"),
    Fact("product.limit", "number", "单笔限额（元）"),
    Fact("product.offered", "boolean", "产品在售"),
    Fact("product.fits", "boolean", "产品适用于该标段"),
)

SUBJECT = Subject(
    kind="order",
    title="保函订单",
    facts=lambda no: OrderFacts(no).readers(),
    fields=FACTS,
    policies=("order",),
    link=lambda no: f"/orders/{no}",
)
