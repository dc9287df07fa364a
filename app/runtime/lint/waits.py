"""Advice: waits that may never end, and names that confuse."""

from collections import Counter
from collections.abc import Iterator

from app.runtime.elements import Element, Finding
from app.runtime.lint.ground import Ground, at


def waits_have_a_timeout(ground: Ground) -> Iterator[Finding]:
    """A wait nobody answers must end, or at least be seen, by itself."""
    for element in ground.elements:
        if _waits(ground, element) and not _timed(ground, element):
            yield at(element, "no-timeout", "等待没有期限：无人答复时会一直停在这里", "warning")


def _waits(ground: Ground, element: Element) -> bool:
    if element.kind == "eventBasedGateway":
        return True
    behind_gateway = any(
        ground.diagram.elements[ground.diagram.flows[f].source].kind == "eventBasedGateway" for f in element.incoming
    )
    return element.kind == "userTask" or (
        element.event == "message" and element.kind in ("intermediateCatchEvent", "receiveTask") and not behind_gateway
    )


def _timed(ground: Ground, element: Element) -> bool:
    if element.due or any(b.event == "timer" for b in ground.diagram.attached(element.id)):
        return True
    if element.kind == "eventBasedGateway" and any(e.event == "timer" for e in ground.diagram.after(element)):
        return True
    owners = [e for e in ground.elements if ground.inner(e) == element.process]
    return bool(owners) and all(_timed(ground, owner) for owner in owners)


def names_tell_shapes_apart(ground: Ground) -> Iterator[Finding]:
    names = Counter((e.process, e.name) for e in ground.elements if e.name and "Gateway" not in e.kind)
    for element in ground.elements:
        if names[element.process, element.name] > 1 and "Gateway" not in element.kind:
            yield at(element, "duplicate-name", f"有 {names[element.process, element.name]} 个图形同名", "warning")


RULES = (waits_have_a_timeout, names_tell_shapes_apart)
