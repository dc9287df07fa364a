"""SpiffWorkflow's task tree, kept to what lives: tokens, and the levels (process, sub-process, called
process) they stand on.

Nothing is predicted: a child exists once its flow is taken. Data belongs to the level, not to the token, so that
branches never overwrite each other's variables by merging.
"""

from collections import deque
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from SpiffWorkflow.bpmn.util.subworkflow import BpmnSubWorkflow
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from app.runtime.elements import Element
from app.runtime.faults import Stuck
from app.runtime.host import Turn

LIVE = TaskState.DEFINITE_MASK
ROOT = UUID(int=0)


class Token(Task):
    """A token on a shape. Numbered within its case: the same history gives the same numbers."""

    def __init__(self, workflow: Any, spec: Any, parent: Any = None, state: int = TaskState.FUTURE, id: Any = None):
        super().__init__(workflow, spec, parent, state, id or workflow.top_workflow.number())

    @property
    def name(self) -> str:
        return str(self.id.int)

    @property
    def element(self) -> Element:
        return self.task_spec.element

    @property
    def level(self) -> "Running | Inner":
        return self.workflow

    @property
    def turn(self) -> Turn:
        return self.workflow.top_workflow.turn

    def _set_state(self, value: int) -> None:
        self._state = value

    def _add_child(self, task_spec: Any, state: int = TaskState.FUTURE) -> "Token":
        return Token(self.workflow, task_spec, self, state)

    def run(self) -> None:
        """Act; STARTED unless that ended it."""
        if self.task_spec._run(self):
            self.complete()
        elif self._state == TaskState.READY:
            self._set_state(TaskState.STARTED)

    def _inherit_data(self) -> None:
        """Data lives on the level."""


class Level:
    """What a process and a sub-process have in common."""

    tasks: dict[UUID, Token]
    completed: bool
    task_tree: Token
    spec: Any
    top_workflow: Any

    def plant(self) -> Token:
        """The root every token of this level hangs from."""
        self.task_tree = Token(self, self.spec.start, state=TaskState.COMPLETED, id=ROOT)
        return self.task_tree

    def place(self, element_id: str) -> Token:
        """A new token at a shape, as if its flow had been taken."""
        token = self.task_tree._add_child(self.spec.entry(element_id))
        token.task_spec._update(token)
        return token

    def living(self) -> list[Token]:
        return [token for token in self.tasks.values() if token._state & LIVE]

    def withdraw(self) -> None:
        """Cancel every token; nothing follows."""
        self.completed = True
        for token in self.living():
            token.cancel()

    def prune(self) -> None:
        """Forget what is finished. Only a scope outlives its end: it holds an activity and its boundary events."""
        living = self.living()
        root = self.task_tree
        kept = {root.id: root}
        root._children, root._parent = [], None
        for token in living:
            anchor = self.tasks.get(token._parent)
            if anchor is not None and anchor.task_spec.anchors:
                if anchor.id not in kept:
                    kept[anchor.id] = anchor
                    anchor._children = []
                    anchor._parent = root.id
                    root._children.append(anchor.id)
            else:
                anchor = root
            token._parent, token._children = anchor.id, []
            anchor._children.append(token.id)
            kept[token.id] = token
        self.tasks = kept

    def _task_completed_notify(self, token: Token) -> None:
        if not token._children:
            self.close()

    def close(self) -> None:
        """Finish, if no token is left."""
        if not self.completed and not any(token._state & LIVE for token in self.tasks.values()):
            self.completed = True
            self._closed()

    def _closed(self) -> None:
        raise NotImplementedError


class Running(Level, BpmnWorkflow):
    """The top level of a case in memory."""

    turn: Turn

    def __init__(self, spec: Any, inner: Mapping[str, Any]):
        self.numbers = 0
        self.agenda: deque[Token] = deque()
        super().__init__(spec, inner, script_engine=_NoScripts(), deserializing=True)

    def number(self) -> UUID:
        self.numbers += 1
        return UUID(int=self.numbers)

    def create_subprocess(self, my_task: Token, spec_name: str) -> "Inner":
        inner = Inner(self.subprocess_specs[spec_name], my_task.id, self)
        self.subprocesses[my_task.id] = inner
        return inner

    def levels(self) -> "list[Running | Inner]":
        return [self, *self.subprocesses.values()]

    def find(self, name: str) -> Token | None:
        identifier = UUID(int=int(name)) if name.isdecimal() and len(name) < 30 else None
        return next((level.tasks[identifier] for level in self.levels() if identifier in level.tasks), None)

    def run(self) -> None:
        """Let every automatic token move until all wait."""
        while True:
            while self.agenda:
                token = self.agenda.popleft()
                if token._state == TaskState.READY:
                    token.run()
            if not any(join.task_spec.release(join) for join in self._joins()):
                break
        living = [token for level in self.levels() for token in level.living()]
        if living and not any(token.task_spec.asks for token in living):
            stuck = next(token for token in living if token._state == TaskState.WAITING)
            raise Stuck(stuck.element, "汇合网关等不齐来路，而流程中已没有别的事可做")

    def _joins(self) -> list[Token]:
        return [
            t
            for level in self.levels()
            for t in level.living()
            if t._state == TaskState.WAITING and t.task_spec.patient
        ]

    @property
    def owner(self) -> None:
        return None

    def _closed(self) -> None:
        """A case whose last token has gone has ended."""


class Inner(Level, BpmnSubWorkflow):
    """The inside of a sub-process, or of a process that was called."""

    def __init__(self, spec: Any, parent_task_id: UUID, top_workflow: Running):
        super().__init__(spec, parent_task_id, top_workflow, deserializing=True)

    @property
    def owner(self) -> Token:
        return self.top_workflow.get_task_from_id(self.parent_task_id)

    def withdraw(self) -> None:
        super().withdraw()
        self.top_workflow.subprocesses.pop(self.parent_task_id, None)

    def _closed(self) -> None:
        owner = self.owner
        self.top_workflow.subprocesses.pop(self.parent_task_id)
        owner.task_spec.returned(owner, self)


class _NoScripts:
    """Stands where SpiffWorkflow keeps its Python: nothing a diagram says may reach it."""


def visible(level: Running | Inner) -> dict[str, Any]:
    """Process data as seen from a level: its own over its callers'."""
    if not isinstance(level, Inner):
        return level.data
    outer = visible(level.owner.level)
    return {**outer, **level.data} if level.data else outer


def write(level: Running | Inner, name: str, value: Any) -> None:
    """Set a variable: of the process or called process around; an embedded sub-process has none of its own."""
    while isinstance(level, Inner) and level.owner.element.kind == "subProcess":
        level = level.owner.level
    level.data[name] = value
