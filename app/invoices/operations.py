"""The verbs of invoices and credit notes, for diagrams."""

from app.audit import record
from app.invoices import crediting, issuing, secrets
from app.invoices.models import Invoice
from app.notices import telling
from app.runtime.operations import Field, OpContext, Operation

KIND = "invoice"
REASON = Field("reason", "string", "原因")
FILE = Field("file", "list", "发票文件", required=False)


def tell(context: OpContext, text: str, reason: str = "") -> None:
    """Tell the applicant: a notice and, if the text says so, an SMS. Once for each step it is told in."""
    invoice = _of(context)
    telling.tell(
        secrets.content(invoice).applicant_id,
        text,
        kind=KIND,
        about=invoice.no,
        link=f"/invoices/{invoice.no}",
        key=f"{KIND}:{context.key}:{text}:{context.step.number}",
        places={"reason": reason, "order": invoice.order_no},
    )


def note(context: OpContext, text: str) -> None:
    """A line in the case's timeline, which the applicant sees, too."""
    record(context.key, text, by=context.by)


def _of(context: OpContext) -> Invoice:
    return secrets.of_credit_note(context.key) if context.policy == crediting.POLICY else secrets.find(context.key)


OPERATIONS = (
    Operation("invoices/open", issuing.open_invoice, title="登记开票申请", effects=("发票：→处理中",)),
    Operation("invoices/turn_away", issuing.turn_away, title="不予受理（撤销本次申请）", parameters=(REASON,)),
    Operation("invoices/issue", issuing.issue, title="登记发票", parameters=(FILE,), effects=("发票：处理中→已开票",)),
    Operation(
        "invoices/fail",
        issuing.fail,
        title="开票失败",
        parameters=(REASON, Field("code", "string", "原因代码")),
        effects=("发票：处理中→开票失败",),
    ),
    Operation(
        "invoices/owe_credit_note",
        crediting.owe,
        title="已退保且已开票的，开始红冲",
        parameters=(Field("guarantee_no", "string", "保函编号"),),
        results=(Field("owed", "boolean", "需要红冲"),),
        effects=("发票：已开票→红冲中",),
    ),
    Operation(
        "invoices/settle_credit_note",
        crediting.settle,
        title="登记红字发票",
        parameters=(FILE,),
        effects=("发票：红冲中→已红冲",),
    ),
    Operation("invoices/note", note, title="在进度中记一笔", parameters=(Field("text", "string", "内容"),)),
    Operation(
        "invoices/tell",
        tell,
        title="通知申请人",
        parameters=(Field("text", "string", "通知文本编号"), Field("reason", "string", "原因", required=False)),
        effects=("通知申请人",),
    ),
)
