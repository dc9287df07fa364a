"""Applications that wait for an institution's decision: a trial policy under the name of a real one, no code for it."""

import json
from typing import Any

from flask import Flask

from app import runtime
from app.audit import Actor
from app.db import db, transaction
from app.runtime import Fact, Field, OpContext, Operation, Subject, definitions
from app.runtime.models import UserTask
from tests.runtime.engine import bpmn

BIDDER = Actor("B1", "投标人", sealed=True)
DECIDE = {
    "components": [
        {
            "key": "result", "type": "radio", "label": "审核结果", "validate": {"required": True},
            "values": [{"value": "APPROVED", "label": "同意"}, {"value": "REJECTED", "label": "不同意"}],
        },
        {
            "key": "code", "type": "select", "label": "原因", "properties": {"callback": "reject_code"},
            "values": [{"value": "N01", "label": "不符合办理条件"}, {"value": "N99", "label": "其他原因"}],
            "validate": {"required": True}, "conditional": {"hide": '=result != "REJECTED"'},
        },
        {"key": "reason", "type": "textarea", "label": "说明"},
        {"key": "amount", "type": "number", "label": "退还金额（元）", "properties": {"money": "yuan"}},
        {"key": "repaid_at", "type": "datetime", "subtype": "datetime", "dateLabel": "退还时间"},
        {"key": "file", "type": "filepicker", "label": "凭证", "accept": ".pdf,.zip"},
    ]
}  # fmt: skip
kept: list[dict[str, Any]] = []


def keep(context: OpContext, decision: dict[str, Any]) -> None:
    kept.append(decision)


def install(app: Flask, policy: str = "refund", **extra: Any) -> None:
    """A reviewer of the institution decides (`decision`); after an approval the case waits to be told PAID."""
    catalogue = app.extensions["catalogue"]
    kept.clear()
    if "trial/keep" not in catalogue.operations:
        for kind, subject in list(catalogue.subjects.items()):  # the real ones step aside; the next test has them again
            if policy in (kind, *subject.policies):
                del catalogue.subjects[kind]
        catalogue.add(
            Operation("trial/keep", keep, title="登记", parameters=(Field("decision", "context", "意见"),)),
            Subject(
                policy,
                "退保申请",
                facts=lambda key: {"guarantee": lambda: {"no": "BH1"}},
                fields=(Fact("guarantee.no", "string", "保函编号"),),
            ),
        )
    publish(policy, **extra)


def publish(policy: str = "refund", condition: str = 'decision.result = "APPROVED"') -> None:
    diagram = bpmn.process(
        bpmn.start(),
        bpmn.user("review", form=f"{policy}/decide", due="P2D", result="decision", name="机构审核"),
        bpmn.service("keep", "trial/keep", decision="=decision"),
        bpmn.gateway("which", default="which-refused"),
        bpmn.receive("paid", policy, result="decision", key='="PAID"'),
        bpmn.service("keep_paid", "trial/keep", decision="=decision"),
        bpmn.end("done"),
        bpmn.end("refused"),
        flows=f"start > review > keep > which; which > paid [{condition}]; which > refused; paid > keep_paid > done",
        role="institution_reviewer",
    )
    with transaction():
        definitions.publish(
            policy, {"process.bpmn": diagram.decode(), "forms/decide.json": json.dumps(DECIDE)}, by=BIDDER
        )


def begin(number: str, *, policy: str = "refund", institution: str = "BANK01") -> int:
    """A case that waits for the institution; returns its open task's id."""
    with transaction():
        instance = runtime.start(policy, key=number, data={}, by=BIDDER, region="430100", institution=institution)
    task = db.session.scalar(db.select(UserTask.id).where(UserTask.instance_id == instance))
    db.session.rollback()
    assert task is not None
    return task
