"""Advice from playing every way through a drawing: joins that wait for ever, shapes passed twice at once.

Conditions are not judged: each way counts as possible, so a finding may be ruled out by what the data can be.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from app.runtime.drawing import ways_into
from app.runtime.elements import JOINS, Element, Finding
from app.runtime.lint.ground import Ground, at

MOST = 3000  # markings looked at in one process

Marking = frozenset[tuple[tuple[str, str], int]]  # ((shape, flow it waits on or ""), how many)


def tokens_meet_as_drawn(ground: Ground) -> Iterator[Finding]:
    for process in ground.diagram.processes:
        play = _Play(ground, process)
        play.through()
        for join, flows in sorted(play.waiting.items()):
            names = "、".join(sorted(ground.diagram.elements[ground.diagram.flows[f].source].label for f in flows))
            told = f"有的走法下，从“{names}”来的一路等不到其他来路，流程会停住"
            yield at(ground.diagram.elements[join], "deadlock", told, "warning")
        for shape in sorted(play.twice - _beside(ground)):
            told = "有的走法下会同时被走到两次：并行的分支须先由并行网关汇合"
            yield at(ground.diagram.elements[shape], "twice", told, "warning")


def _beside(ground: Ground) -> set[str]:
    """Shapes behind events that do not interrupt: several tokens there are meant."""
    front = [e.id for e in ground.elements if not e.interrupting]
    found: set[str] = set()
    while front:
        shape = front.pop()
        if shape not in found:
            found.add(shape)
            front += [e.id for e in ground.diagram.after(ground.diagram.elements[shape])]
    return found


class _Play:
    """All markings of one process, moving one token at a time: tokens only meet at joins, so their order is free."""

    def __init__(self, ground: Ground, process: str):
        self.ground = ground
        self.inside = {e.id: e for e in ground.diagram.inside(process)}
        self.joins = {e.id for e in self.inside.values() if e.kind in JOINS and len(e.incoming) > 1}
        self.ways = {e: ways_into(ground.diagram, self.inside[e]) for e in self.joins}
        self.waiting: dict[str, set[str]] = {}
        self.twice: set[str] = set()

    def through(self) -> None:
        front = [Counter({(e.id, ""): 1}) for e in self.inside.values() if e.kind == "startEvent"]
        seen: set[Marking] = set()
        while front and len(seen) < MOST:
            marking = front.pop()
            frozen = frozenset(marking.items())
            if frozen in seen:
                continue
            seen.add(frozen)
            doubled = {shape for (shape, _), count in marking.items() if count > 1}
            self.twice |= doubled
            if not doubled:
                front += self._next(marking)

    def _next(self, marking: Counter[tuple[str, str]]) -> Iterator[Counter[tuple[str, str]]]:
        moving = min((place for place in marking if not place[1]), default=None)
        if moving is not None:
            rest = marking - Counter([moving])
            for flows in self._choices(self.inside[moving[0]]):
                yield self._arrive(rest, flows) if flows is not None else Counter()
            return
        for join in sorted({shape for shape, _ in marking}):
            come = {flow for shape, flow in marking if shape == join}
            if self.inside[join].kind == "inclusiveGateway" and not self._still(join, come, marking):
                yield marking - Counter((join, flow) for flow in come) + Counter([(join, "")])
                return
        for shape, flow in marking:
            self.waiting.setdefault(shape, set()).add(flow)

    def _still(self, join: str, come: set[str], marking: Counter[tuple[str, str]]) -> bool:
        """Whether a token at another join can still come by a new way, and by none that has been used."""
        others = (self.ways[join].get(shape, frozenset()) for shape, _ in marking if shape != join)
        return any(ways - come and not ways & come for ways in others)

    def _arrive(self, rest: Counter[tuple[str, str]], flows: tuple[str, ...]) -> Counter[tuple[str, str]]:
        marking = rest.copy()
        for flow in flows:
            target = self.ground.diagram.flows[flow].target
            marking[target, flow if target in self.joins else ""] += 1
            all_ways = Counter((target, one) for one in self.inside[target].incoming)
            parallel = target in self.joins and self.inside[target].kind == "parallelGateway"
            if parallel and all_ways <= marking:
                marking = marking - all_ways + Counter([(target, "")])
        return +marking

    def _choices(self, element: Element) -> Iterator[tuple[str, ...] | None]:
        """Sets of flows a token may leave by; None ends the process at once."""
        if element.kind == "endEvent":
            yield None if element.event in ("terminate", "error") else ()
        elif element.kind == "parallelGateway":
            yield element.outgoing
        elif element.kind == "inclusiveGateway":
            for count in range(1, min(len(element.outgoing), 5) + 1):
                yield from combinations(element.outgoing, count)
        else:
            for flow in element.outgoing:
                yield (flow,)
        for event in self.ground.diagram.attached(element.id):
            if event.interrupting:
                yield event.outgoing
            elif element.outgoing:
                yield (*element.outgoing, *event.outgoing)


RULES = (tokens_meet_as_drawn,)
