"""Where tokens may go: flows, conditions, dead ends."""

import re
from collections.abc import Iterator

from app.runtime.elements import GATEWAYS, Finding
from app.runtime.lint.ground import Ground, at, on

_COMPARISON = re.compile(r"\s*([\w.]+)\s*(<=|>=|!=|<|>|=)\s*(\S+|\"[^\"]*\")\s*")
_OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "=": "!=", "!=": "="}


def flows_leave_as_the_shape_allows(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        count = len(element.outgoing)
        if element.kind == "endEvent":
            if count:
                yield at(element, "end", "结束事件之后不能再有连线")
        elif count == 0:
            yield at(element, "dead-end", "没有去向：请连到下一步或结束事件")
        elif count > 1 and element.kind not in GATEWAYS:
            yield at(element, "split", "有多条去向：请用网关写明如何分支")
        if element.kind == "startEvent" and element.incoming:
            yield at(element, "start", "开始事件不能有进入的连线")
        targets = [flow.target for flow in ground.out(element)]
        for twice in sorted({t for t in targets if targets.count(t) > 1}):
            label = ground.diagram.elements[twice].label
            yield at(element, "double-flow", f"有两条连线通往“{label}”：请合并为一条")


def conditions_stand_where_they_count(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        chooses = element.kind in ("exclusiveGateway", "inclusiveGateway") and len(element.outgoing) > 1
        flows = ground.out(element)
        if chooses and not any(flow.condition for flow in flows):
            yield at(element, "no-conditions", "网关的去向都没有条件")
            continue
        if element.default and element.default not in element.outgoing:
            yield at(element, "default", "默认连线不是从这里出发的")
        for flow in flows:
            if flow.condition and not chooses:
                yield on(ground, flow, "condition", "此处的条件不起作用：条件只能写在排他或相容网关的多个去向上")
            elif chooses and flow.id == element.default and flow.condition:
                yield on(ground, flow, "default", "默认连线不能带条件")
            elif chooses and flow.id != element.default and not flow.condition:
                yield on(ground, flow, "no-condition", "缺少条件（或设为默认连线）")


def everything_can_be_reached(ground: Ground) -> Iterator[Finding]:
    elements = ground.diagram.elements
    front = [e.id for e in ground.elements if e.kind == "startEvent"]
    reached: set[str] = set()
    while front:
        shape = front.pop()
        if shape not in reached:
            reached.add(shape)
            front += [e.id for e in ground.diagram.after(elements[shape])]
            front += [e.id for e in ground.diagram.attached(shape)]
    for element in ground.elements:
        if element.id not in reached:
            yield at(element, "unreachable", "从开始事件走不到这里")


def everything_can_end(ground: Ground) -> Iterator[Finding]:
    """From each shape some way leads to an end event: no circle without an exit."""
    before: dict[str, list[str]] = {}
    for flow in ground.diagram.flows.values():
        before.setdefault(flow.target, []).append(flow.source)
    for element in ground.elements:
        if element.attached_to:
            before.setdefault(element.id, []).append(element.attached_to)
    front = [e.id for e in ground.elements if e.kind == "endEvent"]
    ending: set[str] = set()
    while front:
        shape = front.pop()
        if shape not in ending:
            ending.add(shape)
            front += before.get(shape, [])
    for element in ground.elements:
        if element.id not in ending and element.outgoing:
            yield at(element, "endless", "从这里永远走不到结束事件")


def choices_are_complete(ground: Ground) -> Iterator[Finding]:
    """Without a default, some value may satisfy no condition, and the case then stands still."""
    for element in ground.elements:
        if element.kind not in ("exclusiveGateway", "inclusiveGateway") or len(element.outgoing) < 2 or element.default:
            continue
        conditions = [flow.condition or "" for flow in ground.out(element)]
        if not any(_opposed(a, b) for i, a in enumerate(conditions) for b in conditions[i + 1 :]):
            yield at(element, "no-default", "没有默认连线，条件也未必覆盖所有情形；都不成立时流程会停住", "warning")


def _opposed(one: str, other: str) -> bool:
    """Whether one of two conditions must hold: `a > 5` and `a <= 5`, `x` and `not(x)`."""
    for a, b in ((one, other), (other, one)):
        if re.fullmatch(rf"\s*not\s*\(\s*{re.escape(a.strip())}\s*\)\s*", b):
            return True
    first, second = _COMPARISON.fullmatch(one), _COMPARISON.fullmatch(other)
    return bool(
        first and second and first[1] == second[1] and first[3] == second[3] and _OPPOSITE[first[2]] == second[2]
    )


RULES = (
    flows_leave_as_the_shape_allows, conditions_stand_where_they_count, everything_can_be_reached, everything_can_end,
    choices_are_complete,
)  # fmt: skip
