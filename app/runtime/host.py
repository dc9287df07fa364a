"""One command against one case: its host, its time, the facts as they now are, and a bound on how far it may run."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from app import rules
from app.runtime import expressions, timers
from app.runtime.elements import Element, Flow, Parameter
from app.runtime.faults import Stuck

STEP_LIMIT: Final = 1000  # shapes entered in one command; a drawing that needs more runs in circles
OUTSIDE: Final = object()  # answer of Host.operate: the call is made elsewhere, settle() brings its result


class Host(Protocol):
    """What the engine asks of the world."""

    now: datetime

    def facts(self) -> Mapping[str, object]:
        """Current facts of the subject; asked anew after every operation."""

    def operate(self, element: Element, name: str, params: dict[str, Any]) -> object:
        """Do it and answer a JSON result, or OUTSIDE. May raise BpmnError; anything else aborts the step."""

    def send(self, element: Element, message: str, policy: str, key: str | None, payload: dict[str, Any]) -> None:
        """Post a message to another instance; it is delivered after this step."""

    def record(self, kind: str, element: Element, detail: dict[str, Any]) -> None:
        """A line of history."""


class Turn:
    """One command's view of its host; the shapes reach it through the running workflow."""

    def __init__(self, host: Host, models: Mapping[str, Any]):
        self.host, self.now, self._models = host, host.now, models
        self._facts: Mapping[str, object] | None = None
        self._left = STEP_LIMIT

    def enter(self, element: Element, token: str) -> None:
        self._left -= 1
        if self._left < 0:
            raise Stuck(element, f"一步之内走过 {STEP_LIMIT} 个图形仍未停下，流程在自动兜圈子")
        self.record("entered", element, token=token)

    def record(self, kind: str, element: Element, **detail: Any) -> None:
        self.host.record(kind, element, detail)

    @property
    def facts(self) -> Mapping[str, object]:
        if self._facts is None:
            self._facts = self.host.facts()
        return self._facts

    def inputs(self, names: Iterable[str], data: Mapping[str, Any]) -> dict[str, Any]:
        """What an expression reads: facts, which no variable may disguise, and behind them process data."""
        facts = self.facts
        return {name: facts[name] if name in facts else data[name] for name in names if name in facts or name in data}

    def evaluate(self, element: Element, text: str, data: Mapping[str, Any]) -> Any:
        try:
            expression = expressions.compiled(text)
            return expression.evaluate(self.inputs(expression.names, data), now=self.now)
        except rules.RuleSyntaxError as wrong:
            raise Stuck(element, f"表达式有误：{wrong}", expression=text) from wrong
        except rules.RuleError as wrong:
            raise Stuck(element, f"表达式无法计算：{wrong}", expression=text) from wrong

    def holds(self, element: Element, flow: Flow, data: Mapping[str, Any], used: dict[str, Any]) -> bool:
        """Whether a flow's condition is true; what it read goes into `used`. Null is neither true nor false: Stuck."""
        text = flow.condition or ""
        value = self.evaluate(element, text, data)
        expression = expressions.compiled(text)
        context = self.inputs(expression.names, data)
        used |= expressions.used(expression, context)
        if isinstance(value, bool):
            return value
        why = "；".join(str(note) for note in expression.explain(context, now=self.now).notes)
        told = f"条件“{text}”既不为真也不为假，得到 {expressions.shown(value)}"
        raise Stuck(element, f"{told}：{why}" if why else told, flow=flow.id)

    def valued(self, element: Element, text: str, data: Mapping[str, Any]) -> Any:
        """A free-text attribute: FEEL if it begins with `=`, else itself; as JSON."""
        return self._plain(element, self.evaluate(element, text[1:], data)) if text.startswith("=") else text

    def _plain(self, element: Element, value: Any) -> Any:
        try:
            return expressions.plain(value)
        except rules.RuleError as wrong:
            raise Stuck(element, str(wrong)) from wrong

    def key(self, element: Element, text: str, data: Mapping[str, Any]) -> str:
        """Whose message: text or a number; nothing would be anybody's."""
        value = self.valued(element, text, data)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            raise Stuck(element, f"关联键“{text}”得到 {expressions.shown(value)}", expression=text)
        return str(value)

    def parameters(self, element: Element, given: tuple[Parameter, ...], data: Mapping[str, Any]) -> dict[str, Any]:
        return {p.name: self.valued(element, p.value, data) for p in given}

    def due(self, element: Element, kind: str, text: str, data: Mapping[str, Any]) -> timers.Due:
        value = self.evaluate(element, text[1:], data) if text.startswith("=") else text
        try:
            return timers.due(kind, value, self.now)
        except (timers.BadTimer, OverflowError, ValueError) as wrong:
            raise Stuck(element, str(wrong), expression=text) from wrong

    def operate(self, element: Element, name: str, params: dict[str, Any]) -> Any:
        result = self.host.operate(element, name, expressions.copied(params))
        self._facts = None
        if result is OUTSIDE:
            self.record("called", element, operation=name, params=params)
            return OUTSIDE
        result = self.checked(element, result)
        self.record("operated", element, operation=name, params=params, result=result)
        return result

    def decide(self, element: Element, data: Mapping[str, Any]) -> Any:
        """Ask the element's decision table."""
        name = element.decision or ""
        model = self._models.get(name)
        if model is None:
            raise Stuck(element, f"找不到决策“{name}”")
        try:
            trace = model.explain(name, self.inputs(model.reads(name), data), now=self.now)
        except rules.RuleError as wrong:
            raise Stuck(element, f"决策“{name}”无法计算：{wrong}") from wrong
        if torn := [str(note) for note in trace.notes if note.code in expressions.TORN]:
            raise Stuck(element, "；".join(torn))
        value = self._plain(element, trace.value)
        self.record("decided", element, decision=name, value=value, **expressions.told(trace))
        return value

    def checked(self, element: Element, value: Any) -> Any:
        """A deep copy, so that nobody outside shares process data; only JSON is let in."""
        try:
            return expressions.copied(value)
        except TypeError as wrong:
            raise Stuck(element, f"流程数据只能是 JSON：{wrong}") from wrong
