"""The calls to institutions, as diagrams may make them."""

from typing import Any

from app.gateway import outgoing
from app.runtime.operations import Field, OpContext, Operation

ACCEPTED = Field("accepted", "boolean", "机构是否受理")
CODE = Field("code", "string", "拒绝代码", required=False)
REASON = Field("reason", "string", "拒绝原因", required=False)
REFUSAL = (ACCEPTED, CODE, REASON)


def _accepted(context: OpContext, **parameters: Any) -> dict[str, Any]:
    return {"accepted": True}


OPERATIONS = (
    Operation(
        "gateway/quote",
        outgoing.quote,
        title="向机构询价",
        results=(*REFUSAL, Field("premium", "string", "保费（元）", False), Field("rate", "string", "费率", False)),
        effects=("向机构询价",),
        simulate=lambda context: {"accepted": True, "premium": "200.00", "rate": "0.003"},
        outside=True,
    ),
    Operation(
        "gateway/bidding_right",
        outgoing.bidding_right,
        title="向交易平台核实投标资格",
        results=(
            Field("eligible", "boolean", "可以投标；未能核实为空", False),
            Field("reason", "string", "不可以的原因", False),
        ),
        effects=("交易平台得知投标人与标段",),
        simulate=lambda context: {"eligible": True, "reason": ""},
        outside=True,
    ),
    Operation(
        "gateway/place_order",
        outgoing.place_order,
        title="向机构提交订单",
        results=(*REFUSAL, Field("institution_order_no", "string", "机构订单号", False)),
        effects=("机构开始核保",),
        simulate=_accepted,
        outside=True,
    ),
    Operation(
        "gateway/payment_link",
        outgoing.payment_link,
        title="获取支付链接",
        results=(
            *REFUSAL,
            Field("url", "string", "支付地址", False),
            Field("expires_at", "string", "支付截止时间", False),
        ),
        effects=("机构打开支付页面",),
        simulate=lambda context: {"accepted": True, "url": "https://example.invalid/pay", "expires_at": ""},
        outside=True,
    ),
    Operation(
        "gateway/query_order",
        outgoing.query_order,
        title="向机构查询订单",
        results=(
            Field("known", "boolean", "机构是否有此订单"),
            Field("underwriting_status", "string", "核保状态：PENDING、PASS、REJECT"),
            Field("pay_status", "string", "支付状态：UNPAID、PAID、CLOSED、REPAID"),
            Field("issue_status", "string", "出函状态：NONE、PENDING、ISSUED、REFUSED"),
            Field("guarantee_no", "string", "保函编号", False),
            Field("premium_paid", "string", "已付保费（元）", False),
        ),
        effects=("未收到的机构消息补入收件箱",),
        simulate=lambda context: dict(outgoing.UNKNOWN_THERE, known=True),
        outside=True,
    ),
    Operation(
        "gateway/close_order",
        outgoing.close_order,
        title="请机构关闭订单",
        parameters=(Field("reason", "string", "关闭原因：TIMEOUT、ABANDON"),),
        results=(
            Field("closed", "boolean", "已关闭，不会再收款"),
            Field("paid", "boolean", "已支付，不能关闭"),
            Field("code", "number", "应答代码"),
            Field("reason", "string", "应答说明"),
        ),
        effects=("机构关闭支付",),
        simulate=lambda context, reason: {"closed": True, "paid": False, "code": 0, "reason": ""},
        outside=True,
    ),
    Operation(
        "gateway/repay",
        outgoing.repay,
        title="请机构退款",
        parameters=(
            Field("txn_no", "string", "支付流水号"),
            Field("reason", "string", "退款原因：LATE、DUPLICATE、NOT_ISSUED、TERMINATED"),
        ),
        results=REFUSAL,
        effects=("机构退还一笔保费",),
        simulate=_accepted,
        outside=True,
    ),
    Operation(
        "gateway/unseal",
        outgoing.unseal,
        title="请机构还原保函",
        parameters=(Field("guarantee_no", "string", "保函编号"),),
        results=REFUSAL,
        effects=("机构得知保函对应的标段和受益人",),
        simulate=_accepted,
        outside=True,
    ),
)
