"""The runtime's verbs for people and views; each runs in the caller's transaction, which locks one instance."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import clock
from app.accounts.staff import when_gone
from app.audit import SYSTEM, Actor, record
from app.db import db
from app.errors import Conflict, Forbidden, NotFound
from app.runtime import definitions, engine, step, store
from app.runtime.models import Instance, UserTask
from app.statements import one

TAKEN = "该待办已被处理，请刷新后查看最新状态"
OVER = "该事项已经办结"
NOT_NOW = "当前状态已变化，不能进行此操作，请刷新后查看"


def start(
    policy: str,
    *,
    key: str,
    data: Mapping[str, Any],
    by: Actor,
    secret: Mapping[str, Any] | None = None,
    region: str = "",
    institution: str = "",
) -> int:
    """Start the policy's live version on the subject `key`; returns the instance's id."""
    return step.begin(policy, key=key, by=by, data=data, secret=secret or {}, region=region, institution=institution)


def complete(
    task_id: int,
    data: Mapping[str, Any],
    *,
    by: Actor,
    secret: Mapping[str, Any] | None = None,
    though_held: bool = False,
) -> None:
    """Finish a user task with its form's data. Raises Conflict if somebody else did, or holds it.

    `though_held`: the group itself decides (an institution by its own system), whoever of it has taken the task.
    """
    task = one(store.TASK, id=task_id)
    if task is None:
        raise Conflict(TAKEN)
    _id, instance_id, token, element, _form, _role, assignee, _key, _policy = task
    if assignee and assignee != by.ref and not though_held:
        raise Conflict("该待办已被他人领取")

    def command(case: engine.Case, at: step.Step) -> None:
        try:
            case.complete(token, dict(data), at)
        except engine.NotWaiting as gone:
            raise Conflict(TAKEN) from gone

    done = step.advance(
        "complete", command, by=by, instance_id=instance_id, about=element, payload=dict(data), secret=secret
    )
    if done is None:
        raise Conflict(OVER)


def tell(
    policy: str,
    key: str,
    message: str,
    payload: Mapping[str, Any],
    *,
    by: Actor,
    secret: Mapping[str, Any] | None = None,
) -> None:
    """A person says something to a case that waits for it now (放弃申请, say). Raises Conflict if it does not."""

    def command(case: engine.Case, at: step.Step) -> None:
        wait = next((wait for wait in case.waiting().messages if wait.name == message), None)
        if wait is None:
            raise Conflict(NOT_NOW)
        case.deliver(wait.token, message, dict(payload), at)

    done = step.advance(
        "message",
        command,
        by=by,
        place=(policy, key),
        about=message,
        payload=dict(payload),
        secret=secret,
        drain_first=True,
    )
    if done is None:
        raise Conflict(NOT_NOW)


def claim(task_id: int, *, by: Actor) -> UserTask:
    """Take a task out of the group's queue; the caller holds the transaction."""
    task = _task(task_id)
    if task.assignee and task.assignee != by.ref:
        raise Conflict(f"该待办已由 {task.assignee_label} 领取")
    task.assignee, task.assignee_label, task.claimed_at = by.ref, by.label, clock.now()
    return task


def release(task_id: int, *, by: Actor) -> UserTask:
    task = _task(task_id)
    if task.assignee != by.ref:
        raise Forbidden("只有领取人可以退回待办")
    task.assignee, task.assignee_label, task.claimed_at = "", "", None
    return task


@when_gone
def give_back(ref: str) -> None:
    """Somebody's access ends, or a substitute takes over: what they claimed is the group's again."""
    held = select(UserTask).where(UserTask.assignee == ref).order_by(UserTask.id).with_for_update()
    for task in db.session.scalars(held):
        task.assignee, task.assignee_label, task.claimed_at = "", "", None
        record(f"desk:{task.key}", f"退回：{task.name}", by=SYSTEM)


def move(policy: str, key: str, tokens: list[str], to: str, *, by: Actor, note: str) -> None:
    """Take the case's tokens to another shape (退回, skip, repair)."""

    def command(case: engine.Case, at: step.Step) -> None:
        case.move(tokens, to, at)

    if (
        step.advance("move", command, by=by, place=(policy, key), about=to, payload={"tokens": tokens, "note": note})
        is None
    ):
        raise Conflict(OVER)
    record(key, f"移动到 {to}：{note}", by=by)


def cancel(policy: str, key: str, *, by: Actor, note: str) -> None:
    """End the case where it stands."""

    def command(case: engine.Case, at: step.Step) -> None:
        case.cancel()

    if step.advance("cancel", command, by=by, place=(policy, key), payload={"note": note}) is None:
        raise Conflict(OVER)
    record(key, f"终止流程：{note}", by=by)


def migrate(policy: str, key: str, version_id: int, *, by: Actor) -> None:
    """Take a running case to another version; open timers keep their due times. Raises engine.Refused."""
    version = definitions.get(version_id)
    if version.name != policy:
        raise Conflict("版本不属于该流程")

    def command(case: engine.Case, at: step.Step) -> None:
        case.swap(version.definition)
        at.version_id = version_id

    if step.advance("migrate", command, by=by, place=(policy, key), payload={"version": version_id}) is None:
        raise Conflict(OVER)


def data_of(policy: str, key: str) -> dict[str, Any]:
    """The case's process data as it stands; for pages that show what a message said."""
    row = instance_of(policy, key)
    return engine.load(definitions.get(row.version_id).definition, step.opened_state(row.state)).data


def instance_of(policy: str, key: str) -> Instance:
    found = db.session.scalar(select(Instance).where(Instance.policy == policy, Instance.key == key))
    if found is None:
        raise NotFound("没有这个流程实例")
    return found


def _task(task_id: int) -> UserTask:
    task = db.session.get(UserTask, task_id, with_for_update=True, populate_existing=True)
    if task is None:
        raise Conflict(TAKEN)
    return task
