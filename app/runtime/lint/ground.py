"""What a rule looks at: the diagram, its tables, and the names the application knows."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from app import rules
from app.runtime import expressions, parser
from app.runtime.elements import Diagram, Element, Finding, Flow

ROLES = frozenset(
    {"bidder", "tenderer", "tender_agent", "centre_reviewer", "institution_reviewer", "institution_admin"}
    | {"operator", "publisher", "auditor"}
)


@dataclass(slots=True)
class Ground:
    """`operations` and `forms` map known names, `names` are those FEEL may use; None: not checked."""

    diagram: Diagram
    models: Mapping[str, Any]
    findings: list[Finding] = field(default_factory=list)
    operations: Mapping[str, Any] | None = None
    forms: Mapping[str, Any] | None = None
    roles: Collection[str] = ROLES
    names: Collection[str] | None = None

    @property
    def elements(self) -> list[Element]:
        return list(self.diagram.elements.values())

    def out(self, element: Element) -> list[Flow]:
        return [self.diagram.flows[flow] for flow in element.outgoing]

    def inner(self, element: Element) -> str | None:
        """The process inside a sub-process or called by a call activity."""
        if element.kind == "subProcess":
            return element.id
        return element.called if element.kind == "callActivity" and element.called in self.diagram.processes else None


def read(policy: str, files: Mapping[str, bytes], shared: Mapping[str, bytes]) -> Ground:
    """Everything readable in the folder; what is not is a finding."""
    diagram, findings = parser.read(policy, files)
    models: dict[str, Any] = {}
    for folder in (files, shared):
        for path in sorted(p for p in folder if p.endswith(".dmn")):
            try:
                found = expressions.decisions(folder[path])
            except rules.RuleError as wrong:
                findings.append(Finding(path, path, "table", f"决策表无法读取：{wrong}"))
                continue
            models = found | models
    return Ground(diagram, models, findings)


def at(element: Element, rule: str, message: str, severity: str = "error") -> Finding:
    return Finding(element.id, element.label, rule, message, severity)


def on(ground: Ground, flow: Flow, rule: str, message: str, severity: str = "error") -> Finding:
    """A finding on a sequence flow, named by its ends if it has no name."""
    ends = (ground.diagram.elements[flow.source].label, ground.diagram.elements[flow.target].label)
    return Finding(flow.id, flow.name or "→".join(ends), rule, message, severity)
