"""Which shapes may be drawn, and what each must carry."""

from collections.abc import Iterator

from app.runtime.elements import Element, Finding
from app.runtime.lint.ground import Ground, at

NONE = None
ALLOWED: dict[str, frozenset[str | None]] = {  # kind → the events it may have
    "startEvent": frozenset({NONE, "message"}),
    "endEvent": frozenset({NONE, "terminate", "error"}),
    "userTask": frozenset({NONE}),
    "serviceTask": frozenset({NONE}),
    "businessRuleTask": frozenset({NONE}),
    "receiveTask": frozenset({"message"}),
    "sendTask": frozenset({"message"}),
    "intermediateThrowEvent": frozenset({"message"}),
    "intermediateCatchEvent": frozenset({"timer", "message"}),
    "boundaryEvent": frozenset({"timer", "message", "error"}),
    "exclusiveGateway": frozenset({NONE}),
    "parallelGateway": frozenset({NONE}),
    "inclusiveGateway": frozenset({NONE}),
    "eventBasedGateway": frozenset({NONE}),
    "subProcess": frozenset({NONE}),
    "callActivity": frozenset({NONE}),
}

REFUSED: dict[str, str] = {  # kind, event or construct → why
    "scriptTask": "脚本任务不予执行：请用服务任务调用操作，或用业务规则任务查决策表",
    "task": "未定类型的任务没有含义：请选用用户任务、服务任务或业务规则任务",
    "manualTask": "手工任务系统无从得知何时完成：请用用户任务",
    "complexGateway": "复杂网关没有确定的含义：请用排他、并行或相容网关",
    "adHocSubProcess": "即席子流程会改动正在运行的流程定义：请画出顺序",
    "transaction": "事务子流程的补偿不受支持：请用带错误边界事件的子流程",
    "signal": "信号会广播到所有流程：请用消息",
    "escalation": "升级事件不受支持：请用消息或非中断边界事件",
    "compensate": "补偿不受支持：请画出撤销的步骤",
    "link": "链接事件不受支持：请用连线",
    "conditional": "条件事件要不断重算：请用消息通知条件已成立",
    "cancel": "取消事件只属于事务子流程，不受支持",
    "multiple": "一个图形只能等待或抛出一种事件：请用事件网关",
    "triggeredByEvent": "事件子流程会改动正在运行的流程定义：请用边界事件",
    "multiInstanceLoopCharacteristics": "多实例不受支持：请画出循环或并行分支",
    "standardLoopCharacteristics": "循环标记不受支持：请用排他网关画出循环",
    "instantiate": "由接收任务启动流程不受支持：请用消息开始事件",
}

_HOSTS = {  # which activities an event may sit on
    "timer": frozenset({"userTask", "serviceTask", "receiveTask", "subProcess", "callActivity"}),
    "message": frozenset({"userTask", "serviceTask", "receiveTask", "subProcess", "callActivity"}),
    "error": frozenset({"serviceTask", "subProcess", "callActivity"}),
}


def only_allowed_shapes(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.kind not in ALLOWED:
            yield at(element, "not-allowed", REFUSED.get(element.kind, f"图形“{element.kind}”不受支持"))
        elif element.event not in ALLOWED[element.kind]:
            yield at(element, "event-not-allowed", _event_reason(element))
        for odd in element.odd:
            yield at(element, "not-allowed", REFUSED.get(odd, f"“{odd}”不受支持"))


def _event_reason(element: Element) -> str:
    if element.event is None:
        return "没有写明等待或抛出什么"
    return REFUSED.get(element.event, f"此处不能用“{element.event}”事件")


def processes_begin_and_end(ground: Ground) -> Iterator[Finding]:
    """One plain start; other starts by distinct messages, and only where a case begins; at least one end."""
    for process in ground.diagram.processes.values():
        inside = ground.diagram.inside(process.id)
        starts = [e for e in inside if e.kind == "startEvent"]
        plain = [e for e in starts if e.event is None]
        label = process.name or process.id
        if not starts:
            yield Finding(process.id, label, "no-start", "没有开始事件")
        elif process.id != ground.diagram.main and len(plain) != 1:
            yield Finding(process.id, label, "start", "子流程和被调用的流程须有且只有一个无触发条件的开始事件")
        for extra in plain[1:]:
            yield at(extra, "start", "无触发条件的开始事件只能有一个")
        for extra in starts if process.id != ground.diagram.main else ():
            if extra.event == "message":
                yield at(extra, "start", "消息开始事件只能画在主流程中")
        if not any(e.kind == "endEvent" for e in inside):
            yield Finding(process.id, label, "no-end", "没有结束事件")
        seen: set[str | None] = set()
        for element in starts:
            if element.event == "message" and element.message in seen:
                yield at(element, "start", f"两个开始事件等待同一消息“{element.message}”")
            seen.add(element.message)


def events_say_what(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.event == "message" and not element.message:
            yield at(element, "message", "没有指明消息名称")
        if element.kind in ("sendTask", "intermediateThrowEvent") and not element.send_to:
            yield at(element, "message", "没有指明消息发往哪个政策（policy:message 的 policy）")
        if element.kind == "endEvent" and element.event == "error":
            if not element.error:
                yield at(element, "error", "没有指明错误代码")
            elif not _caught(ground, element.process, element.error, set()):
                yield at(element, "error", f"错误“{element.error}”没有边界事件处理")


def _caught(ground: Ground, process: str, code: str, seen: set[str]) -> bool:
    """Whether every way out of `process` meets an error boundary event for `code`."""
    openers = [e for e in ground.elements if ground.inner(e) == process]
    if process == ground.diagram.main or not openers or process in seen:
        return False
    return all(
        any(b.event == "error" and b.error in (None, code) for b in ground.diagram.attached(opener.id))
        or _caught(ground, opener.process, code, seen | {process})
        for opener in openers
    )


def boundary_events_sit_right(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.kind != "boundaryEvent":
            continue
        host = ground.diagram.elements.get(element.attached_to or "")
        if host is None or host.process != element.process:
            yield at(element, "boundary", "边界事件没有附着在图形上")
        elif host.kind not in _HOSTS.get(element.event or "", ()):
            yield at(element, "boundary", f"“{host.label}”上不能附着这种边界事件：它不会等待")
        if element.event == "error" and not element.interrupting:
            yield at(element, "boundary", "错误边界事件必须是中断的")
        if element.incoming:
            yield at(element, "boundary", "边界事件不能有进入的连线")


def event_gateways_lead_to_events(ground: Ground) -> Iterator[Finding]:
    for gateway in ground.elements:
        if gateway.kind != "eventBasedGateway":
            continue
        if len(gateway.outgoing) < 2:
            yield at(gateway, "event-gateway", "事件网关至少要有两个去向")
        messages: set[str | None] = set()
        for event in ground.diagram.after(gateway):
            if event.kind not in ("intermediateCatchEvent", "receiveTask"):
                yield at(event, "event-gateway", "事件网关之后只能是定时、消息中间事件或接收任务")
            elif len(event.incoming) > 1:
                yield at(event, "event-gateway", "事件网关之后的事件不能再有别的来路")
            elif ground.diagram.attached(event.id):
                yield at(event, "event-gateway", "事件网关之后的接收任务不能再带边界事件")
            if event.event == "message" and event.message in messages:
                yield at(event, "event-gateway", f"同一事件网关两次等待消息“{event.message}”")
            messages.add(event.message)


def sub_processes_have_insides(ground: Ground) -> Iterator[Finding]:
    """Calls lead to a process of this folder and never back to themselves."""
    for element in ground.elements:
        if element.kind == "callActivity":
            if not element.called:
                yield at(element, "call", "没有指明被调用的流程（calledElement）")
            elif ground.inner(element) is None or element.called in ground.diagram.elements:
                yield at(element, "call", f"本政策中没有流程“{element.called}”")
            elif _reaches(ground, element.called, element.process, set()):
                yield at(element, "call", "流程调用了自身")


def _reaches(ground: Ground, process: str, sought: str, seen: set[str]) -> bool:
    if process == sought:
        return True
    if process in seen:
        return False
    inner = [ground.inner(e) for e in ground.diagram.inside(process)]
    return any(_reaches(ground, next_, sought, seen | {process}) for next_ in inner if next_)


RULES = (
    only_allowed_shapes, processes_begin_and_end, events_say_what, boundary_events_sit_right,
    event_gateways_lead_to_events, sub_processes_have_insides,
)  # fmt: skip
