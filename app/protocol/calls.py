"""Every call of the interface: who asks whom, where, with which body, answered by which."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.protocol.messages import callbacks, decisions, guarantees, house, lots, orders
from app.protocol.messages.message import Message
from app.protocol.messages.parties import Receipt

PLATFORM, INSTITUTION, TRADING = "platform", "institution", "trading"
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
CALLBACKS = "/openapi/v1/callbacks/"
OWN_KEY = "/openapi/v1/platform-key"
"""Where the platform tells its SM2 public key: {key_id, algorithm, public_key}, to anyone."""


@dataclass(frozen=True, slots=True)
class Call:
    """`path` is below the receiver's endpoint address; {names} in it are business numbers."""

    id: str
    title: str
    asker: str
    answerer: str
    method: str
    path: str
    body: type[Message] | None
    answer: type[Message]

    def at(self, **numbers: str) -> str:
        """The path with its numbers; ValueError for what is no business number."""
        for name, number in numbers.items():
            if not _NUMBER.fullmatch(number):
                raise ValueError(f"{name}: {number!r}")
        return self.path.format(**numbers)


def _ask(id: str, title: str, method: str, path: str, body: type[Message] | None, answer: type[Message]) -> Call:
    return Call(id, title, PLATFORM, INSTITUTION, method, path, body, answer)


def _callback(id: str, title: str, name: str, body: type[Message]) -> Call:
    return Call(id, title, INSTITUTION, PLATFORM, "POST", CALLBACKS + name, body, Receipt)


def _trading(id: str, title: str, method: str, path: str, body: type[Message], answer: type[Message]) -> Call:
    return Call(id, title, TRADING, PLATFORM, method, "/openapi/v1" + path, body, answer)


_ORDER, _GUARANTEE = "/v1/orders/{order_no}", "/v1/guarantees/{guarantee_no}"
_ACCEPTED = guarantees.ApplicationAccepted

A1 = _ask("A1", "询价", "POST", "/v1/quote", orders.QuoteRequest, orders.Quote)
A2 = _ask("A2", "提交订单", "POST", "/v1/orders", orders.Order, orders.OrderAccepted)
A3 = _ask("A3", "获取支付链接", "POST", f"{_ORDER}/pay-url", orders.PaymentLinkRequest, orders.PaymentLink)
A4 = _ask("A4", "查询订单", "GET", _ORDER, None, orders.OrderStatus)
A5 = _ask("A5", "关闭订单", "POST", f"{_ORDER}/close", orders.CloseRequest, orders.Closed)
A6 = _ask("A6", "保函还原", "POST", "/v1/guarantees/unseal", guarantees.UnsealRequest, guarantees.UnsealAccepted)
A7 = _ask("A7", "延期申请", "POST", f"{_GUARANTEE}/extensions", guarantees.ExtensionRequest, _ACCEPTED)
A8 = _ask("A8", "退保申请", "POST", f"{_GUARANTEE}/refunds", guarantees.RefundRequest, _ACCEPTED)
A9 = _ask("A9", "注销申请", "POST", f"{_GUARANTEE}/cancellations", guarantees.CancellationRequest, _ACCEPTED)
A10 = _ask("A10", "理赔申请", "POST", f"{_GUARANTEE}/claims", guarantees.ClaimRequest, _ACCEPTED)
A11 = _ask("A11", "开票申请", "POST", "/v1/invoices", house.InvoiceRequest, _ACCEPTED)
A12 = _ask("A12", "标段事件", "POST", "/v1/lots/events", house.LotNews, Receipt)
A13 = _ask("A13", "对账", "GET", "/v1/reconciliations/{date}", None, house.Reconciliation)
A14 = _ask("A14", "连通测试", "POST", "/v1/ping", house.Ping, house.Pong)
A15 = _ask(
    "A15", "退款", "POST", f"{_ORDER}/repayments", orders.RepaymentRequest, orders.RepaymentAccepted
)  # fmt: skip

B1 = _callback("B1", "核保结果", "underwriting", callbacks.Underwriting)
B2 = _callback("B2", "支付结果", "payment", callbacks.Payment)
B3 = _callback("B3", "出函结果", "issuance", callbacks.Issuance)
B4 = _callback("B4", "还原结果", "unsealed", callbacks.Unsealed)
B5 = _callback("B5", "延期结果", "extension", decisions.Extension)
B6 = _callback("B6", "退保结果", "refund", decisions.Refund)
B7 = _callback("B7", "注销结果", "cancellation", decisions.Cancellation)
B8 = _callback("B8", "开票结果", "invoice", decisions.Invoice)
B9 = _callback("B9", "理赔结果", "claim", decisions.Claim)
B10 = _callback("B10", "产品与状态", "products", decisions.Products)
B11 = _callback("B11", "退款结果", "repayment", callbacks.Repayment)

C1 = _trading("C1", "标段信息", "PUT", "/lots/{lot_id}", lots.Lot, lots.LotKnown)
C2 = _trading("C2", "标段事件", "POST", "/lots/{lot_id}/events", lots.LotEvent, Receipt)
C3 = Call(
    "C3",
    "标段保函",
    TRADING,
    PLATFORM,
    "GET",
    "/openapi/v1/lots/{lot_id}/guarantees",
    None,
    lots.LotGuarantees,
)
C4 = Call("C4", "保函查验", TRADING, PLATFORM, "GET", "/openapi/v1/guarantees/verify", None, lots.Verification)
C5 = Call(
    "C5", "投标资格", PLATFORM, TRADING, "POST", "/v1/lots/{lot_id}/eligibility",
    lots.EligibilityQuestion, lots.Eligibility,
)  # fmt: skip
C6 = _trading("C6", "中标结果", "POST", "/lots/{lot_id}/award", lots.Award, Receipt)

CALLS = {
    call.id: call
    for call in (
        A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15,
        B1, B2, B3, B4, B5, B6, B7, B8, B9, B10, B11, C1, C2, C3, C4, C5, C6,
    )
}  # fmt: skip
