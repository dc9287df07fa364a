"""B5–B9: an institution decides on an application, as its reviewer would on the desk, or tells how it goes on.

The application is the case of the call's policy whose key is the call's number. If a task of it is open for the
institution's reviewer and the task's form knows the result that is told, the task is completed: the form reads the
call as if it had been typed in, a field taking what the call says under the field's key (or under the name in its
property `callback`). Else, if the case waits for a message named as the policy, with no correlation or with the
result as correlation, it is told. Else nothing waits for this result: 3002, as for whoever decides second.

A policy needs no code for this: a lane of the institution's reviewer, and a form in the interface's words.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import select
from werkzeug.datastructures import FileStorage, MultiDict

from app import audit, clock, institutions, runtime
from app.accounts.roles import Role
from app.audit import Actor
from app.db import db
from app.errors import BadInput, Conflict
from app.files import Written
from app.formjs import Form, Upload
from app.formjs.choices import ChoiceField
from app.gateway import documents, fetching, news
from app.gateway.callbacks import WITH_FILE
from app.gateway.door import Asked, route
from app.protocol.calls import B5, B6, B7, B8, B9, Call
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import write
from app.runtime import answers, inbox, incidents
from app.runtime.engine import Stuck
from app.runtime.models import ACTIVE, InboxMessage, Instance, UserTask
from app.runtime.step import catalogue

POLICIES: dict[str, tuple[Call, str, str]] = {
    "extension": (B5, "extension_no", "file"),
    "refund": (B6, "refund_no", "file"),
    "cancellation": (B7, "cancellation_no", "file"),
    "invoice": (B8, "invoice_no", "file"),
    "credit_note": (B8, "invoice_no", "file"),
    "claim": (B9, "claim_no", "voucher"),
}
"""policy → its call, which field is the application's number, which one a file. A call may be of two policies: which
one is meant is known by the number."""

NOT_NOW = "该事项已由他人办理，或当前不能接收此结果"


@dataclass(frozen=True)
class Decision:
    """What an institution said of one application; `told` is the interface's JSON without the file."""

    policy: str
    number: str
    told: Mapping[str, Any]
    file: Mapping[str, Any] | None
    content: bytes | None
    written: Written | None
    by: Actor

    @property
    def result(self) -> str:
        return str(self.told["result"])

    def storage(self) -> FileStorage:
        assert self.file is not None
        name = self.file.get("name") or f"{self.number}.{self.file['format'].lower()}"
        return FileStorage(io.BytesIO(self.content or b""), filename=name)


def _route(call: Call, number: str, file: str) -> None:
    def bring(asked: Asked) -> Written | None:
        return _document(asked, call, number, file)

    @route(call, most=WITH_FILE, bring=bring)
    def decide(asked: Asked) -> Mapping[str, Any]:
        return _decide(asked, call, number, file)


for _means in dict.fromkeys(POLICIES.values()):
    _route(*_means)


def _document(asked: Asked, call: Call, field: str, file_field: str) -> Written | None:
    """The file that comes with the call, looked at and written before the transaction."""
    file, code = asked.values.get(file_field), asked.caller.code
    if file is None:
        return None
    case = _case(call, asked.values[field], code, field)
    endpoint = institutions.get(code).endpoint_url
    documents.check(file, endpoint=endpoint, formats=tuple(documents.BEGINNINGS), name=file_field)
    wanted = "url" not in file and _wanted(case, _said(asked, case, call, field, file_field))
    db.session.rollback()
    return documents.write(file, file["content"]) if wanted else None


def _decide(asked: Asked, call: Call, field: str, file_field: str) -> Mapping[str, Any]:
    case = _case(call, asked.values[field], asked.caller.code, field)
    decision = _said(asked, case, call, field, file_field)
    policy, number, file, code = case.policy, decision.number, decision.file, asked.caller.code
    _about_the_same(case, asked.values)
    if file is not None and "url" in file:
        if not _wanted(case, decision):
            raise Refusal(Code.STATE_CONFLICT, NOT_NOW)
        fetching.post(policy, number, policy, decision.told, file, institution=code)
        return {"received_at": clock.now()}
    try:
        kept = conclude(case, decision)
    except Stuck as stuck:
        reason = stuck  # the name is gone when the errand runs
        asked.if_undone(lambda: incidents.raise_for(policy, number, reason, kind="step"))
        raise Refusal(Code.RETRY_LATER, "流程暂时无法继续，已通知业务运营处理，请稍后重试") from stuck
    if kept is not None:
        asked.afterwards(lambda: _tell(kept, asked.caller.actor))
    return {"received_at": clock.now()}


def _said(asked: Asked, case: Instance, call: Call, field: str, file_field: str) -> Decision:
    assert call.body is not None
    told = write(call.body, {name: value for name, value in asked.values.items() if name != file_field})
    file = asked.values.get(file_field)
    content = (file or {}).get("content")
    return Decision(case.policy, asked.values[field], told, file, content, asked.brought, asked.caller.actor)


def conclude(case: Instance, decision: Decision) -> int | None:
    """Complete the task, or keep the message and return its number; the caller holds the transaction.

    Raises Refusal where nothing waits for it, BadInput naming what the form does not take, Conflict and Stuck.
    """
    found = _task(case, decision)
    if found is not None:
        task, form = found
        data, secret = answers.parted(form, _read(form, decision, answers.facts(case)))
        runtime.complete(task.id, data, by=decision.by, secret=secret, though_held=True)
        audit.record(decision.number, f"办理：{task.name}", by=decision.by)
        return None
    known = _known(decision)
    if known is not None:
        return known.id if known.delivered_at is None else None
    if not _listens(case, decision):
        raise Refusal(Code.STATE_CONFLICT, NOT_NOW)
    told = dict(decision.told)
    if decision.file is not None and decision.written is not None:
        told |= documents.keep(decision.file, decision.written)
    return news.keep(
        decision.policy, decision.number, decision.policy, told, sender=decision.by.ref, correlation=decision.result
    ).id


def fetched(row: fetching.AwaitedDocument, content: bytes, written: Written, by: Actor) -> int | None:
    """The document of a decision is here. What can't be carried out any more is shown to an operator."""
    case = _instance((row.policy,), row.number)
    assert case is not None  # it was there when the call was answered
    try:
        return conclude(case, Decision(row.policy, row.number, row.told, row.file, content, written, by))
    except (Refusal, BadInput, Conflict) as refused:
        raise fetching.TooLate(f"机构的决定未能执行：{refused.message}") from refused


fetching.TAKERS.update(dict.fromkeys(POLICIES, fetched))


def _instance(policies: Sequence[str], number: str) -> Instance | None:
    return db.session.scalar(
        select(Instance)
        .where(Instance.policy.in_(policies), Instance.key == number)
        .execution_options(populate_existing=True)
    )


def _case(call: Call, number: str, institution: str, field: str) -> Instance:
    """Another institution's is unknown to this one."""
    found = _instance([policy for policy, means in POLICIES.items() if means[0] == call], number)
    if found is None or found.institution != institution:
        raise Refusal(Code.UNKNOWN, "申请不存在", fields={field: "申请不存在"})
    return found


def _about_the_same(case: Instance, values: Mapping[str, Any]) -> None:
    """The guarantee or order that is named must be the case's own, where its subject says which that is."""
    subject = catalogue().subject_of(case.policy)
    readers = subject.facts(case.key) if subject is not None else {}
    for name, kind in (("guarantee_no", "guarantee"), ("order_no", "order")):
        known = readers[kind]() if name in values and kind in readers else None
        if isinstance(known, Mapping) and known.get("no", values.get(name)) != values.get(name):
            raise Refusal(Code.UNKNOWN, "与申请不符", fields={name: "与申请不符"})


def _task(case: Instance, decision: Decision) -> tuple[UserTask, Form] | None:
    """The open task of the institution's reviewer whose form knows this result."""
    if case.status != ACTIVE:
        return None
    query = select(UserTask).where(
        UserTask.instance_id == case.id,
        UserTask.role == Role.INSTITUTION_REVIEWER,
        UserTask.institution == case.institution,
    )
    for task in db.session.scalars(query.order_by(UserTask.id)):
        form = answers.form_of(task, case)
        for field in form.fields if form is not None else ():
            if _name(field) == "result" and isinstance(field, ChoiceField):
                assert form is not None
                if decision.result in {choice.value for choice in field.choices(answers.facts(case))}:
                    return task, form
    return None


def _read(form: Form, decision: Decision, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The call as the form's answer."""
    sent: MultiDict[str, str] = MultiDict()
    files: MultiDict[str, FileStorage] = MultiDict()
    for field in form.open_fields():
        name = _name(field)
        if field.type == "filepicker":
            if decision.file is not None and name == POLICIES[decision.policy][2]:
                files[field.key] = decision.storage()
        elif name in decision.told:
            sent[field.key] = str(decision.told[name])
    try:
        answer = form.read(sent, files, ctx=facts)
    except BadInput as wrong:
        names = {field.key: _name(field) for field in form.fields}
        raise BadInput(fields={names[key]: told for key, told in wrong.fields.items()}) from None
    return {key: _stored(value, decision) for key, value in answer.items()}


def _stored(value: Any, decision: Decision) -> Any:
    """An accepted document, as it was written before the transaction."""
    if isinstance(value, list):
        return [_stored(one, decision) for one in value]
    if isinstance(value, Upload):
        assert decision.written is not None
        return answers.Sent(value.name, decision.written)
    return value


def _name(field: Any) -> str:
    """What the interface calls this field."""
    return str(field.properties.get("callback") or field.key)


def _listens(case: Instance, decision: Decision) -> bool:
    waits = orjson.loads(case.listens) if case.status == ACTIVE else []
    return any(name == decision.policy and key in ("", decision.result) for _at, name, key, _since in waits)


def _wanted(case: Instance, decision: Decision) -> bool:
    return _task(case, decision) is not None or (_known(decision) is None and _listens(case, decision))


def _known(decision: Decision) -> InboxMessage | None:
    """The same news, told before."""
    file = documents.described(decision.file) if decision.file is not None else {}
    which = news.identity(decision.policy, decision.number, {**decision.told, **file})
    return news.known(decision.by.ref, which)


def _tell(message: int, by: Actor) -> None:
    inbox.deliver(message, by=by)
