"""What each shape does with a token: the specs SpiffWorkflow runs. Gateways are in gateways.py."""

from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.util.task import TaskState

from app.runtime.elements import Element, Flow
from app.runtime.faults import BpmnError, Stuck
from app.runtime.host import OUTSIDE
from app.runtime.timers import Due
from app.runtime.tokens import LIVE, Inner, Token, visible, write


class Shape(BpmnTaskSpec):
    """A shape a token passes through at once: start and end events, and what all others share."""

    patient = False  # waits for the other tokens to come to rest before it decides (inclusive join)
    anchors = False
    asks = False  # waits for somebody outside the case

    def __init__(self, wf_spec: Any, element: Element, name: str = ""):
        super().__init__(wf_spec, name or element.id)
        self.element = element
        self.flows: tuple[Flow, ...] = ()

    def _predict(self, my_task: Token, seen: Any = None, looked_ahead: int = 0, mask: int = 0) -> None:
        """Nothing is predicted."""

    def _update(self, my_task: Token) -> None:
        if my_task._state < TaskState.WAITING:
            self.arrived(my_task)

    def arrived(self, token: Token) -> None:
        """A token came along a flow."""
        token.turn.enter(self.element, token.name)
        token._ready()

    def _on_ready(self, my_task: Token) -> None:
        if not self.manual:
            my_task.level.top_workflow.agenda.append(my_task)

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def leaving(self, token: Token) -> list[Flow] | tuple[Flow, ...]:
        """The flows a token leaves by."""
        return self.flows

    def _on_complete_hook(self, my_task: Token) -> None:
        turn = my_task.turn
        flows = self.leaving(my_task)
        turn.record("left", self.element, token=my_task.name)
        anchor = my_task.level.tasks.get(my_task._parent)
        if anchor is not None and anchor.task_spec.anchors:
            anchor.task_spec.dissolve(anchor, my_task)
        for flow in flows:
            turn.record("flow", self.element, flow=flow.id, to=flow.target, token=my_task.name)
            child = my_task._add_child(my_task.level.spec.entry(flow.target))
            child.task_spec.came_by(child, flow)

    def came_by(self, token: Token, flow: Flow) -> None:
        """Joins remember the flow."""

    def _on_cancel(self, my_task: Token) -> None:
        my_task.turn.record("cancelled", self.element, token=my_task.name)


class Scope(Shape):
    """Stands before an activity that has boundary events, and holds both together while it is open."""

    anchors = True

    def __init__(self, wf_spec: Any, element: Element, attached: list[Element]):
        super().__init__(wf_spec, element, scope_name(element.id))
        self.attached = attached

    def arrived(self, token: Token) -> None:
        token._ready()

    def _on_complete_hook(self, my_task: Token) -> None:
        specs = self._wf_spec.task_specs
        my_task._add_child(specs[self.element.id])
        for element in self.attached:
            my_task._add_child(specs[element.id])

    def opened(self, token: Token) -> Inner:
        token._set_state(TaskState.COMPLETED)
        self._on_complete_hook(token)
        activity, *events = token.children
        inner = activity.task_spec.opened(activity)
        for event in events:
            event.task_spec._update(event)
        return inner

    def dissolve(self, scope: Token, by: Token) -> None:
        """The activity is done, or an interrupting event has struck: the others go."""
        if by.element is self.element or by.element.interrupting:
            for token in scope.children:
                if token is not by and token._state & LIVE:
                    token.cancel()


class UserTask(Shape):
    """Waits for a person."""

    asks = True

    def __init__(self, wf_spec: Any, element: Element):
        super().__init__(wf_spec, element)
        self.manual = True

    def arrived(self, token: Token) -> None:
        super().arrived(token)
        if text := self.element.due:
            due = token.turn.due(self.element, "duration", text, visible(token.level))
            token.internal_data["due"] = due.at.isoformat()


class ServiceTask(Shape):
    """Calls an operation: inside the step, or outside, then STARTED until its result is settled."""

    asks = True

    def _run_hook(self, my_task: Token) -> bool | None:
        turn, element = my_task.turn, self.element
        params = turn.parameters(element, element.parameters, visible(my_task.level))
        try:
            result = turn.operate(element, element.operation or "", params)
        except BpmnError as error:
            throw(my_task, error.code)
            return None
        if result is OUTSIDE:
            my_task.internal_data["call"] = params
            return None
        self.answered(my_task, result)
        return True

    def answered(self, token: Token, result: Any) -> None:
        if self.element.result:
            write(token.level, self.element.result, result)


class RuleTask(Shape):
    """Asks a decision table."""

    def _run_hook(self, my_task: Token) -> bool:
        value = my_task.turn.decide(self.element, visible(my_task.level))
        write(my_task.level, self.element.result or self.element.decision or self.element.id, value)
        return True


class Throw(Shape):
    """Sends a message to another instance."""

    def _run_hook(self, my_task: Token) -> bool:
        turn, element, data = my_task.turn, self.element, visible(my_task.level)
        key = turn.key(element, element.send_key, data) if element.send_key else None
        payload = turn.parameters(element, element.parameters, data)
        policy = element.send_to or ""
        turn.host.send(element, element.message or "", policy, key, payload)
        turn.record("sent", element, message=element.message, policy=policy, key=key, payload=payload)
        return True


class Catch(Shape):
    """Waits for a message or a time."""

    asks = True

    def arrived(self, token: Token) -> None:
        if token.internal_data.pop("passed", None):  # an event-based gateway has waited for us
            super().arrived(token)
            return
        self.arm(token)

    def arm(self, token: Token) -> None:
        token.turn.enter(self.element, token.name)
        arm(token, self.element, "")
        token._set_state(TaskState.WAITING)

    def struck(self, token: Token, element: Element) -> None:
        """What the token waited for has come."""
        token._ready()


class Boundary(Catch):
    """An event at an activity's edge. Does not count as entered until it strikes."""

    def arm(self, token: Token) -> None:
        arm(token, self.element, "")
        token._set_state(TaskState.WAITING)

    def struck(self, token: Token, element: Element) -> None:
        token.turn.enter(element, token.name)
        scope = token.parent
        if element.interrupting:
            scope.task_spec.dissolve(scope, token)
        else:
            self._rearm(token, scope)
        token._ready()

    def _rearm(self, token: Token, scope: Token) -> None:
        """A message may come again; a cycle has further rounds; a single time is over."""
        following = None
        if stored := token.internal_data.get("due"):
            following = Due.restored(stored).next(token.turn.now)
            if following is None:
                return
        again = scope._add_child(self)
        again.internal_data.update({k: v for k, v in token.internal_data.items() if k == "key"})
        if following:
            again.internal_data["due"] = following.stored()
        again._set_state(TaskState.WAITING)

    def _on_cancel(self, my_task: Token) -> None:
        """An event that never struck leaves no trace."""


class End(Shape):
    """An end event: plain, terminating its level, or throwing an error out of its sub-process."""

    def _on_complete_hook(self, my_task: Token) -> None:
        super()._on_complete_hook(my_task)
        if self.element.event == "terminate":
            for token in my_task.level.living():
                token.cancel()
        elif self.element.event == "error":
            owner = my_task.level.owner
            if owner is None:
                raise Stuck(self.element, f"没有图形处理错误“{self.element.error}”")
            throw(owner, self.element.error)


class SubProcess(Shape):
    """Opens a level of its own: the sub-process drawn inside, or the process it calls."""

    def arrived(self, token: Token) -> None:
        inner = self.opened(token)
        inner.place(inner.spec.first)

    def opened(self, token: Token) -> Inner:
        """A token set down on its inside: this shape is open, and the level still without tokens."""
        token.turn.enter(self.element, token.name)
        token._set_state(TaskState.STARTED)
        inner = token.level.top_workflow.create_subprocess(token, self.element.called or self.element.id)
        inner.plant()
        return inner

    def returned(self, token: Token, inner: Inner) -> None:
        for name, value in inner.data.items():
            write(token.level, name, value)
        token.complete()

    def _on_cancel(self, my_task: Token) -> None:
        inner = my_task.level.top_workflow.subprocesses.get(my_task.id)
        if inner is not None:
            inner.withdraw()
        super()._on_cancel(my_task)


def scope_name(element: str) -> str:
    """No BPMN id begins with a dot."""
    return "." + element


def arm(token: Token, element: Element, suffix: str) -> None:
    """Fix, once, when a timer is due or which key a message must carry. A gateway arms several by suffix."""
    turn, data = token.turn, visible(token.level)
    if element.event == "timer" and element.timer:
        due = turn.due(element, *element.timer, data)
        token.internal_data["due" + suffix] = due.stored()
    elif element.event == "message" and element.correlation:
        token.internal_data["key" + suffix] = turn.key(element, element.correlation, data)


def throw(token: Token, code: str | None) -> None:
    """Raise an error at a token: the nearest boundary event that takes `code` strikes, from inside out."""
    at: Token | None = token
    while at is not None:
        anchor = at.level.tasks.get(at._parent)
        if anchor is not None and anchor.task_spec.anchors and at.element is anchor.element:
            waiting = [t for t in anchor.children if t.element.event == "error" and t._state == TaskState.WAITING]
            exact = [t for t in waiting if t.element.error == code]
            for catcher in exact or [t for t in waiting if t.element.error is None]:
                catcher.turn.record("failed", token.element, code=code, caught=catcher.element.id)
                catcher.task_spec.struck(catcher, catcher.element)
                return
        at = at.level.owner
    raise Stuck(token.element, f"没有图形处理错误“{code}”", code=code)
