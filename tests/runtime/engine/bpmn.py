"""Diagrams written in a line or two of Python."""

import re
from itertools import pairwise

NAMESPACES = (
    'xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:policy="urn:baohan:policy:1"'
)


def _shape(tag: str, id: str, *, name: str | None = None, policy: str = "", inside: str = "", **attributes: str) -> str:
    extra = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value)
    extensions = f"<bpmn:extensionElements>{policy}</bpmn:extensionElements>" if policy else ""
    return f'<bpmn:{tag} id="{id}" name="{name if name is not None else id}"{extra}>{extensions}{inside}</bpmn:{tag}>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def _policy(tag: str, inside: str = "", **attributes: str | None) -> str:
    extra = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items() if value is not None)
    return f"<policy:{tag}{extra}>{inside}</policy:{tag}>"


def _parameters(given: dict[str, str]) -> str:
    return "".join(_policy("parameter", name=name, value=value) for name, value in given.items())


def start(id: str = "start", message: str = "", result: str | None = None) -> str:
    extra = _policy("result", name=result) if result else ""
    return _shape("startEvent", id, policy=extra, inside=_message(message) if message else "")


def end(id: str = "end", event: str = "", error: str = "") -> str:
    inside = f"<bpmn:{event}EventDefinition/>" if event else ""
    if error:
        inside = f'<bpmn:errorEventDefinition errorRef="error_{error}"/>'
    return _shape("endEvent", id, inside=inside)


def user(id: str, form: str = "f", due: str = "", result: str = "", **more: str) -> str:
    extra = _policy("form", name=form) if form else ""
    extra += _policy("due", value=due) if due else ""
    extra += _policy("result", name=result) if result else ""
    return _shape("userTask", id, policy=extra, **more)


def service(id: str, operation: str, result: str | None = None, **parameters: str) -> str:
    return _shape(
        "serviceTask", id, policy=_policy("operation", _parameters(parameters), name=operation, result=result)
    )


def rule(id: str, decision: str, result: str | None = None) -> str:
    return _shape("businessRuleTask", id, policy=_policy("decision", name=decision, result=result))


def send(id: str, message: str, policy: str, key: str | None = None, tag: str = "sendTask", **parameters: str) -> str:
    extra = _policy("message", _parameters(parameters), name=message, policy=policy, key=key)
    return _shape(tag, id, policy=extra, inside="<bpmn:messageEventDefinition/>" if "Throw" in tag else "")


def receive(id: str, message: str, result: str | None = None, key: str | None = None) -> str:
    return _shape("receiveTask", id, policy=_waiting(result, key), messageRef=f"message_{message}")


def catch(id: str, *, message: str = "", result: str | None = None, key: str | None = None, **timer: str) -> str:
    inside = _message(message) if message else _timer(timer)
    return _shape("intermediateCatchEvent", id, policy=_waiting(result, key), inside=inside)


def boundary(
    id: str, on: str, *, message: str = "", error: str | None = None, interrupting: bool = True,
    result: str | None = None, key: str | None = None, **timer: str,
) -> str:  # fmt: skip
    if error is not None:
        inside = f'<bpmn:errorEventDefinition errorRef="error_{error}"/>' if error else "<bpmn:errorEventDefinition/>"
    else:
        inside = _message(message) if message else _timer(timer)
    attributes = {"attachedToRef": on, "cancelActivity": "true" if interrupting else "false"}
    return _shape("boundaryEvent", id, policy=_waiting(result, key), inside=inside, **attributes)


def gateway(id: str, kind: str = "exclusive", default: str = "") -> str:
    return _shape(f"{kind}Gateway", id, default=default)


def sub(id: str, *shapes: str, flows: str) -> str:
    return _shape("subProcess", id, inside="".join(shapes) + _flows(flows))


def call(id: str, process: str) -> str:
    return _shape("callActivity", id, calledElement=process)


def raw(tag: str, id: str, inside: str = "", **attributes: str) -> str:
    return _shape(tag, id, inside=inside, **attributes)


def process(*shapes: str, flows: str, id: str = "p", role: str | None = "operator", lanes: str | None = None) -> bytes:
    """A BPMN file. `flows`: "start > a > gw; gw > b [x > 1]; gw > c"; ids: "a-b". One lane for all."""
    body = "".join(shapes)
    tasks = re.findall(r'<bpmn:userTask id="([^"]+)"', body)
    if lanes is None:
        code = _policy("role", code=role) if role else ""
        members = "".join(f"<bpmn:flowNodeRef>{task}</bpmn:flowNodeRef>" for task in tasks)
        lanes = (
            f'<bpmn:laneSet id="{id}_lanes"><bpmn:lane id="{id}_lane" name="经办"><bpmn:extensionElements>{code}'
            f"</bpmn:extensionElements>{members}</bpmn:lane></bpmn:laneSet>"
        )
    messages = set(re.findall(r'messageRef="message_([^"]+)"', body))
    errors = set(re.findall(r'errorRef="error_([^"]+)"', body))
    roots = "".join(f'<bpmn:message id="message_{m}" name="{m}"/>' for m in sorted(messages))
    roots += "".join(f'<bpmn:error id="error_{e}" name="{e}" errorCode="{e}"/>' for e in sorted(errors))
    return (
        f'<bpmn:definitions {NAMESPACES} targetNamespace="urn:test">{roots}'
        f'<bpmn:process id="{id}" isExecutable="true">{lanes}{body}{_flows(flows)}</bpmn:process></bpmn:definitions>'
    ).encode()


def _flows(text: str) -> str:
    found = []
    for chain in filter(None, (part.strip() for part in text.split(";"))):
        path, _, condition = chain.partition("[")
        shapes = [shape.strip() for shape in path.split(">")]
        for source, target in pairwise(shapes):
            inside = ""
            if condition:
                inside = (
                    '<bpmn:conditionExpression xsi:type="bpmn:tFormalExpression">'
                    f"{_escaped(condition.removesuffix(']'))}</bpmn:conditionExpression>"
                )
            ends = f'id="{source}-{target}" sourceRef="{source}" targetRef="{target}"'
            found.append(f"<bpmn:sequenceFlow {ends}>{inside}</bpmn:sequenceFlow>")
    return "".join(found)


def _message(name: str) -> str:
    return f'<bpmn:messageEventDefinition messageRef="message_{name}"/>'


def _timer(timer: dict[str, str]) -> str:
    tags = {"date": "timeDate", "duration": "timeDuration", "cycle": "timeCycle"}
    inside = "".join(f"<bpmn:{tags[kind]}>{_escaped(text)}</bpmn:{tags[kind]}>" for kind, text in timer.items())
    return f"<bpmn:timerEventDefinition>{inside}</bpmn:timerEventDefinition>"


def _waiting(result: str | None, key: str | None) -> str:
    extra = _policy("result", name=result) if result else ""
    return extra + (_policy("correlation", key=key) if key else "")


def table(id: str, inputs: list[str], rules: list[tuple[str, ...]], hit: str = "UNIQUE") -> bytes:
    """A DMN file with one decision table; each rule is its input cells and one output cell."""
    columns = "".join(
        f'<input id="{id}_i{n}"><inputExpression><text>{_escaped(text)}</text></inputExpression></input>'
        for n, text in enumerate(inputs)
    )
    rows = ""
    for n, (*tests, result) in enumerate(rules):
        cells = "".join(f"<inputEntry><text>{_escaped(test)}</text></inputEntry>" for test in tests)
        rows += f'<rule id="{id}_r{n}">{cells}<outputEntry><text>{_escaped(result)}</text></outputEntry></rule>'
    return (
        f'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" name="{id}" namespace="urn:{id}">'
        f'<decision id="{id}" name="{id}"><variable name="{id}"/><decisionTable hitPolicy="{hit}">{columns}'
        f'<output id="{id}_o"/>{rows}</decisionTable></decision></definitions>'
    ).encode()
