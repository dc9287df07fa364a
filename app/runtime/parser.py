"""BPMN files into a Diagram. Tolerant: what may not be drawn is kept with its kind, so that lint can name the shape."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lxml import etree

from app.runtime.elements import Diagram, Element, Finding, Flow, Parameter, Phase, Process

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
POLICY = "urn:baohan:policy:1"
LARGEST = 2_000_000  # bytes of one file

_SILENT = frozenset(  # drawn, read by people, without effect
    {"laneSet", "textAnnotation", "association", "group", "dataObject", "dataObjectReference", "documentation"}
    | {"dataStoreReference"}
    | {"extensionElements", "ioSpecification", "property", "incoming", "outgoing"}
)
_INSIDE = frozenset(  # children of a shape that parser or engine understands or may ignore
    {"documentation", "extensionElements", "incoming", "outgoing", "ioSpecification", "property"}
    | {"dataInputAssociation", "dataOutputAssociation"}
)
_NO_SHAPE = ("EventDefinition", "LoopCharacteristics")
_TIMERS = {"timeDate": "date", "timeDuration": "duration", "timeCycle": "cycle"}
Lanes = dict[str, tuple[str, str | None]]
"""Shape → its lane's name and role."""


def read(policy: str, files: Mapping[str, bytes]) -> tuple[Diagram, list[Finding]]:
    """The policy's `*.bpmn` files as one diagram, and what could not be read."""
    diagram, findings = Diagram(policy), []
    for path in sorted((p for p in files if p.endswith(".bpmn")), key=lambda p: (not p.endswith("process.bpmn"), p)):
        try:
            root = xml(files[path], path)
        except ValueError as wrong:
            findings.append(Finding(path, path, "xml", str(wrong)))
            continue
        findings += _File(diagram, root, path).read()
    if not diagram.main:
        findings.append(Finding(policy, policy, "no-process", "没有找到可执行的流程（isExecutable=true 的 process）"))
    _connect(diagram, findings)
    return diagram, findings


def xml(data: bytes, path: str) -> etree._Element:
    """The root of an XML document without DOCTYPE or entities; ValueError says what is wrong, in Chinese."""
    if len(data) > LARGEST:
        raise ValueError(f"文件 {path} 超过 {LARGEST // 1_000_000} MB")
    strict = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, strict)
    except etree.XMLSyntaxError as wrong:
        raise ValueError(f"文件 {path} 不是有效的 XML：{wrong.msg}") from None
    if getattr(root.getroottree().docinfo, "doctype", "") or any(
        isinstance(node, etree._Entity) for node in root.iter()
    ):
        raise ValueError(f"文件 {path} 含有 DOCTYPE 或实体声明，不予接收")
    return root


class _File:
    """One BPMN file being read into the diagram."""

    def __init__(self, diagram: Diagram, root: etree._Element, path: str):
        self.diagram, self.root, self.path = diagram, root, path
        self.findings: list[Finding] = []
        self.messages = {m.get("id"): m.get("name") or "" for m in root.iter(f"{{{BPMN}}}message")}
        self.errors = {e.get("id"): e.get("errorCode") or "" for e in root.iter(f"{{{BPMN}}}error")}

    def read(self) -> list[Finding]:
        for node in self.root.iter(f"{{{BPMN}}}process"):
            process = Process(node.get("id", ""), node.get("name", ""), self.path)
            if self._taken(process.id, process.name, self.path):
                continue
            self.diagram.processes[process.id] = process
            if not self.diagram.main and node.get("isExecutable", "true") == "true":
                self.diagram.main = process.id
            self._inside(node, process.id, self._lanes(node))
        if sum(1 for _ in self.root.iter(f"{{{BPMN}}}participant")) > 1:
            self._wrong(self.path, self.path, "collaboration", "一个文件只画一个流程：请删去多余的参与者（池）")
        return self.findings

    def _inside(self, owner: etree._Element, process: str, lanes: Lanes) -> None:
        for node in owner:
            tag = etree.QName(node)
            if tag.namespace != BPMN or tag.localname in _SILENT or tag.localname.endswith(_NO_SHAPE):
                continue
            if tag.localname == "sequenceFlow":
                self._flow(node, process)
            elif node.get("id") is not None or tag.localname not in _INSIDE:
                self._element(node, tag.localname, process, lanes)

    def _flow(self, node: etree._Element, process: str) -> None:
        condition = node.find(f"{{{BPMN}}}conditionExpression")
        text = (condition.text or "").strip() if condition is not None else ""
        source, target = node.get("sourceRef", ""), node.get("targetRef", "")
        flow = Flow(node.get("id", ""), node.get("name", ""), process, source, target, text or None)
        if not self._taken(flow.id, flow.name, process):
            self.diagram.flows[flow.id] = flow

    def _element(self, node: etree._Element, kind: str, process: str, lanes: Lanes) -> None:
        lane, role = lanes.get(node.get("id", ""), ("", None))
        element = Element(
            node.get("id", ""), node.get("name", ""), kind, process, lane=lane, role=role,
            attached_to=node.get("attachedToRef"), interrupting=node.get("cancelActivity", "true") == "true",
            called=node.get("calledElement"), default=node.get("default"), odd=tuple(_odd(node, kind)),
        )  # fmt: skip
        element = replace(element, **(self._event(node) | self._policy(node, element)))
        if self._taken(element.id, element.name, process):
            return
        self.diagram.elements[element.id] = element
        if kind == "subProcess":
            self.diagram.processes[element.id] = Process(element.id, element.name, self.path, owner=element.id)
            within = [n.get("id", "") for n in node.iter()]
            inner = {id: lanes.get(id, (element.lane, element.role)) for id in within} | self._lanes(node, element.role)
            self._inside(node, element.id, inner)

    def _event(self, node: etree._Element) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if message := node.get("messageRef"):
            found |= {"event": "message", "message": self.messages.get(message, "")}
        for child in node:
            tag = etree.QName(child)
            if tag.namespace != BPMN or not tag.localname.endswith("EventDefinition"):
                continue
            event = tag.localname.removesuffix("EventDefinition")
            found["event"] = event if "event" not in found else "multiple"
            if event == "timer":
                times = [(etree.QName(t).localname, (t.text or "").strip()) for t in child]
                known = [(_TIMERS[t], text) for t, text in times if t in _TIMERS]
                found["timer"] = known[0] if len(known) == 1 else ("", "")
            elif event == "message":
                found["message"] = self.messages.get(child.get("messageRef"), "")
            elif event == "error":
                found["error"] = self.errors.get(child.get("errorRef"), "") or None
        return found

    def _policy(self, node: etree._Element, element: Element) -> dict[str, Any]:
        """Our own extension elements."""
        found: dict[str, Any] = {}
        extensions = node.find(f"{{{BPMN}}}extensionElements")
        for child in extensions if extensions is not None else ():
            tag = etree.QName(child)
            if tag.namespace != POLICY:
                continue
            match tag.localname:
                case "operation":
                    found |= {"operation": child.get("name", ""), "parameters": _parameters(child)}
                    found["result"] = child.get("result")
                case "form":
                    found["form"] = child.get("name")
                case "due":
                    found["due"] = child.get("value")
                case "result":
                    found["result"] = child.get("name")
                case "decision":
                    found |= {"decision": child.get("name", ""), "result": child.get("result")}
                case "correlation":
                    found["correlation"] = child.get("key")
                case "message":
                    found |= {"message": child.get("name", ""), "send_to": child.get("policy"), "event": "message"}
                    found |= {"send_key": child.get("key"), "parameters": _parameters(child)}
                case "role":
                    found["role"] = child.get("code")
                case "phase":
                    found["phase"] = Phase(child.get("name") or element.name, child.get("text", ""))
                case other:
                    self._wrong(element.id, element.name, "extension", f"不认识的扩展元素 policy:{other}")
        return found

    def _lanes(self, owner: etree._Element, outer: str | None = None) -> Lanes:
        """Each shape's innermost lane; the role of an outer one reaches inward."""
        lanes: Lanes = {}
        for lane in owner.iterfind(f"{{{BPMN}}}laneSet//{{{BPMN}}}lane"):
            role = lane.find(f"{{{BPMN}}}extensionElements/{{{POLICY}}}role")
            for member in lane.iterfind(f"{{{BPMN}}}flowNodeRef"):
                shape = (member.text or "").strip()
                known = lanes.get(shape, ("", outer))[1]
                lanes[shape] = (lane.get("name", ""), role.get("code") if role is not None else known)
        return lanes

    def _taken(self, identifier: str, name: str, around: str) -> bool:
        known = self.diagram.processes, self.diagram.elements, self.diagram.flows
        if identifier and not any(identifier in part for part in known):
            return False
        told = "编号（id）在本政策中重复" if identifier else "有图形或连线没有编号（id）"
        self._wrong(identifier or around, name, "id", told)
        return True

    def _wrong(self, identifier: str, name: str, rule: str, message: str) -> None:
        self.findings.append(Finding(identifier, name or identifier, rule, message))


def _parameters(node: etree._Element) -> tuple[Parameter, ...]:
    return tuple(Parameter(p.get("name", ""), p.get("value", "")) for p in node.iterfind(f"{{{POLICY}}}parameter"))


def _odd(node: etree._Element, kind: str) -> Iterator[str]:
    """Names of constructs inside a shape that nothing here understands."""
    if node.get("triggeredByEvent") == "true":
        yield "triggeredByEvent"
    if node.get("instantiate") == "true":
        yield "instantiate"
    for child in node:
        tag = etree.QName(child)
        drawn = kind == "subProcess" and not tag.localname.endswith("LoopCharacteristics")
        if tag.namespace == BPMN and not (
            drawn or tag.localname in _INSIDE or tag.localname.endswith("EventDefinition")
        ):
            yield tag.localname


def _connect(diagram: Diagram, findings: list[Finding]) -> None:
    """Give every element its flows, in drawn order; report flows that hang in the air or leave their process."""
    ends: dict[str, tuple[list[str], list[str]]] = {e: ([], []) for e in diagram.elements}
    for flow in list(diagram.flows.values()):
        source, target = diagram.elements.get(flow.source), diagram.elements.get(flow.target)
        if source is None or target is None or {source.process, target.process} != {flow.process}:
            findings.append(Finding(flow.id, flow.name or flow.id, "flow", "连线的起点或终点不在同一流程中"))
            del diagram.flows[flow.id]
            continue
        ends[flow.source][1].append(flow.id)
        ends[flow.target][0].append(flow.id)
    for identifier, (incoming, outgoing) in ends.items():
        element = diagram.elements[identifier]
        diagram.elements[identifier] = replace(element, incoming=tuple(incoming), outgoing=tuple(outgoing))
