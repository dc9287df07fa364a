"""Whether what a diagram names exists: operations, forms, decisions, roles."""

from collections.abc import Iterator

from app.runtime.elements import Finding
from app.runtime.lint.ground import Ground, at


def operations_exist(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.kind != "serviceTask":
            continue
        if not element.operation:
            yield at(element, "operation", "没有指明操作（policy:operation）")
        elif ground.operations is not None and element.operation not in ground.operations:
            yield at(element, "operation", f"没有名为“{element.operation}”的操作")


def operations_get_their_parameters(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        operation = (ground.operations or {}).get(element.operation or "")
        if element.kind != "serviceTask" or operation is None:
            continue
        given = {parameter.name for parameter in element.parameters}
        known = {field.name: field for field in operation.parameters}
        for name in sorted(given - known.keys()):
            yield at(element, "parameter", f"操作“{element.operation}”没有参数“{name}”")
        for name in sorted(known.keys() - given):
            if known[name].required:
                yield at(element, "parameter", f"缺少操作“{element.operation}”的参数“{name}”")


def forms_exist(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.form is not None and ground.forms is not None and element.form not in ground.forms:
            yield at(element, "form", f"没有名为“{element.form}”的表单")
        elif element.kind == "userTask" and not element.form:
            yield at(element, "form", "没有指定表单（policy:form）", "warning")


def decisions_exist(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.kind != "businessRuleTask":
            continue
        if not element.decision:
            yield at(element, "decision", "没有指明决策（policy:decision）")
        elif element.decision not in ground.models:
            yield at(element, "decision", f"本政策和共用的决策表中都没有“{element.decision}”")


def tasks_have_a_known_role(ground: Ground) -> Iterator[Finding]:
    for element in ground.elements:
        if element.kind != "userTask":
            continue
        if not element.role:
            yield at(element, "role", "不在写明角色（policy:role）的泳道中，无人可办")
        elif element.role not in ground.roles:
            yield at(element, "role", f"泳道的角色“{element.role}”不存在")


RULES = (operations_exist, operations_get_their_parameters, forms_exist, decisions_exist, tasks_have_a_known_role)
