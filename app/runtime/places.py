"""Where a case stands, as people count it: one place for each thing that is awaited.

What waits at the edge of a shape (its time limit, a message that ends it) belongs to the shape; what waits behind one
event gateway is one wait; a call that became an incident is that incident.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from flask_babel import gettext as _

from app.accounts.roles import Role
from app.runtime import definitions, waits
from app.runtime.elements import Diagram, Element
from app.runtime.waits import Wait

PLATFORM = "平台"


@dataclass(frozen=True)
class Place:
    """`kind`: task, message, timer, call, incident, or activity (a shape that holds only its edges' waits).
    `holder` is who is to act: a person, or the lane's role; `said` an incident's message."""

    kind: str
    element: str
    name: str
    since: datetime
    due: datetime | None = None
    holder: str = ""
    said: str = ""


class Case(Protocol):
    """An instance, or what is known of one."""

    @property
    def policy(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def version_id(self) -> int: ...


def places(case: Case, held: Sequence[Wait] | None = None) -> list[Place]:
    """The present places of a case, oldest first; none once it has ended. `held`: what it waits for, if asked."""
    diagram = definitions.get(case.version_id).definition.diagram
    found = waits.of(case.policy, case.key) if held is None else held
    edges = [wait for wait in found if _host(diagram, wait)]
    broken = {wait.element for wait in found if wait.kind == "incident"}
    inner = [
        wait for wait in found if not _host(diagram, wait) and not (wait.kind == "call" and wait.element in broken)
    ]
    result = _merged(diagram, inner)
    for host in dict.fromkeys(_host(diagram, wait) for wait in edges):
        if not any(host in _around(diagram, place.element) for place in result):
            result.append(_place(diagram, replace(_first(edges, diagram, host), kind="activity", element=host)))
    return sorted((_limited(diagram, place, edges) for place in result), key=lambda place: place.since)


def _merged(diagram: Diagram, found: Iterable[Wait]) -> list[Place]:
    """One place a wait, but one only for all that wait behind the same event gateway."""
    result: list[Place] = []
    gateways: dict[str, int] = {}
    for wait in found:
        gateway = _gateway(diagram, wait.element)
        place = _place(diagram, wait)
        if gateway is None:
            result.append(place)
        elif gateway.id not in gateways:
            gateways[gateway.id] = len(result)
            name = gateway.name or diagram.elements[wait.element].label
            holder = role_label(gateway.role or "")
            result.append(replace(place, kind="message", element=gateway.id, name=name, holder=holder))
        else:
            at = gateways[gateway.id]
            due = min(filter(None, (result[at].due, place.due)), default=None)
            result[at] = replace(result[at], due=due)
    return result


def _limited(diagram: Diagram, place: Place, edges: list[Wait]) -> Place:
    """The place with the nearest time limit at its own edge or around it, if it has none itself."""
    if place.due is not None or place.kind == "incident":
        return place
    around = _around(diagram, place.element)
    dues = [wait.due for wait in edges if wait.kind == "timer" and wait.due and _host(diagram, wait) in around]
    return replace(place, due=min(dues, default=None))


def _place(diagram: Diagram, wait: Wait) -> Place:
    element = diagram.elements.get(wait.element)
    name = wait.name if wait.kind == "task" or element is None else element.label
    role = wait.role or (element.role or "" if element is not None else "")
    if wait.kind == "incident":
        role = Role.OPERATOR
    said = wait.name if wait.kind == "incident" else ""
    return Place(wait.kind, wait.element, name, wait.since, wait.due, wait.holder or role_label(role), said)


def _host(diagram: Diagram, wait: Wait) -> str:
    """The shape at whose edge this waits, or ""."""
    element = diagram.elements.get(wait.element)
    return (element.attached_to or "") if element is not None and wait.kind in ("timer", "message") else ""


def _first(edges: list[Wait], diagram: Diagram, host: str) -> Wait:
    return next(wait for wait in edges if _host(diagram, wait) == host)


def _around(diagram: Diagram, element_id: str) -> set[str]:
    """The shape and the sub-processes it stands in."""
    found, element = {element_id}, diagram.elements.get(element_id)
    while element is not None and (owner := diagram.processes[element.process].owner):
        found.add(owner)
        element = diagram.elements.get(owner)
    return found


def _gateway(diagram: Diagram, element_id: str) -> Element | None:
    """The event gateway that leads to this shape."""
    element = diagram.elements.get(element_id)
    sources = [diagram.elements[diagram.flows[flow].source] for flow in element.incoming] if element else []
    return next((source for source in sources if source.kind == "eventBasedGateway"), None)


def role_label(code: str) -> str:
    """A lane's role as people call it; the platform itself where there is none."""
    return next((_(role.label) for role in Role if role.value == code), _(PLATFORM))
