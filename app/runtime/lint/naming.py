"""Advice: names in expressions that nothing in the diagram or the application provides."""

from collections.abc import Iterator
from difflib import get_close_matches

from app import rules
from app.runtime import expressions
from app.runtime.elements import Element, Finding
from app.runtime.lint.ground import Ground, at, on

Path = tuple[str, ...]


def names_are_known(ground: Ground) -> Iterator[Finding]:
    """A slip in a name is null at run time; facts by dotted name, results and messages by their first part."""
    if ground.names is None:
        return
    known = {tuple(name.split(".")) for name in ground.names}
    known |= {(name,) for element in ground.elements for name in _written(element)}
    for flow in ground.diagram.flows.values():
        for told in _unknown(flow.condition or "", known):
            yield on(ground, flow, "name", told, "warning")
    for element in ground.elements:
        texts: list[str | None] = [parameter.value for parameter in element.parameters]
        texts += [(element.timer or ("", ""))[1], element.due, element.correlation, element.send_key]
        for text in texts:
            for told in _unknown(text[1:], known) if text and text.startswith("=") else ():
                yield at(element, "name", told, "warning")
        model = ground.models.get(element.decision or "")
        for name in sorted(model.reads(element.decision) if model else ()):
            if not _provided((name,), known):
                yield at(element, "name", f"决策“{element.decision}”要用的“{name}”没有来源", "warning")


def _written(element: Element) -> Iterator[str]:
    """Variables a shape leaves behind."""
    if element.result:
        yield element.result
    elif element.kind == "userTask":
        yield element.id
    elif element.kind == "businessRuleTask":
        yield element.decision or element.id
    elif element.event == "message" and element.message and element.kind != "sendTask":
        yield element.message


def _unknown(text: str, known: set[Path]) -> Iterator[str]:
    try:
        paths = expressions.compiled(text).paths if text else ()
    except rules.RuleSyntaxError:
        return
    for path in sorted(paths):
        if not _provided(path, known):
            name = ".".join(path)
            near = get_close_matches(name, [".".join(k) for k in known], 1, 0.6)
            yield f"“{name}”没有来源" + (f"，是否想写“{near[0]}”" if near else "")


def _provided(path: Path, known: set[Path]) -> bool:
    return any(path[: len(k)] == k[: len(path)] for k in known)


RULES = (names_are_known,)
