"""Cases carried over to another version of their diagrams: whether what is open has its counterpart there."""

from app.runtime.elements import Diagram, Element, Finding
from app.runtime.faults import Refused
from app.runtime.gateways import FirstEvent, Join
from app.runtime.tokens import Running, Token


def check(running: Running, old: Diagram, new: Diagram) -> None:
    """Refuse a version in which something that is open has no counterpart."""
    wrong: list[Finding] = []
    for level in running.levels():
        if level.spec.name not in new.processes:
            process = old.processes[level.spec.name]
            wrong.append(Finding(process.id, process.name or process.id, "swap", "新版本中没有这个流程"))
            continue
        for token in level.living():
            if reason := _changed(token, old, new):
                wrong.append(Finding(token.element.id, token.element.label, "swap", reason))
    if old.main != new.main:
        wrong.append(Finding(old.main, old.main, "swap", f"新版本的主流程是“{new.main}”"))
    if wrong:
        raise Refused(wrong)


def _changed(token: Token, old: Diagram, new: Diagram) -> str | None:
    """Why the token's shape cannot be the one of that id in the new version."""
    before, after = token.element, new.elements.get(token.element.id)
    if after is None:
        return "新版本中没有这个图形，而流程正停在这里"
    if after.process != before.process:
        return "新版本把它移到了另一个流程中"
    if (after.kind, after.event, after.called) != (before.kind, before.event, before.called):
        return "新版本改变了它的种类"
    if _edge(old, before) != _edge(new, after):
        return "新版本改变了它的边界事件，而它们正在等待"
    if isinstance(token.task_spec, FirstEvent) and _events(old, before) != _events(new, after):
        return "新版本改变了它所等待的事件"
    if isinstance(token.task_spec, Join) and set(before.incoming) != set(after.incoming):
        return "新版本改变了汇合的来路，而已有一路到达"
    if before.kind == "serviceTask" and before.operation != after.operation:
        return f"新版本改为调用“{after.operation}”，而“{before.operation}”尚未答复"
    if before.kind == "boundaryEvent" and before.interrupting != after.interrupting:
        return "新版本改变了它是否中断"
    return None


def _edge(diagram: Diagram, element: Element) -> set[tuple[str, str | None]]:
    return {(event.id, event.event) for event in diagram.attached(element.id)}


def _events(diagram: Diagram, element: Element) -> set[tuple[str, str, str | None]]:
    return {(event.id, event.kind, event.event) for event in diagram.after(element)}
