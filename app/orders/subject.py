"""What expressions may read of an order: amounts in yuan, times aware; read only when a rule names them."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property
from typing import Any

from app import institutions, projects
from app.institutions.models import Product
from app.orders import payments, secrets
from app.orders.models import OrderState
from app.orders.panel import panel
from app.projects.models import Lot, LotState
from app.runtime.operations import Fact, Subject


class OrderFacts:
    """One order with its lot, product and institution, each loaded at most once."""

    def __init__(self, no: str):
        self.no = no

    @property
    def row(self) -> Any:
        return secrets.find(self.no)

    @cached_property
    def content(self) -> secrets.Content:
        return secrets.content(self.row)

    @cached_property
    def lot_row(self) -> Any:
        return projects.seen(self.content.lot_no)

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

    def readers(self) -> Mapping[str, Callable[[], Any]]:
        return {
            "order": self.order,
            "lot": lambda: lot_facts(self.lot_row),
            "institution": lambda: institution_facts(institutions.seen(self.row.institution), self.content.region),
            "money": lambda: {"covered": payments.covered(self.no), "under_way": payments.under_way(self.no)},
            "bidder": lambda: {"engaged": secrets.engaged(self.row)},
            "product": lambda: product_facts(institutions.product(self.row.product), self.lot_row),
        }


def facts_before(lot: Lot, product: Product, amount: int) -> dict[str, Any]:
    """The same facts for an order that is not there yet: what would it cost, would it be accepted."""
    return {
        "order": {"amount": _yuan(amount)},
        "lot": lot_facts(lot),
        "institution": institution_facts(product.institution, lot.region),
        "product": product_facts(product, lot),
    }


def lot_facts(lot: Any) -> dict[str, Any]:
    return {
        "state": lot.state,
        "open": lot.state == LotState.OPEN,
        "ended": lot.state in (LotState.TERMINATED, LotState.FAILED),
        "category": lot.category,
        "region": lot.region,
        "estimate": _yuan(lot.estimate_fen),
        "bond": _yuan(lot.bond_fen),
        "bid_deadline": lot.bid_deadline,
        "opening_at": lot.opening_at,
    }


def institution_facts(institution: Any, region: str) -> dict[str, Any]:
    return {
        "code": institution.code,
        "kind": institution.kind,
        "state": institution.state,
        "online": institution.online,
        "serves": institution.serves(region),
    }


def product_facts(product: Product, lot: Any) -> dict[str, Any]:
    return {
        "type": product.product_type,
        "rate": product.rate,
        "minimum": _yuan(product.minimum_fen),
        "limit": _yuan(product.limit_fen),
        "offered": product.offered and product.institution.accepting,
        "fits": product.fits(region=lot.region, category=lot.category),
    }


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


FACTS = (
    Fact("order.state", "string", "订单状态"),
    Fact("order.amount", "number", "担保金额（元）", "sealed"),
    Fact("order.premium", "number", "保费（元）", "sealed"),
    Fact("order.created_at", "date and time", "提交时间"),
    Fact("order.state_since", "date and time", "进入当前状态的时间"),
    Fact("order.reason", "string", "取消、退款或不通过的原因", "sealed"),
    Fact("money.covered", "boolean", "已有保费与保函对应"),
    Fact("money.under_way", "boolean", "还有款项没有着落"),
    Fact("bidder.engaged", "boolean", "投标人在该标段另有有效订单", "sealed"),
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
    panel=panel,
    hidden=secrets.hidden,
)
