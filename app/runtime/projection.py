"""The rows of what a case waits for: open tasks, timers and calls as jobs, and the messages it listens for.

They are a function of the case's state, so what to add and what to drop is the difference of what it waited for
before and after; nothing is read to find them.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import orjson

from app.db import after_commit
from app.jobs import queue
from app.runtime import engine, store
from app.sealing import seal_json
from app.statements import later

if TYPE_CHECKING:
    from app.runtime.step import Step

MOVED_ON = "流程已另行继续"


def write(step: "Step", before: engine.Waiting, after: engine.Waiting) -> None:
    """Rows of what the case waits for now and did not before, and away with the others."""
    _write_tasks(step, before, after)
    place = {"instance_id": step.instance_id}
    old, new = _timers(before), _timers(after)
    later(store.DROP_TIMER, ({**place, "token": t[0], "name": t[1]} for t in old.keys() - new.keys()))
    olds, news = {call.token: call for call in before.calls}, {call.token: call for call in after.calls}
    over = [{**place, "token": token, "now": step.now} for token in olds.keys() - news.keys()]
    if step.kind != "settle" or len(over) > 1:  # a call that is settled ends with its own row
        later(store.DROP_CALL, over)
        later(store.MOOT_INCIDENT, [{**one, "note": seal_json(MOVED_ON, "incident.note")} for one in over])
    jobs = [_timer(step, new[t]) for t in sorted(new.keys() - old.keys())]
    jobs += [_call(step, news[token]) for token in sorted(news.keys() - olds.keys())]
    jobs += [{**job, **place} for job in step.posted]
    later(queue.ADD, jobs)
    if any(job["run_at"] <= step.now for job in jobs):
        after_commit(queue.nudge)


def listening(after: engine.Waiting, before: str, now: datetime) -> str:
    """The instance's column: [element, message, correlation, since] of every message it listens for."""
    known = {(element, name, key): since for element, name, key, since in orjson.loads(before)}
    at = now.isoformat()
    places = [(wait.element.id, wait.name, wait.key or "") for wait in after.messages]
    return orjson.dumps([[*place, known.get(place, at)] for place in places]).decode()


def _write_tasks(step: "Step", before: engine.Waiting, after: engine.Waiting) -> None:
    old, new = {task.token: task for task in before.tasks}, {task.token: task for task in after.tasks}
    gone = [{"instance_id": step.instance_id, "token": token} for token in old.keys() - new.keys()]
    later(store.DROP_TASK, gone)
    later(store.ADD_TASK, (_task(step, new[token]) for token in sorted(new.keys() - old.keys())))
    changed = (token for token in old.keys() & new.keys() if old[token].element != new[token].element)
    later(store.CHANGE_TASK, (_task(step, new[token]) for token in changed))


def _task(step: "Step", task: engine.Task) -> dict[str, Any]:
    element = task.element
    return {
        "instance_id": step.instance_id,
        "token": task.token,
        "element": element.id,
        "name": element.label,
        "form": element.form or "",
        "policy": step.policy,
        "key": step.key,
        "role": element.role or "",
        "region": step.region,
        "institution": step.institution,
        "assignee": "",
        "assignee_label": "",
        "priority": 50,
        "created_at": step.now,
        "due_at": task.due,
    }


def _timer(step: "Step", timer: engine.Timer) -> dict[str, Any]:
    return queue.row(
        kind="timer",
        name=timer.timer_id,
        instance_id=step.instance_id,
        token=timer.token,
        element=timer.element.id,
        at=step.now,
        run_at=timer.due_at,
    )


def _call(step: "Step", call: engine.Call) -> dict[str, Any]:
    return queue.row(
        kind="call",
        name=call.operation,
        payload=call.params,
        instance_id=step.instance_id,
        token=call.token,
        element=call.element.id,
        key=f"{step.policy}:{step.key}:{call.token}",
        at=step.now,
        attempts=step.catalogue.operations[call.operation].attempts,
    )


def _timers(waiting: engine.Waiting) -> dict[tuple[str, str, datetime], engine.Timer]:
    return {(timer.token, timer.timer_id, timer.due_at): timer for timer in waiting.timers}
