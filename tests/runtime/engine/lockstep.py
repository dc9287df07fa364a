"""One drawing run three ways at once: in memory; stored and carried to another version at every step; by stock
SpiffWorkflow."""

from typing import Any

from app.runtime import engine
from tests.runtime.engine.play import Desk, again, define
from tests.runtime.engine.stock import Stock

Action = tuple[str, str]


class Lockstep:
    """`outside` operations wait to be settled, in all three alike."""

    def __init__(self, files: list[bytes], data: dict[str, Any], *, stock: bool = True):
        definition = define(*files)
        self.versions = definition, define(*files)
        self.desks = Outside(), Outside()
        self.memory = engine.start(definition, data, self.desks[0])
        self.stored = again(engine.start(definition, data, self.desks[1]))
        self.stock = Stock(files, data) if stock else None
        self.trail: list[Action] = []
        self.compare()

    def compare(self) -> None:
        ours = opened(self.memory)
        assert opened(self.stored) == ours, f"codec differs after {self.trail}"
        assert self.stored.data == self.memory.data
        assert self.stored.ended == self.memory.ended
        assert self.stored.waiting() == self.memory.waiting()
        if self.stock is not None:
            repeatable = {e.id for e in self.memory.definition.elements.values() if not e.interrupting}
            assert _without(self.stock.open(), repeatable) == _without(ours, repeatable), f"stock after {self.trail}"
            assert self.stock.ended == self.memory.ended, f"stock after {self.trail}"

    def actions(self) -> list[Action]:
        found = opened(self.memory)
        return [action for action in found if self.stock is None or action in self.stock.open()]

    def act(self, choice: int) -> bool:
        """Do the `choice`-th possible action, modulo; False if there is none."""
        actions = self.actions()
        if not actions:
            return False
        action = actions[choice % len(actions)]
        self.trail.append(action)
        act(self.memory, action, self.desks[0])
        act(self.stored, action, self.desks[1])
        self.stored = again(self.stored)
        self.stored.swap(self.versions[len(self.trail) % 2])
        if self.stock is not None:
            self.stock.act(*action)
        self.compare()
        return True


class Outside(Desk):
    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> object:
        return engine.OUTSIDE


def opened(case: engine.Case) -> list[Action]:
    waiting = case.waiting()
    found = [("task", task.element.id) for task in waiting.tasks]
    found += [("timer", timer.element.id) for timer in waiting.timers]
    found += [("message", wait.element.id) for wait in waiting.messages]
    found += [("call", call.element.id) for call in waiting.calls]
    return sorted(found)


def act(case: engine.Case, action: Action, desk: Desk) -> None:
    kind, element = action
    waiting = case.waiting()
    if kind == "task":
        case.complete(next(t.token for t in waiting.tasks if t.element.id == element), {"by": element}, desk)
    elif kind == "timer":
        case.fire(next(t.token for t in waiting.timers if t.element.id == element), element, desk)
    elif kind == "call":
        case.settle(next(c.token for c in waiting.calls if c.element.id == element), {"from": element}, desk)
    else:
        wait = next(w for w in waiting.messages if w.element.id == element)
        case.deliver(wait.token, wait.name, {"to": element}, desk)


def _without(actions: list[Action], elements: set[str]) -> list[Action]:
    return [action for action in actions if action[1] not in elements]
