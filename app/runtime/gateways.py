"""Gateways: one way, every way, some ways, or whichever event comes first."""

from functools import cached_property
from typing import Any

from SpiffWorkflow.util.task import TaskState

from app.runtime.elements import Element, Flow
from app.runtime.faults import Stuck
from app.runtime.shapes import Shape, arm
from app.runtime.tokens import Token, visible


class Exclusive(Shape):
    """The first flow whose condition is true, else the default. Null is neither: an incident."""

    takes_all = False

    def leaving(self, token: Token) -> list[Flow]:
        if len(self.flows) == 1:
            return list(self.flows)
        answers: dict[str, bool] = {}
        used: dict[str, Any] = {}
        data = visible(token.level)
        for flow in self.flows:
            if flow.id != self.element.default:
                answers[flow.id] = token.turn.holds(self.element, flow, data, used)
                if answers[flow.id] and not self.takes_all:
                    break
        token.turn.record("chose", self.element, token=token.name, answers=answers, inputs=used)
        return [flow for flow in self.flows if answers.get(flow.id)] or [self._default()]

    def _default(self) -> Flow:
        for flow in self.flows:
            if flow.id == self.element.default:
                return flow
        raise Stuck(self.element, "没有一个条件成立，也没有默认连线")


class Join(Shape):
    """Takes one token from each incoming flow; what comes too often waits for the next round."""

    def came_by(self, token: Token, flow: Flow) -> None:
        token.internal_data["by"] = flow.id

    @cached_property
    def ways(self) -> dict[str, frozenset[str]]:
        """Shape → the flows into this gateway that a token there can still take, not passing this gateway."""
        return self._wf_spec.ways_into(self.element)

    def arrived(self, token: Token) -> None:
        token.turn.enter(self.element, token.name)
        if len(self.element.incoming) < 2:
            token._ready()
        else:
            token._set_state(TaskState.WAITING)
            self.gathered(token)

    def gathered(self, token: Token) -> None:
        """Go on if a token has come by every flow."""
        first = self.first_by_flow(token.level)
        if len(first) == len(self.element.incoming):
            self.merge(first)

    def first_by_flow(self, level: Any) -> dict[str, Token]:
        waiting = [t for t in level.living() if t.task_spec is self and t._state == TaskState.WAITING]
        return {t.internal_data["by"]: t for t in reversed(waiting)}

    def merge(self, first: dict[str, Token]) -> None:
        """The last to come goes on, the others end in it."""
        *ended, last = sorted(first.values(), key=lambda t: t.id.int)
        for token in ended:
            token._set_state(TaskState.COMPLETED)
        last._ready()


class Parallel(Join):
    """Waits for all, leaves by all."""


class Inclusive(Join, Exclusive):
    """Leaves by every flow whose condition is true; waits for those tokens that can still come."""

    patient = True
    takes_all = True

    def gathered(self, token: Token) -> None:
        """Decided by release(), when every other token has come to rest."""

    def release(self, token: Token) -> bool:
        """Go on unless a token elsewhere can still come by a flow that none has come by yet."""
        first = self.first_by_flow(token.level)
        for other in token.level.living():
            if other.task_spec is not self:
                ways = self.ways.get(other.element.id, frozenset())
                if ways - first.keys() and not ways & first.keys():
                    return False
        self.merge(first)
        return True


class FirstEvent(Shape):
    """An event-based gateway: waits for several events, goes on with the one that comes first."""

    asks = True

    def arrived(self, token: Token) -> None:
        token.turn.enter(self.element, token.name)
        for event in self.events():
            arm(token, event, ":" + event.id)
        token._set_state(TaskState.WAITING)

    def events(self) -> list[Element]:
        return [self._wf_spec.task_specs[flow.target].element for flow in self.flows]

    def struck(self, token: Token, element: Element) -> None:
        token.internal_data = {"first": element.id}
        token._ready()

    def leaving(self, token: Token) -> list[Flow]:
        return [flow for flow in self.flows if flow.target == token.internal_data["first"]]

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        for child in my_task.children:
            child.internal_data["passed"] = True
