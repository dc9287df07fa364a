"""保函申请流程: the few steps the published drawing marks for the public, who acts in each, and how long they have.

The drawing says all of it: a shape with `policy:phase` is a step, its lane who acts, a plain time limit at its edge or
behind its gateway how long; flows give the order. An operator who changes the drawing changes the picture.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from datetime import timedelta

from flask_babel import gettext as _

from app.errors import NotFound
from app.runtime import definitions, timers
from app.runtime.elements import Diagram, Element

POLICY = "order"
PLATFORM = "平台"
MOST_STEPS, MOST_LANES = 8, 5


@dataclass(frozen=True)
class Step:
    """One step in its `column` (from 1) and `row` (its lane's, from 1); `limit` is what one has time for."""

    name: str
    text: str
    lane: str
    limit: timedelta | None
    column: int
    row: int

    @property
    def within(self) -> str:
        return _("限 %(time)s内", time=_said(self.limit)) if self.limit else ""


@dataclass(frozen=True)
class Picture:
    lanes: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def ways(self) -> list[str]:
        """The line from each step to the next, in a grid of 100 by 100 a cell: from edge to edge, turning between."""
        found = []
        for one, following in zip(self.steps, self.steps[1:], strict=False):
            at, y, then = one.column * 100, one.row * 100 - 50, following.row * 100 - 50
            found.append(f"M{at - 8} {y}H{at}V{then}H{at + 8}")
        return found


def picture() -> Picture | None:
    """The live order policy's; None where nothing is published or marked, or more than a page can show."""
    try:
        version = definitions.live(POLICY)
    except NotFound:
        return None
    return drawn(version.definition.diagram)


def drawn(diagram: Diagram) -> Picture | None:
    marked = [element for element in in_order(diagram) if element.phase is not None]
    lanes = tuple(dict.fromkeys(element.lane or PLATFORM for element in marked))
    if not marked or len(marked) > MOST_STEPS or len(lanes) > MOST_LANES:
        return None
    steps = (_step(diagram, element, column, lanes) for column, element in enumerate(marked, 1))
    return Picture(lanes, tuple(steps))


def _step(diagram: Diagram, element: Element, column: int, lanes: tuple[str, ...]) -> Step:
    assert element.phase is not None
    lane = element.lane or PLATFORM
    return Step(element.phase.name, element.phase.text, lane, limit(diagram, element), column, lanes.index(lane) + 1)


def in_order(diagram: Diagram) -> list[Element]:
    """The shapes by how many flows they are from the start; what stands inside a shape comes with it."""
    starts, edges = defaultdict(list), defaultdict(list)
    for one in diagram.elements.values():
        if one.kind == "startEvent":
            starts[one.process].append(one)
        if one.attached_to:
            edges[one.attached_to].append(one)
    seen = {one.id: one for one in starts[diagram.main]}
    queue = deque(seen.values())
    while queue:
        element = queue.popleft()
        for following in [*starts[element.id], *diagram.after(element), *edges[element.id]]:
            if following.id not in seen:
                seen[following.id] = following
                queue.append(following)
    return list(seen.values())


def limit(diagram: Diagram, element: Element) -> timedelta | None:
    """The shortest plain duration that ends the shape's wait; one that a table gives is not known before a case."""
    edges = [one for one in diagram.attached(element.id) if one.interrupting]
    behind = diagram.after(element) if element.kind == "eventBasedGateway" else []
    found = [_plain(one.timer) for one in (*edges, *behind) if one.timer is not None]
    return min((span for span in found if span is not None), default=None)


def _plain(timer: tuple[str, str]) -> timedelta | None:
    kind, text = timer
    if kind != "duration" or text.startswith("="):
        return None
    span = timers.span(text)
    return span.rest if not span.months else None


def _said(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    days, hours, rest = minutes // 1440, minutes % 1440 // 60, minutes % 60
    parts = ((days, _("%(n)d 天", n=days)), (hours, _("%(n)d 小时", n=hours)), (rest, _("%(n)d 分钟", n=rest)))
    return " ".join(words for number, words in parts if number)
