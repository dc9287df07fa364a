"""A Diagram as SpiffWorkflow process specs."""

from collections.abc import Callable
from typing import Any

from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.specs.WorkflowSpec import WorkflowSpec

from app.runtime.elements import Diagram, Element
from app.runtime.gateways import Exclusive, FirstEvent, Inclusive, Join, Parallel
from app.runtime.shapes import (
    Boundary,
    Catch,
    End,
    RuleTask,
    Scope,
    ServiceTask,
    Shape,
    SubProcess,
    Throw,
    UserTask,
    scope_name,
)

ROOT = ".root"  # no BPMN id begins with a dot

SHAPES: dict[str, Callable[[Any, Element], Shape]] = {
    "startEvent": Shape,
    "endEvent": End,
    "userTask": UserTask,
    "serviceTask": ServiceTask,
    "businessRuleTask": RuleTask,
    "sendTask": Throw,
    "intermediateThrowEvent": Throw,
    "receiveTask": Catch,
    "intermediateCatchEvent": Catch,
    "boundaryEvent": Boundary,
    "exclusiveGateway": Exclusive,
    "parallelGateway": Parallel,
    "inclusiveGateway": Inclusive,
    "eventBasedGateway": FirstEvent,
    "subProcess": SubProcess,
    "callActivity": SubProcess,
}


class Sheet(BpmnProcessSpec):
    """The shapes of one process or sub-process."""

    def __init__(self, diagram: Diagram, process: str):
        WorkflowSpec.__init__(self, name=process)
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.start = _Root(self, ROOT)
        self._diagram = diagram
        elements = diagram.inside(process)
        for element in elements:
            shape = SHAPES[element.kind](self, element)
            shape.flows = tuple(diagram.flows[flow] for flow in element.outgoing)
        for element in elements:
            if attached := diagram.attached(element.id):
                Scope(self, element, attached)
        self.joins = [s for s in self.task_specs.values() if isinstance(s, Join) and len(s.element.incoming) > 1]
        starts = [e for e in elements if e.kind == "startEvent"]
        self.first = next((e.id for e in starts if e.event is None), starts[0].id if starts else "")
        self.messages = {e.message or "": e for e in starts if e.event == "message"}

    def entry(self, element: str) -> Shape:
        """Where a flow to a shape leads: its scope, if it has boundary events."""
        return self.task_specs.get(scope_name(element)) or self.task_specs[element]

    def ways_into(self, gateway: Element) -> dict[str, frozenset[str]]:
        return ways_into(self._diagram, gateway)


def ways_into(diagram: Diagram, gateway: Element) -> dict[str, frozenset[str]]:
    """Shape → the flows into the gateway that lead on from it without passing the gateway before."""
    back: dict[str, list[str]] = {}
    for flow in diagram.flows.values():
        back.setdefault(flow.target, []).append(flow.source)
    for element in diagram.elements.values():
        if element.attached_to:
            back.setdefault(element.id, []).append(element.attached_to)
    ways: dict[str, set[str]] = {}
    for incoming in gateway.incoming:
        seen, front = set(), [diagram.flows[incoming].source]
        while front:
            shape = front.pop()
            if shape not in seen and shape != gateway.id:
                seen.add(shape)
                ways.setdefault(shape, set()).add(incoming)
                front += back.get(shape, ())
    return {shape: frozenset(flows) for shape, flows in ways.items()}


class _Root(BpmnTaskSpec):
    """What every token of a level hangs from."""

    anchors = False
    patient = False
