"""A case played by hand: a host with facts, operations and a clock of its own."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from app.runtime import engine

NOON = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)  # 12:00 in Shanghai


class Desk:
    """A host that keeps what it is told."""

    def __init__(self, facts: Mapping[str, Any] | None = None, **operations: Callable[..., Any] | object):
        self.now = NOON
        self.known: dict[str, Any] = dict(facts or {})
        self.operations = {name.replace("__", "/"): act for name, act in operations.items()}
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.sent: list[tuple[str, str, Any, dict[str, Any]]] = []
        self.asked = 0

    def facts(self) -> Mapping[str, object]:
        self.asked += 1
        return self.known

    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> object:
        act = self.operations[name]
        return act(**params) if callable(act) else act

    def send(self, element: engine.Element, message: str, policy: str, key: Any, payload: dict[str, Any]) -> None:
        self.sent.append((message, policy, key, payload))

    def record(self, kind: str, element: engine.Element, detail: dict[str, Any]) -> None:
        self.lines.append((kind, element.id, detail))

    def later(self, **span: float) -> "Desk":
        self.now += timedelta(**span)
        return self

    def path(self) -> list[str]:
        """Ids of the flows taken, in order."""
        return [detail["flow"] for kind, _, detail in self.lines if kind == "flow"]


def define(*files: bytes, policy: str = "test", **named: bytes) -> engine.Definition:
    """A policy of drawings: the first is process.bpmn."""
    folder = {("process.bpmn" if not i else f"part{i}.bpmn"): data for i, data in enumerate(files)}
    return engine.Definition.parse(
        policy, folder | {name.replace("_dmn", ".dmn"): data for name, data in named.items()}
    )


def begin(definition: engine.Definition, desk: Desk | None = None, **data: Any) -> tuple[engine.Case, Desk]:
    desk = desk or Desk()
    return engine.start(definition, data, desk), desk


def tasks(case: engine.Case) -> list[str]:
    """Elements of the open user tasks."""
    return sorted(task.element.id for task in case.waiting().tasks)


def token(case: engine.Case, element: str) -> str:
    """The token that waits at (or, at an event-based gateway, for) this element."""
    waiting = case.waiting()
    for wait in (*waiting.tasks, *waiting.timers, *waiting.messages, *waiting.calls, *waiting.joins):
        if wait.element.id == element:
            return wait.token
    raise AssertionError(f"nothing waits at {element}: {waiting}")


def complete(case: engine.Case, element: str, desk: Desk, **data: Any) -> None:
    case.complete(token(case, element), data, desk)


def again(case: engine.Case) -> engine.Case:
    """The same case after a rest in the store."""
    return engine.load(case.definition, case.dump())
