"""The same drawings run by SpiffWorkflow as it comes: its parser, its specs, its loop, its serializer after every step.

Its script engine runs Python, so this twin is fed only drawings written in this folder.
"""

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn import BpmnEvent, BpmnWorkflow
from SpiffWorkflow.bpmn.parser import BpmnParser
from SpiffWorkflow.bpmn.serializer import DEFAULT_CONFIG, BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.serializer.default.task_spec import BpmnTaskSpecConverter
from SpiffWorkflow.bpmn.specs.defaults import ServiceTask
from SpiffWorkflow.bpmn.specs.event_definitions.multiple import MultipleEventDefinition
from SpiffWorkflow.bpmn.specs.event_definitions.timer import TimerEventDefinition
from SpiffWorkflow.bpmn.specs.mixins import ServiceTaskMixin
from SpiffWorkflow.bpmn.specs.mixins.events.event_types import CatchingEvent
from SpiffWorkflow.util.task import TaskState

BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
for _name in ("spiff.task", "spiff.workflow"):
    logging.getLogger(_name).setLevel(logging.ERROR)


def pythonised(drawing: bytes) -> bytes:
    """Conditions and times as SpiffWorkflow wants them: Python."""
    root = etree.fromstring(drawing)
    for node in root.iter(f"{BPMN}timeDuration", f"{BPMN}timeDate", f"{BPMN}timeCycle"):
        node.text = f'"{node.text}"'
    for node in root.iter(f"{BPMN}conditionExpression"):
        node.text = (node.text or "").replace(" = ", " == ").replace("true", "True")
    return etree.tostring(root)


class Stock:
    """A case of the drawings in `files`; the first holds the main process `p`."""

    serializer = BpmnWorkflowSerializer(
        BpmnWorkflowSerializer.configure({**DEFAULT_CONFIG, ServiceTask: BpmnTaskSpecConverter})
    )

    def __init__(self, files: list[bytes], data: dict[str, Any]):
        parser = BpmnParser()
        for file in files:
            parser.add_bpmn_str(pythonised(file))
        self.workflow = BpmnWorkflow(parser.get_spec("p"), parser.get_subprocess_specs("p"))
        self.workflow.task_tree.data.update(data)
        self.settle()

    def settle(self) -> None:
        """Run until nothing moves; then to JSON and back."""
        workflow = self.workflow
        for _ in range(200):
            workflow.refresh_timers()
            workflow.do_engine_steps()
            if not any(t.state == TaskState.READY and not t.task_spec.manual for t in self._tasks()):
                break
        self.workflow = self.serializer.deserialize_json(self.serializer.serialize_json(workflow))

    @property
    def ended(self) -> bool:
        return self.workflow.completed

    def open(self) -> list[tuple[str, str]]:
        """(kind, element) of everything that waits for somebody outside."""
        found = []
        for task in self._tasks():
            name = task.task_spec.name
            if task.state == TaskState.READY and task.task_spec.manual:
                found.append(("task", name))
            elif task.state == TaskState.STARTED and isinstance(task.task_spec, ServiceTaskMixin):
                found.append(("call", name))
            elif task.state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                found += [(_kind(d), _shape(task, i)) for i, d in enumerate(_definitions(task)) if _kind(d)]
        return sorted(found)

    def act(self, kind: str, element: str) -> None:
        task, index = self._waiting(kind, element)
        if kind == "task":
            task.run()
        elif kind == "call":
            task.complete()
        elif kind == "timer":
            past = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
            task.internal_data["event_value"] = past
        else:
            self.workflow.send_event(BpmnEvent(_definitions(task)[index], {}))
        self.settle()

    def _waiting(self, kind: str, element: str) -> tuple[Any, int]:
        for task in self._tasks():
            if kind in ("task", "call"):
                state = TaskState.READY if kind == "task" else TaskState.STARTED
                if task.task_spec.name == element and task.state == state:
                    return task, 0
            elif task.state == TaskState.WAITING and isinstance(task.task_spec, CatchingEvent):
                for index, definition in enumerate(_definitions(task)):
                    if _kind(definition) == kind and _shape(task, index) == element:
                        return task, index
        raise AssertionError(f"{kind} {element} does not wait")

    def _tasks(self) -> list[Any]:
        levels = [self.workflow, *self.workflow.subprocesses.values()]
        return [task for level in levels if not level.completed for task in level.tasks.values()]


def _definitions(task: Any) -> list[Any]:
    definition = task.task_spec.event_definition
    return definition.event_definitions if isinstance(definition, MultipleEventDefinition) else [definition]


def _kind(definition: Any) -> str:
    if isinstance(definition, TimerEventDefinition):
        return "timer"
    return "message" if "Message" in type(definition).__name__ else ""


def _shape(task: Any, index: int) -> str:
    """The event's element; behind an event-based gateway, the shape the index-th flow leads to."""
    if isinstance(task.task_spec.event_definition, MultipleEventDefinition):
        return task.task_spec.outputs[index].name
    return task.task_spec.name
