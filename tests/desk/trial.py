"""A small policy with people in it: somebody applies, a centre reviewer decides, an institution settles outside."""

import json
from typing import Any

from flask import Flask

from app import runtime
from app.audit import Actor
from app.db import db, transaction
from app.errors import Conflict, Unavailable
from app.runtime import Fact, Field, OpContext, Operation, Subject, definitions
from app.runtime.models import UserTask
from tests.runtime.engine import bpmn

BIDDER = Actor("B1", "投标人", sealed=True)
APPLY = {
    "components": [
        {"key": "cause", "type": "textarea", "label": "退保原因", "validate": {"required": True}},
        {"key": "phone", "type": "textfield", "label": "联系电话", "properties": {"secrecy": "personal"}},
        {"key": "company", "type": "textfield", "label": "申请人", "properties": {"secrecy": "sealed"}},
        {"key": "proof", "type": "filepicker", "label": "证明材料", "multiple": True},
    ]
}
REVIEW = {
    "components": [
        {
            "key": "result",
            "type": "radio",
            "label": "审核结果",
            "values": [{"value": "pass", "label": "同意"}, {"value": "refuse", "label": "不同意"}],
            "validate": {"required": True},
        },
        {
            "key": "reason",
            "type": "select",
            "label": "不同意的原因",
            "values": [{"value": "OPENED", "label": "项目已开标"}, {"value": "OTHER", "label": "其他"}],
            "validate": {"required": True},
            "conditional": {"hide": '=result != "refuse"'},
        },
        {"key": "comment", "type": "textarea", "label": "审核意见", "validate": {"maxLength": 200}},
        {"key": "checker_phone", "type": "textfield", "label": "核实电话", "properties": {"secrecy": "personal"}},
    ]
}
called: list[dict[str, Any]] = []
recorded: list[tuple[dict[str, Any], dict[str, Any]]] = []
outside: dict[str, Any] = {}


def record(context: OpContext, decision: dict[str, Any]) -> dict[str, Any]:
    if decision.get("comment") == "开标了":
        raise Conflict("保函已变为“已失效”，不能退保")
    recorded.append((decision, dict(context.secret)))
    return {}


def settle(context: OpContext, amount: float) -> dict[str, Any]:
    called.append({"amount": amount, "key": context.idempotency})
    if outside.get("down"):
        raise Unavailable("机构没有应答")
    return {"txn": "T1"}


def begin_form() -> str:
    extension = '<bpmn:extensionElements><policy:form name="refundtrial/apply"/></bpmn:extensionElements>'
    return bpmn.raw("startEvent", "start", inside=extension, name="提交退保申请").replace('name="start" ', "")


def diagram(role: str = "centre_reviewer") -> bytes:
    return bpmn.process(
        begin_form(),
        bpmn.user("review", form="refundtrial/review", due="P2D", result="decision", name="退保审核"),
        bpmn.service("keep", "refundtrial/record", decision="=decision"),
        bpmn.gateway("which", default="which-refused"),
        bpmn.service("pay", "refundtrial/settle", result="paid", amount="=100"),
        bpmn.end("done"),
        bpmn.end("refused"),
        flows='start > review > keep > which; which > pay [decision.result = "pass"]; which > refused; pay > done',
        role=role,
    ).replace(b'<bpmn:process id="p"', '<bpmn:process id="p" name="退保"'.encode())


def install(app: Flask) -> None:
    """Publish the policy and register what it calls; once per database."""
    catalogue = app.extensions["catalogue"]
    if "refundtrial/record" not in catalogue.operations:
        catalogue.add(
            Operation("refundtrial/record", record, title="登记", parameters=(Field("decision", "context", "意见"),)),
            Operation(
                "refundtrial/settle",
                settle,
                title="通知机构退费",
                parameters=(Field("amount", "number", "金额"),),
                results=(Field("txn", "string", "交易流水号"),),
                outside=True,
                attempts=1,
            ),
            Subject(
                "refundtrial",
                "退保申请",
                facts=lambda key: {"guarantee": lambda: {"no": f"BH-{key}", "amount": 80, "lot": "某标段"}},
                fields=(
                    Fact("guarantee.no", "string", "保函编号"),
                    Fact("guarantee.amount", "number", "担保金额（元）"),
                    Fact("guarantee.lot", "string", "标段", "sealed"),
                ),
            ),
        )
    for kept in (called, recorded):
        kept.clear()
    outside.clear()
    publish()


def publish(role: str = "centre_reviewer", policy: str = "refundtrial") -> None:
    forms = {"forms/apply.json": json.dumps(APPLY), "forms/review.json": json.dumps(REVIEW)}
    with transaction():
        definitions.publish(policy, {"process.bpmn": diagram(role).decode(), **forms}, by=BIDDER)


def begin(
    key: str, *, region: str = "430100", institution: str = "", policy: str = "refundtrial", **secret: Any
) -> int:
    """A case waiting for its reviewer; returns the task's id."""
    with transaction():
        instance = runtime.start(
            policy,
            key=key,
            data={"cause": "项目终止"},
            secret={"phone": "13900001234", "company": "湘江建设有限公司", **secret},
            by=BIDDER,
            region=region,
            institution=institution,
        )
    task_id = db.session.scalar(db.select(UserTask.id).where(UserTask.instance_id == instance))
    assert task_id is not None
    db.session.rollback()
    return task_id
