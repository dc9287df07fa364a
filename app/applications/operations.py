"""The verbs of applications on a guarantee, for diagrams."""

from datetime import datetime

from app import money
from app.applications import life, lot_changes, new_documents, secrets, unsealing
from app.guarantees import life as guarantees
from app.guarantees import secrets as guarantee_secrets
from app.guarantees.models import Lapse
from app.notices import telling
from app.runtime.operations import Field, OpContext, Operation

REASON = Field("reason", "string", "原因")
KIND = "application"
FILE = Field("file", "list", "文件")
VERDICT = (Field("ok", "boolean", "是否合格"), Field("reason", "string", "不合格原因"))


def tell(context: OpContext, text: str, reason: str = "") -> None:
    """Tell the applicant: a notice and, if the text says so, an SMS. Once for each step it is told in."""
    application = secrets.find(context.key)
    telling.tell(
        secrets.content(application).applicant_id,
        text,
        kind=KIND,
        about=application.no,
        link=f"/applications/{application.no}",
        key=f"{KIND}:{application.no}:{text}:{context.step.number}",
        places={"reason": reason, "guarantee": application.guarantee_no},
    )


def tell_bidder(context: OpContext, text: str) -> None:
    """Tell the bidder what happens to its guarantee by somebody else's application."""
    application = secrets.find(context.key)
    guarantee = guarantee_secrets.find(application.guarantee_no)
    telling.tell(
        guarantee_secrets.content(guarantee).bidder_id,
        text,
        kind="order",
        about=guarantee.order_no,
        link=f"/guarantees/{guarantee.no}",
        key=f"{KIND}:{application.no}:{text}:{context.step.number}",
        places={"guarantee": guarantee.no},
    )


def phone_of(no: str) -> str:
    return secrets.content(secrets.find(no)).phone


def refund(context: OpContext, amount: str) -> None:
    guarantees.refund(secrets.find(context.key).guarantee_no, money.parse(amount), context)


def discharge(context: OpContext) -> None:
    guarantees.lapse(secrets.find(context.key).guarantee_no, Lapse.DISCHARGED, context)


def extend(context: OpContext, until: str) -> None:
    guarantees.extend(secrets.find(context.key).guarantee_no, datetime.fromisoformat(until), context)


def pay_out(context: OpContext) -> None:
    """What was approved is paid."""
    application = secrets.find(context.key)
    amount = secrets.content(application).said["approved_amount"]
    guarantees.pay_out(application.guarantee_no, amount, context, key=application.no)


OPERATIONS = (
    Operation("applications/open", life.open_application, title="登记申请", effects=("申请：→审核中",)),
    Operation("applications/turn_away", life.turn_away, title="不予受理（撤销本次申请）", parameters=(REASON,)),
    Operation(
        "applications/accept",
        life.accept,
        title="受理申请",
        effects=("保函：生效中→退保中、注销中、理赔中", "资金（退保）：已实现→待退保费"),
    ),
    Operation(
        "applications/return",
        life.return_for_correction,
        title="退回补正",
        parameters=(REASON,),
        effects=("申请：审核中→待补正",),
    ),
    Operation("applications/resubmit", life.resubmit, title="重新提交", effects=("申请：待补正→审核中",)),
    Operation(
        "applications/owe",
        life.owe,
        title="同意赔付",
        parameters=(Field("amount", "string", "同意赔付的金额（元）"),),
        effects=("申请：审核中→待赔付", "资金：机构→待赔付"),
    ),
    Operation("applications/note", life.note, title="在进度中记一笔", parameters=(Field("text", "string", "内容"),)),
    Operation(
        "applications/tell_bidder",
        tell_bidder,
        title="通知投标人",
        parameters=(Field("text", "string", "通知文本编号"),),
        effects=("通知投标人",),
    ),
    Operation("applications/approve", life.approve, title="通过申请", effects=("申请：→已通过",)),
    Operation(
        "applications/refuse",
        life.refuse,
        title="拒绝申请",
        parameters=(REASON, Field("code", "string", "原因代码", required=False)),
        effects=("申请：→未通过", "保函：→生效中", "资金（退保）：待退保费→已实现"),
    ),
    Operation(
        "applications/tell",
        tell,
        title="通知申请人",
        parameters=(Field("text", "string", "通知文本编号"), Field("reason", "string", "原因", required=False)),
        effects=("通知申请人",),
    ),
    Operation(
        "guarantees/refund",
        refund,
        title="登记退保",
        parameters=(Field("amount", "string", "退回的保费（元）"),),
        effects=("保函：退保中→已退保", "资金：待退保费→投标人"),
    ),
    Operation("guarantees/discharge", discharge, title="注销保函", effects=("保函：注销中→已失效",)),
    Operation(
        "guarantees/extend",
        extend,
        title="延长有效期",
        parameters=(Field("until", "string", "新的有效期"),),
        effects=("保函：有效期延长",),
    ),
    Operation(
        "guarantees/verify_new_document",
        new_documents.verify_new,
        title="核验延期后的保函文件",
        parameters=(FILE,),
        results=VERDICT,
        simulate=lambda context, **told: {"ok": True, "reason": ""},
        outside=True,
        attempts=3,
    ),
    Operation(
        "guarantees/keep_new_document",
        new_documents.keep_new,
        title="登记延期后的保函文件",
        parameters=(FILE,),
        effects=("保函：附延期后的文件",),
    ),
    Operation(
        "guarantees/pay_out",
        pay_out,
        title="登记赔付",
        effects=("保函：理赔中→已失效（足额）、生效中（余额减少）", "资金：待赔付→受益人"),
    ),
    Operation(
        "lots/tell",
        lot_changes.tell,
        title="通知标段的投标人",
        parameters=(
            Field("text", "string", "通知文本编号"),
            Field(
                "whom",
                "string",
                "对象：all、short（有效期不足的）、enough（有效期足够的）、losers（未中标的）",
                required=False,
            ),
        ),
        effects=("逐份通知保函的投标人",),
        simulate=lambda context, text, whom="": None,
        outside=True,
    ),
    Operation(
        "lots/unseal",
        lot_changes.unseal,
        title="逐份还原密文保函",
        effects=("每份密文保函开始还原",),
        simulate=lambda context: None,
        outside=True,
    ),
    Operation(
        "guarantees/verify_plain",
        unsealing.verify_plain,
        title="核验还原的保函",
        parameters=(
            Field("file_id", "number", "文件"),
            Field("sm3", "string", "SM3 摘要"),
            Field("sha256", "string", "SHA-256 摘要"),
            Field("replaces_sm3", "string", "所替换文件的 SM3 摘要"),
        ),
        results=VERDICT,
        simulate=lambda context, **told: {"ok": True, "reason": ""},
        outside=True,
    ),
    Operation(
        "guarantees/keep_plain",
        unsealing.keep_plain,
        title="登记还原的保函",
        parameters=(Field("file_id", "number", "文件"),),
        effects=("保函：附还原后的文件",),
    ),
)
