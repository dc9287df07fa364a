"""What is written on shapes: FEEL, times, names of variables."""

from collections.abc import Iterator

from app import rules
from app.runtime import expressions, timers
from app.runtime.elements import Element, Finding
from app.runtime.lint.ground import Ground, at, on


def conditions_are_feel(ground: Ground) -> Iterator[Finding]:
    for flow in ground.diagram.flows.values():
        if flow.condition is None:
            continue
        if flow.condition.startswith("="):
            yield on(ground, flow, "feel", "条件就是 FEEL 表达式，开头不写“=”")
        elif wrong := _wrong(flow.condition):
            yield on(ground, flow, "feel", f"条件“{flow.condition}”有误：{wrong}")


def attributes_are_feel(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        for where, text in _texts(element):
            if text.startswith("=") and (wrong := _wrong(text[1:])):
                yield at(element, "feel", f"{where}“{text}”有误：{wrong}")


def timers_are_times(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.timer is not None:
            try:
                timers.check(*element.timer)
            except timers.BadTimer as wrong:
                yield at(element, "timer", str(wrong))
            if element.timer[0] == "cycle" and (element.kind != "boundaryEvent" or element.interrupting):
                yield at(element, "timer", "循环定时只能用在非中断的边界事件上")
        if element.due is not None:
            try:
                timers.check("date" if element.due[:1].isdigit() else "duration", element.due)
            except timers.BadTimer as wrong:
                yield at(element, "timer", f"办理期限：{wrong}")


def variables_have_names(ground: Ground) -> Iterator[Finding]:
    """A result nobody could refer to in FEEL is a slip."""
    for element in ground.elements:
        if element.result is not None and not element.result.isidentifier():
            yield at(element, "result", f"“{element.result}”不能作变量名：用字母、汉字、数字和下划线，不以数字开头")
        names = [parameter.name for parameter in element.parameters]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            yield at(element, "parameter", f"参数“{twice}”写了两次")


def _texts(element: Element) -> Iterator[tuple[str, str]]:
    for parameter in element.parameters:
        yield f"参数 {parameter.name} ", parameter.value
    for where, text in (
        ("定时器", (element.timer or ("", ""))[1]),
        ("办理期限", element.due),
        ("关联键", element.correlation),
        ("消息键", element.send_key),
    ):
        if text:
            yield where, text


def _wrong(text: str) -> str | None:
    try:
        expressions.compiled(text)
    except rules.RuleSyntaxError as wrong:
        return str(wrong)
    return None


RULES = (conditions_are_feel, attributes_are_feel, timers_are_times, variables_have_names)
