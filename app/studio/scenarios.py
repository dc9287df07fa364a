"""情景: a policy's own stories, each with the end it must come to, played on a drawing with nothing real behind it.

`scenarios.yaml` is a list of stories:

    - name: 开标前申请，机构同意
      facts: {guarantee: {in_force: true}, lot: {opening_passed: false}}   # what expressions read of the subject
      data: {papers: []}                   # what the case begins with
      answers: {push: {accepted: true}}    # shape → what its operation answers, where that is not its own simulation
      story:
        - do: decide                       # a user task, and what its form says
          says: {result: APPROVED, amount: "1800.00"}
        - wait: P2D                        # time goes by; timers fire when they are due
        - hear: lot_opened                 # a message, with what it tells
          told: {}
        - know: {lot: {ended: true}}       # a fact that has changed
      ends: [sent, refunded]               # the end events it comes to, all of them
      does: [guarantees/refund]            # operations done on the way, in this order among others
      waits: []                            # tasks still open at the end; nothing: the case has ended
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import yaml
from flask_babel import gettext as _
from marshmallow import Schema, ValidationError, fields

from app import rules
from app.errors import AppError, BadInput
from app.runtime import engine
from app.runtime.operations import Catalogue, OpContext, Operation

FILE = "scenarios.yaml"
BEGINS = datetime(2026, 1, 5, 2, tzinfo=UTC)  # a Monday, ten in the morning in Shanghai
TURNS = 200  # timers and calls in one story


class _Beat(Schema):
    do, hear, wait = fields.String(), fields.String(), fields.String()
    says, told, know = fields.Dict(), fields.Dict(), fields.Dict()


class _Story(Schema):
    name = fields.String(required=True)
    facts, data, answers = fields.Dict(), fields.Dict(), fields.Dict()
    story = fields.List(fields.Nested(_Beat))
    ends, does, waits = (fields.List(fields.String()) for _ in range(3))


@dataclass(frozen=True)
class Scenario:
    name: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    answers: Mapping[str, Any] = field(default_factory=dict)
    story: tuple[Mapping[str, Any], ...] = ()
    ends: tuple[str, ...] = ()
    does: tuple[str, ...] = ()
    waits: tuple[str, ...] = ()


class Astray(Exception):
    """The story did not go as told; says where."""


def read(text: str) -> list[Scenario]:
    """Raises BadInput naming what is wrong with the file."""
    try:
        told = _Story(many=True).load(yaml.safe_load(text) or [])
    except (yaml.YAMLError, ValidationError, TypeError) as wrong:
        raise BadInput(_("情景文件无法读取：%(why)s", why=str(wrong)[:200])) from wrong
    return [_scenario(one) for one in told]


def _scenario(told: dict[str, Any]) -> Scenario:
    listed = ("story", "ends", "does", "waits")
    values: dict[str, Any] = {name: tuple(value) if name in listed else value for name, value in told.items()}
    return Scenario(**values)


def astray(definition: engine.Definition, scenario: Scenario, catalogue: Catalogue) -> str:
    """Where the story leaves the way it should go; "" if it does not."""
    try:
        _Play(definition, scenario, catalogue).through()
    except Astray as lost:
        return str(lost)
    except AppError as error:
        return error.message
    return ""


class _Play:
    """The host the engine asks: facts as told, operations as they simulate themselves."""

    def __init__(self, definition: engine.Definition, scenario: Scenario, catalogue: Catalogue):
        self.definition, self.scenario, self.catalogue = definition, scenario, catalogue
        self.now = BEGINS
        self.known = dict(scenario.facts)
        self.done: list[str] = []
        self.reached: list[str] = []

    # what the engine asks

    def facts(self) -> Mapping[str, Any]:
        return dict(self.known)

    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> Any:
        operation = self.catalogue.operations.get(name)
        if operation is None:
            raise Astray(_("系统中没有操作“%(name)s”", name=name))
        self.done.append(name)
        return engine.OUTSIDE if operation.outside else self._result(element, operation, params)

    def send(
        self, element: engine.Element, message: str, policy: str, key: str | None, payload: dict[str, Any]
    ) -> None:
        """Nobody is there to hear it."""

    def record(self, kind: str, element: engine.Element, detail: dict[str, Any]) -> None:
        if kind == "entered" and element.kind == "endEvent":
            self.reached.append(element.id)

    # the story

    def through(self) -> None:
        case = engine.start(self.definition, dict(self.scenario.data), self)
        self._settle(case)
        for beat in self.scenario.story:
            self._beat(case, beat)
            self._settle(case)
        self._look(case)

    def _beat(self, case: engine.Case, beat: Mapping[str, Any]) -> None:
        if "know" in beat:
            self.known = _merged(self.known, beat["know"])
        if "wait" in beat:
            self._pass(case, _days(beat["wait"]))
        if "do" in beat:
            task = next((one for one in case.waiting().tasks if one.element.id == beat["do"]), None)
            if task is None:
                raise Astray(_("“%(shape)s”没有待办", shape=self._label(beat["do"])))
            case.complete(task.token, beat.get("says", {}), self)
        if "hear" in beat:
            wait = next((one for one in case.waiting().messages if one.name == beat["hear"]), None)
            if wait is None:
                raise Astray(_("没有图形等待消息“%(name)s”", name=beat["hear"]))
            case.deliver(wait.token, wait.name, beat.get("told", {}), self)

    def _settle(self, case: engine.Case) -> None:
        """Outside calls answer at once."""
        for _turn in range(TURNS):
            call = next(iter(case.waiting().calls), None) if not case.ended else None
            if call is None:
                return
            operation = self.catalogue.operations[call.operation]
            case.settle(call.token, self._result(call.element, operation, call.params), self)
        raise Astray(_("情景没有尽头"))

    def _result(self, element: engine.Element, operation: Operation, params: Mapping[str, Any]) -> Any:
        if element.id in self.scenario.answers:
            return self.scenario.answers[element.id]
        if operation.simulate is not None:
            context = OpContext(key="", policy=self.definition.policy, now=self.now, element=element.id)
            return operation.simulate(context, **params)
        if operation.results:
            raise Astray(_("情景没有说“%(shape)s”的结果", shape=element.label))
        return None

    def _pass(self, case: engine.Case, ahead: timedelta) -> None:
        until = self.now + ahead
        for _turn in range(TURNS):
            due = min((one for one in case.waiting().timers), key=lambda one: one.due_at, default=None)
            if case.ended or due is None or due.due_at > until:
                self.now = until
                return
            self.now = max(self.now, due.due_at)
            case.fire(due.token, due.timer_id, self)
            self._settle(case)
        raise Astray(_("情景没有尽头"))

    def _look(self, case: engine.Case) -> None:
        """Whether it stands where it should."""
        waits = [] if case.ended else [one.element.id for one in case.waiting().tasks]
        if sorted(waits) != sorted(self.scenario.waits):
            raise Astray(self._other(_("待办"), self.scenario.waits, waits))
        if not case.ended and not self.scenario.waits:
            raise Astray(_("流程没有结束"))
        if sorted(self.reached) != sorted(self.scenario.ends):
            raise Astray(self._other(_("结局"), self.scenario.ends, self.reached))
        left = iter(self.done)
        for name in self.scenario.does:
            if name not in left:
                operation = self.catalogue.operations.get(name)
                raise Astray(_("没有做“%(what)s”", what=operation.title if operation else name))

    def _other(self, what: str, wanted: tuple[str, ...], found: list[str]) -> str:
        return _(
            "%(what)s应为%(wanted)s，实为%(found)s",
            what=what,
            wanted=self._labels(wanted),
            found=self._labels(found),
        )

    def _labels(self, names: tuple[str, ...] | list[str]) -> str:
        return "、".join(f"“{self._label(one)}”" for one in names) or _("无")

    def _label(self, name: str) -> str:
        element = self.definition.elements.get(name)
        return element.label if element is not None else name


def _days(text: str) -> timedelta:
    try:
        ahead = rules.parse_duration(text)
    except ValueError:
        ahead = None
    if not isinstance(ahead, timedelta):
        raise Astray(_("“%(text)s”不是时长（例如 P2D、PT30M）", text=text))
    return ahead


def _merged(known: Mapping[str, Any], news: Mapping[str, Any]) -> dict[str, Any]:
    """Facts with some of their parts changed."""
    both = {**known, **news}
    return {
        name: {**known[name], **value} if isinstance(value, dict) and isinstance(known.get(name), dict) else value
        for name, value in both.items()
    }


def findings(definition: engine.Definition, text: str, catalogue: Catalogue) -> Iterator[tuple[str, str]]:
    """(story, where it goes astray) of each that does; a file that can't be read is one."""
    try:
        stories = read(text)
    except BadInput as wrong:
        yield FILE, wrong.message
        return
    for story in stories:
        if lost := astray(definition, story, catalogue):
            yield story.name, lost
