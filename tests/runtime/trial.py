"""A small policy for the runtime's tests: a call outside, a wait for money or half an hour, a person's yes."""

from typing import Any

from flask import Flask

from app import runtime
from app.audit import Actor
from app.db import db, transaction
from app.errors import Unavailable
from app.runtime import Field, OpContext, Operation, Subject, definitions
from tests.runtime.engine import bpmn

ABOUT = Field("about", "string", "关于")
CLERK = Actor("S1", "王审核员")
asked: list[tuple[str, int]] = []
answers: dict[str, Any] = {}
noted: list[tuple[str, str]] = []


def ask(context: OpContext, about: str) -> dict[str, Any]:
    asked.append((context.idempotency, context.attempt))
    answer = answers.get(context.key, {"grade": 1})
    if isinstance(answer, Exception):
        raise answer
    return answer


def note(context: OpContext, text: str) -> dict[str, str]:
    noted.append((context.key, text))
    if text == "fail" and "mended" not in answers:
        raise Unavailable("现在不行")
    return {"text": text}


def diagram(wait: str = "PT30M") -> bytes:
    return bpmn.process(
        bpmn.start(),
        bpmn.service("ask", "trial/ask", result="asked", about="=trial.no"),
        bpmn.gateway("passed", default="passed-refused"),
        bpmn.service("refused", "trial/note", text="refused"),
        bpmn.end("over"),
        bpmn.gateway("first", "eventBased"),
        bpmn.catch("paid", message="payment"),
        bpmn.catch("late", duration=wait),
        bpmn.service("cancel", "trial/note", text="cancelled"),
        bpmn.end("cancelled"),
        bpmn.user("approve", form="trial/approve", due="P1D", result="decision"),
        bpmn.service("keep", "trial/note", text="=decision.comment"),
        bpmn.end("done"),
        flows="""start > ask > passed; passed > first [asked.grade > 0]; passed > refused > over;
        first > paid > approve > keep > done; first > late > cancel > cancelled""",
    )


def install(app: Flask, wait: str = "PT30M") -> None:
    """Publish the policy and register what it calls; once per database."""
    catalogue = app.extensions["catalogue"]
    if "trial/ask" not in catalogue.operations:
        catalogue.add(
            Operation(
                "trial/ask", ask, title="询问", parameters=(Field("about", "string", "关于"),), outside=True, attempts=2
            ),
            Operation("trial/note", note, title="记录", parameters=(Field("text", "string", "文字"),)),
            Subject("trial", "试验", facts=lambda key: {"trial": lambda: {"no": key}}),
        )
    asked.clear()
    answers.clear()
    noted.clear()
    publish(wait)


def publish(wait: str) -> None:
    with transaction():
        definitions.publish("trial", {"process.bpmn": diagram(wait).decode()}, by=CLERK)


def begin(key: str = "T1", **data: Any) -> int:
    with transaction():
        return runtime.start("trial", key=key, data=data, by=CLERK)


def tell(key: str, name: str = "payment", request_id: str = "r1", **payload: Any) -> int:
    with transaction():
        message = runtime.receive("trial", key, name, payload, request_id=request_id, sender="bank")
        identity = message.id
    runtime.deliver(identity)
    return identity


def rows(model: Any) -> list[Any]:
    db.session.rollback()
    return list(db.session.scalars(db.select(model).order_by(model.id)))
