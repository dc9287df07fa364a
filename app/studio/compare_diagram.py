"""Two drawings: shapes and flows added, removed and changed, and what about them changed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from lxml import etree

from app.runtime import parser
from app.runtime.elements import Diagram, Element, Flow
from app.studio.change import Change
from app.studio.words import duration, quoted


@dataclass(frozen=True)
class Lane:
    name: str
    role: str
    members: frozenset[str]


def changes(policy: str, before: str, after: str, operations: Mapping[str, str]) -> Iterator[Change]:
    old, new = (_read(policy, text) for text in (before, after))
    yield from _shapes(old, new, operations)
    yield from _flows(old, new)
    yield from _lanes(_drawn_lanes(before), _drawn_lanes(after), new)


def _read(policy: str, text: str) -> Diagram:
    return parser.read(policy, {"process.bpmn": text.encode()})[0]


def _shapes(old: Diagram, new: Diagram, operations: Mapping[str, str]) -> Iterator[Change]:
    for identifier, element in new.elements.items():
        if identifier not in old.elements:
            what = _about(element, operations)
            yield Change(
                "added", identifier, _("新增%(kind)s“%(name)s”", kind=_kind(element), name=element.label) + what
            )
    for identifier, element in old.elements.items():
        if identifier not in new.elements:
            yield Change("removed", identifier, _("删除%(kind)s“%(name)s”", kind=_kind(element), name=element.label))
            continue
        after = new.elements[identifier]
        for text in _differences(element, after, old, new, operations):
            yield Change("changed", identifier, f"{_kind(after)}“{after.label}”：{text}")


def _about(element: Element, operations: Mapping[str, str]) -> str:
    said = [f"{label}{shown}" for label, shown in _facts(element, operations).values() if shown != quoted(None)]
    return f"（{'，'.join(said)}）" if said else ""


def _differences(
    old: Element, new: Element, before: Diagram, after: Diagram, operations: Mapping[str, str]
) -> Iterator[str]:
    if old.kind != new.kind or old.event != new.event:
        yield _("类型由%(old)s改为%(new)s", old=_kind(old), new=_kind(new))
    if old.name != new.name:
        yield _turned(_("名称"), quoted(old.name), quoted(new.name))
    was, now = _facts(old, operations), _facts(new, operations)
    for key, (label, shown) in now.items():
        if was[key][1] != shown:
            yield _turned(label, was[key][1], shown)
    if old.interrupting != new.interrupting:
        yield _("改为中断原任务") if new.interrupting else _("改为不中断原任务")
    if old.attached_to != new.attached_to:
        yield _turned(_("附着于"), _shape(before, old.attached_to), _shape(after, new.attached_to))
    if old.default != new.default:
        yield _turned(_("默认去向"), _way(before, old.default), _way(after, new.default))
    given, given_now = ({p.name: p.value for p in element.parameters} for element in (old, new))
    for name in sorted({*given, *given_now}):
        if given.get(name) != given_now.get(name):
            yield _turned(_("参数 %(name)s", name=name), quoted(given.get(name)), quoted(given_now.get(name)))


def _facts(element: Element, operations: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What is written on a shape: key → (label, value in words)."""
    operation = element.operation and operations.get(element.operation, element.operation)
    timer = duration(element.timer[1]) if element.timer else None
    return {
        "operation": (_("操作"), quoted(operation)),
        "form": (_("表单"), quoted(element.form)),
        "due": (_("办理期限"), quoted(element.due and duration(element.due))),
        "timer": (_("时间"), quoted(timer)),
        "decision": (_("决策"), quoted(element.decision)),
        "message": (_("消息"), quoted(element.message)),
        "correlation": (_("只收与此相符的"), quoted(element.correlation)),
        "send_to": (_("发往"), quoted(element.send_to)),
        "send_key": (_("业务编号"), quoted(element.send_key)),
        "error": (_("错误代码"), quoted(element.error)),
        "called": (_("调用的流程"), quoted(element.called)),
        "result": (_("结果存为"), quoted(element.result)),
        "phase": (_("首页步骤"), quoted(element.phase and f"{element.phase.name}　{element.phase.text}".strip())),
    }


def _turned(label: str, before: str, after: str) -> str:
    return _("%(label)s由%(before)s改为%(after)s", label=label, before=before, after=after)


def _flows(old: Diagram, new: Diagram) -> Iterator[Change]:
    for identifier, flow in new.flows.items():
        if identifier not in old.flows:
            yield Change("added", identifier, _("新增%(flow)s", flow=_flow(new, flow)))
    for identifier, flow in old.flows.items():
        if identifier not in new.flows:
            yield Change("removed", identifier, _("删除%(flow)s", flow=_flow(old, flow)))
            continue
        now = new.flows[identifier]
        if (flow.source, flow.target) != (now.source, now.target):
            text = _("改为%(flow)s", flow=_flow(new, now))
            yield Change("changed", identifier, f"{_flow(old, flow)}：{text}")
        if flow.name != now.name:
            text = _turned(_("名称"), quoted(flow.name), quoted(now.name))
            yield Change("changed", identifier, f"{_flow(new, now)}：{text}")
        if flow.condition != now.condition:
            text = _turned(_("条件"), quoted(flow.condition), quoted(now.condition))
            yield Change("changed", identifier, f"{_flow(new, now)}：{text}")


def _flow(diagram: Diagram, flow: Flow) -> str:
    return _("从%(source)s到%(target)s的流向", source=_shape(diagram, flow.source), target=_shape(diagram, flow.target))


def _shape(diagram: Diagram, identifier: str | None) -> str:
    element = diagram.elements.get(identifier or "")
    return quoted(element.label if element else identifier)


def _way(diagram: Diagram, flow: str | None) -> str:
    return _shape(diagram, diagram.flows[flow].target) if flow in diagram.flows else quoted(None)


def _drawn_lanes(text: str) -> dict[str, Lane]:
    try:
        root = parser.xml(text.encode(), "process.bpmn")
    except ValueError:
        return {}
    lanes = {}
    for lane in root.iter(f"{{{parser.BPMN}}}lane"):
        role: etree._Element | None = lane.find(f".//{{{parser.POLICY}}}role")
        members = frozenset((node.text or "").strip() for node in lane.iterfind(f"{{{parser.BPMN}}}flowNodeRef"))
        lanes[lane.get("id", "")] = Lane(
            lane.get("name", ""), (role.get("code") or "") if role is not None else "", members
        )
    return lanes


def _lanes(old: Mapping[str, Lane], new: Mapping[str, Lane], diagram: Diagram) -> Iterator[Change]:
    for identifier, lane in new.items():
        was = old.get(identifier)
        if was is None:
            yield Change(
                "added", identifier, _("新增泳道“%(name)s”（角色 %(role)s）", name=lane.name, role=lane.role or "–")
            )
            continue
        if was.name != lane.name:
            yield Change("changed", identifier, _("泳道“%(old)s”改名为“%(new)s”", old=was.name, new=lane.name))
        if was.role != lane.role:
            text = _turned(_("办理角色"), quoted(was.role), quoted(lane.role))
            yield Change("changed", identifier, _("泳道“%(name)s”：", name=lane.name) + text)
        came = [i for i in sorted(lane.members - was.members) if any(i in other.members for other in old.values())]
        for member in came:
            if member in diagram.elements:
                yield Change(
                    "changed", member, _("%(shape)s移到泳道“%(lane)s”", shape=_shape(diagram, member), lane=lane.name)
                )
    for identifier, lane in old.items():
        if identifier not in new:
            yield Change("removed", identifier, _("删除泳道“%(name)s”", name=lane.name))


def _kind(element: Element) -> str:
    names = {
        "startEvent": _("开始"), "endEvent": _("结束"), "userTask": _("人工任务"), "serviceTask": _("系统操作"),
        "businessRuleTask": _("查决策表"), "sendTask": _("发送消息"), "intermediateThrowEvent": _("发送消息"),
        "receiveTask": _("等待消息"), "exclusiveGateway": _("排他网关"), "parallelGateway": _("并行网关"),
        "inclusiveGateway": _("包容网关"), "eventBasedGateway": _("事件网关"), "subProcess": _("子流程"),
        "callActivity": _("调用流程"), "intermediateCatchEvent": _("等待"), "boundaryEvent": _("边界事件"),
    }  # fmt: skip
    events = {"timer": _("定时"), "message": _("消息"), "error": _("错误"), "terminate": _("全部终止")}
    name = names.get(element.kind, element.kind)
    waits = element.kind in ("startEvent", "endEvent", "intermediateCatchEvent", "boundaryEvent")
    return f"{name}（{events[element.event]}）" if waits and element.event in events else name
