"""What a policy's diagrams say, as plain values: shapes, flows, processes. No XML and no engine in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field

GATEWAYS = frozenset({"exclusiveGateway", "parallelGateway", "inclusiveGateway", "eventBasedGateway"})
JOINS = frozenset({"parallelGateway", "inclusiveGateway"})
SCOPES = frozenset({"subProcess", "callActivity"})


@dataclass(frozen=True, slots=True)
class Parameter:
    """`value` is text, or FEEL if it begins with `=`."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Phase:
    """Said of a shape: it is one of the few steps the public is told of. `text` is a sentence about it."""

    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Element:
    """A shape. `kind` is its BPMN tag; `event` says what it waits for or throws; `lane` is the lane's name."""

    id: str
    name: str
    kind: str
    process: str
    lane: str = ""
    role: str | None = None
    form: str | None = None
    due: str | None = None
    result: str | None = None
    operation: str | None = None
    parameters: tuple[Parameter, ...] = ()
    decision: str | None = None
    event: str | None = None  # timer | message | error | terminate, or the tag of one we refuse
    timer: tuple[str, str] | None = None  # (date | duration | cycle, text)
    message: str | None = None
    correlation: str | None = None
    send_to: str | None = None  # policy a thrown message goes to
    send_key: str | None = None
    error: str | None = None  # error code
    attached_to: str | None = None
    interrupting: bool = True
    called: str | None = None
    default: str | None = None
    phase: Phase | None = None
    incoming: tuple[str, ...] = ()
    outgoing: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()  # constructs inside the shape that no rule allows (loops, scripts, foreign extensions)

    @property
    def label(self) -> str:
        return self.name or self.id

    @property
    def waits_for_message(self) -> bool:
        return self.event == "message" and self.kind in ("receiveTask", "intermediateCatchEvent", "boundaryEvent")


@dataclass(frozen=True, slots=True)
class Flow:
    id: str
    name: str
    process: str
    source: str
    target: str
    condition: str | None = None


@dataclass(frozen=True, slots=True)
class Process:
    """A drawn process, or the inside of a sub-process (then `owner` is its shape and `id` is that shape's id)."""

    id: str
    name: str
    file: str
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong on a drawing. `severity` is error (refused at publish) or warning."""

    element_id: str
    element_name: str
    rule: str
    message: str
    severity: str = "error"


@dataclass(slots=True)
class Diagram:
    """All drawings of one policy folder. `main` is the process that a start begins."""

    policy: str
    main: str = ""
    processes: dict[str, Process] = field(default_factory=dict)
    elements: dict[str, Element] = field(default_factory=dict)
    flows: dict[str, Flow] = field(default_factory=dict)
    tables: Mapping[str, bytes] = field(default_factory=dict)

    def inside(self, process: str) -> list[Element]:
        return [element for element in self.elements.values() if element.process == process]

    def attached(self, element: str) -> list[Element]:
        return [e for e in self.elements.values() if e.attached_to == element]

    def after(self, element: Element) -> list[Element]:
        """Shapes one flow further on."""
        return [self.elements[self.flows[f].target] for f in element.outgoing]
