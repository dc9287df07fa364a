"""A case on a policy's diagrams: start, complete, deliver, fire, settle, fail, move, swap. No database, no Flask.

A command that raises leaves the case in memory half-way: throw it away and load the stored one again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.runtime import codec, lint, moving, swapping
from app.runtime.drawing import Sheet
from app.runtime.elements import Diagram, Element, Finding
from app.runtime.faults import BpmnError, NotWaiting, Refused, Stuck
from app.runtime.gateways import FirstEvent
from app.runtime.host import OUTSIDE, STEP_LIMIT, Host, Turn
from app.runtime.shapes import Catch, ServiceTask, throw
from app.runtime.timers import Due
from app.runtime.tokens import Running, Token, write

__all__ = (
    "OUTSIDE", "STEP_LIMIT", "BpmnError", "Call", "Case", "Definition", "Element", "Finding", "Host", "NotWaiting",
    "Refused", "Stuck", "Task", "Timer", "Wait", "Waiting", "load", "start",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Task:
    """A user task somebody has to do."""

    token: str
    element: Element
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timer:
    token: str
    timer_id: str
    element: Element
    due_at: datetime


@dataclass(frozen=True, slots=True)
class Wait:
    """A message waited for; `key` narrows whose, None takes any that reaches this case."""

    token: str
    element: Element
    name: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """An operation called outside, not yet settled."""

    token: str
    element: Element
    operation: str
    params: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Gathered:
    """A token that has reached a join and waits for the others."""

    token: str
    element: Element


@dataclass(frozen=True, slots=True)
class Waiting:
    tasks: list[Task]
    timers: list[Timer]
    messages: list[Wait]
    calls: list[Call]
    joins: list[Gathered]


class Definition:
    """One version of a policy's diagrams, parsed. Immutable and shared by all its cases in this process."""

    def __init__(self, diagram: Diagram, models: Mapping[str, Any]):
        self.diagram, self.models = diagram, models
        self.policy, self.main = diagram.policy, diagram.main
        self.elements: Mapping[str, Element] = diagram.elements
        self.levels = {process: Sheet(diagram, process) for process in diagram.processes}

    @classmethod
    def parse(cls, policy: str, files: Mapping[str, bytes], shared: Mapping[str, bytes] | None = None) -> "Definition":
        """The policy folder's *.bpmn and *.dmn (shared tables behind its own); Refused names what is wrong, where."""
        ground = lint.judged(policy, files, shared or {})
        if wrong := [finding for finding in ground.findings if finding.severity == "error"]:
            raise Refused(wrong)
        return cls(ground.diagram, ground.models)

    @property
    def start_messages(self) -> Mapping[str, Element]:
        """Message name → the start event it begins."""
        return self.levels[self.main].messages


class Case:
    """One running instance. Every command runs on until all tokens wait, within STEP_LIMIT."""

    def __init__(self, definition: Definition, running: Running):
        self.definition, self._running = definition, running

    @property
    def ended(self) -> bool:
        return self._running.completed

    @property
    def data(self) -> dict[str, Any]:
        return self._running.data

    def complete(self, token: str, data: Any, host: Host) -> None:
        """A person has done the user task `token`; `data` is what the form says."""
        task = self._waiting(token, TaskState.READY, host)
        data = task.turn.checked(task.element, data)
        write(task.level, task.element.result or task.element.id, data)
        task.turn.record("completed", task.element, token=token, data=data)
        task.run()
        self._running.run()

    def deliver(self, token: str, message: str, payload: Any, host: Host) -> None:
        """A message has come for this token."""
        task = self._waiting(token, TaskState.WAITING, host)
        element = next((e for e in _events(task) if e.waits_for_message and e.message == message), None)
        if element is None:
            raise NotWaiting(token)
        payload = task.turn.checked(element, payload)
        write(task.level, element.result or message, payload)
        task.turn.record("received", element, token=token, message=message, payload=payload)
        task.task_spec.struck(task, element)
        self._running.run()

    def fire(self, token: str, timer_id: str, host: Host) -> None:
        """A timer is due. The caller decides that; the engine never does."""
        task = self._waiting(token, TaskState.WAITING, host)
        element = next((e for e in _events(task) if e.event == "timer" and e.id == timer_id), None)
        if element is None:
            raise NotWaiting(token)
        task.turn.record("fired", element, token=token, due=_due(task, element).at.isoformat())
        task.task_spec.struck(task, element)
        self._running.run()

    def settle(self, token: str, result: Any, host: Host) -> None:
        """An outside call has answered."""
        task = self._waiting(token, TaskState.STARTED, host)
        result = task.turn.checked(task.element, result)
        task.turn.record("settled", task.element, token=token, operation=task.element.operation, result=result)
        task.task_spec.answered(task, result)
        task.complete()
        self._running.run()

    def fail(self, token: str, code: str, host: Host) -> None:
        """An outside call has failed for good with a code the diagram may know; Stuck if it does not."""
        task = self._waiting(token, TaskState.STARTED, host)
        throw(task, code)
        self._running.run()

    def move(self, tokens: Sequence[str], to: str, host: Host) -> None:
        """Take `tokens` away and set one down at the shape `to`. Refused where that has no clear meaning."""
        self._begin(host)
        moving.move(self._running, self.definition.diagram, tokens, to)
        self._running.run()

    def cancel(self) -> None:
        """Withdraw every token. Nothing is run, nothing recorded."""
        moving.cancel(self._running)

    def swap(self, definition: Definition) -> None:
        """Go on under another version: ids, due times and keys stay. Refused names what has no counterpart there."""
        swapping.check(self._running, self.definition.diagram, definition.diagram)
        self._running = codec.load(codec.dump(self._running), definition.levels[definition.main], definition.levels)
        self.definition = definition

    def waiting(self) -> Waiting:
        found = Waiting([], [], [], [], [])
        for level in self._running.levels():
            for token in level.living():
                _project(token, found)
        return found

    def dump(self) -> bytes:
        return codec.dump(self._running)

    def _begin(self, host: Host) -> None:
        self._running.turn = Turn(host, self.definition.models)

    def _waiting(self, name: str, state: int, host: Host) -> Token:
        """The living token, which must wait in `state` for somebody outside."""
        self._begin(host)
        token = self._running.find(name)
        if token is None or token._state != state or not token.task_spec.asks:
            raise NotWaiting(name)
        return token


def start(definition: Definition, data: Any, host: Host, *, message: str | None = None, payload: Any = None) -> Case:
    """A new case, run to its first wait. With `message`, by that start event, its payload under the event's result."""
    level = definition.levels[definition.main]
    running = Running(level, definition.levels)
    case = Case(definition, running)
    case._begin(host)
    first = definition.elements[level.first]
    if message is not None:
        if message not in level.messages:
            raise NotWaiting(message)
        first = level.messages[message]
    running.data = running.turn.checked(first, data)
    if message is not None:
        running.data[first.result or message] = running.turn.checked(first, payload)
    running.plant()
    running.place(first.id)
    running.run()
    return case


def load(definition: Definition, blob: bytes) -> Case:
    """The case that dump() wrote."""
    return Case(definition, codec.load(blob, definition.levels[definition.main], definition.levels))


def _events(token: Token) -> list[Element]:
    spec = token.task_spec
    return spec.events() if isinstance(spec, FirstEvent) else [token.element]


def _due(token: Token, event: Element) -> Due:
    suffix = "" if event is token.element else ":" + event.id
    return Due.restored(token.internal_data["due" + suffix])


def _project(token: Token, found: Waiting) -> None:
    element, spec = token.element, token.task_spec
    if spec.manual:
        due = token.internal_data.get("due")
        found.tasks.append(Task(token.name, element, datetime.fromisoformat(due) if due else None))
    elif isinstance(spec, (Catch, FirstEvent)):
        for event in _events(token):
            suffix = "" if event is element else ":" + event.id
            if event.event == "timer":
                found.timers.append(Timer(token.name, event.id, event, _due(token, event).at))
            elif event.event == "message":
                found.messages.append(
                    Wait(token.name, event, event.message or "", token.internal_data.get("key" + suffix))
                )
    elif isinstance(spec, ServiceTask):
        found.calls.append(Call(token.name, element, element.operation or "", token.internal_data["call"]))
    elif token._state == TaskState.WAITING:
        found.joins.append(Gathered(token.name, element))
