"""The order's verbs, for diagrams."""

from app import money
from app.notices import telling
from app.orders import life, payments, placing, secrets
from app.runtime.operations import Field, OpContext, Operation

REASON = Field("reason", "string", "原因")
PREMIUM = Field("premium", "number", "保费（元）")
TXN = Field("txn_no", "string", "支付流水号")
BACK = Field("reason", "string", "退款原因代码（LATE、DUPLICATE、NOT_ISSUED、TERMINATED）")
KEPT = Field("kept", "boolean", "已用于保函，没有应退款项")


def tell(context: OpContext, text: str, reason: str = "", premium: str = "") -> None:
    """Tell the bidder: a notice and, if the text says so, an SMS. Once for each step it is told in. `premium` (yuan)
    is the one to tell of, if it is not the order's."""
    order = secrets.find(context.key)
    content = secrets.content(order)
    telling.tell(
        content.bidder_id,
        text,
        kind="order",
        about=order.no,
        link=f"/orders/{order.no}",
        key=f"order:{order.no}:{text}:{context.step.number}",
        places={"reason": reason, "premium": premium or money.yuan(content.premium)},
    )


def phone_of(no: str) -> str:
    return secrets.content(secrets.find(no)).handler.phone


OPERATIONS = (
    Operation(
        "orders/open",
        placing.open_order,
        title="登记订单",
        effects=("订单：→核保中",),
    ),
    Operation("orders/refuse", placing.refuse, title="不予受理（撤销本次申请）", parameters=(REASON,)),
    Operation("orders/price", placing.price, title="核对保费", parameters=(PREMIUM,)),
    Operation("orders/reprice", placing.reprice, title="采用新的保费", parameters=(PREMIUM,)),
    Operation(
        "orders/await_payment",
        life.await_payment,
        title="等待支付",
        effects=("订单：核保中→等待支付",),
    ),
    Operation(
        "orders/reject",
        life.reject,
        title="核保不通过",
        parameters=(Field("code", "string", "原因代码"), REASON),
        effects=("订单：核保中→核保不通过",),
    ),
    Operation("orders/abandon", life.abandon, title="放弃申请", effects=("订单：核保中、等待支付→订单关闭",)),
    Operation(
        "orders/cancelling",
        life.cancelling,
        title="开始取消",
        parameters=(REASON,),
        effects=("订单：核保中、等待支付→取消中",),
    ),
    Operation(
        "orders/cancel",
        life.cancel,
        title="取消订单",
        effects=("订单：取消中→已取消",),
    ),
    Operation("orders/issuing", life.issuing, title="进入出函", effects=("订单：→出函中",)),
    Operation(
        "orders/repaying",
        life.repaying,
        title="进入退款",
        parameters=(REASON,),
        effects=("订单：→退款中",),
    ),
    Operation("orders/repaid", life.repaid, title="完成退款", effects=("订单：退款中→已退款",)),
    Operation(
        "orders/take_payment",
        payments.take,
        title="登记支付",
        parameters=(
            TXN,
            Field("amount", "string", "金额（元）"),
            Field("channel", "string", "支付渠道"),
            Field("paid_at", "string", "支付时间"),
        ),
        results=(
            Field("repeat", "boolean", "是否重复通知"),
            Field("matches", "boolean", "金额是否等于保费"),
            TXN,
        ),
        effects=("资金：投标人→待出函",),
    ),
    Operation(
        "orders/ask_back",
        payments.ask_back,
        title="登记应退款项",
        parameters=(TXN, BACK),
        results=(TXN, BACK),
        effects=("资金：待出函→退款中",),
    ),
    Operation(
        "orders/owed",
        payments.owed,
        title="记下应退款项",
        parameters=(TXN, BACK),
        results=(TXN, BACK, KEPT),
    ),
    Operation(
        "orders/stands",
        payments.stands,
        title="登记：机构已就该款出函",
        parameters=(TXN, BACK),
        results=(TXN, BACK, KEPT),
        effects=("资金：退款中→待出函、已实现", "资金：待出函、已实现→退款中"),
    ),
    Operation(
        "orders/earn",
        payments.earn,
        title="登记后到的保费",
        parameters=(TXN,),
        effects=("资金：待出函→已实现",),
    ),
    Operation(
        "orders/given_back",
        payments.given_back,
        title="登记已退款项",
        parameters=(
            TXN,
            Field("repay_txn_no", "string", "退款流水号"),
            Field("at", "string", "退款时间"),
            Field("amount", "string", "金额（元）", required=False),
        ),
        results=(Field("entered", "boolean", "此前未登记"),),
        effects=("资金：退款中→投标人",),
    ),
    Operation(
        "orders/tell",
        tell,
        title="通知投标人",
        parameters=(
            Field("text", "string", "通知文本编号"),
            Field("reason", "string", "原因", required=False),
            Field("premium", "string", "保费（元）", required=False),
        ),
        effects=("通知投标人",),
    ),
)
