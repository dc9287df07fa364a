"""One case once more, from its history: the same commands at the same times, facts and answers as they were recorded.
Does it go the same way? Nothing is written and nothing outside is asked."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from app import rules
from app.db import db
from app.errors import AppError, NotFound
from app.runtime import definitions, engine
from app.runtime.models import ACTIVE, History, Instance
from app.runtime.step import SCOPE, opened_state
from app.sealing import unseal

COMMANDS = frozenset({"received", "fired", "settled", "completed", "moved"})
OURS = frozenset({"message", "late"})  # written by the step, not by the engine
Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Divergence:
    """The first place where the replay went another way: what the history says there, and what happened now."""

    step: int
    element: str
    recorded: Entry | str
    replayed: Entry | str

    def __str__(self) -> str:
        return f"第 {self.step} 步“{self.element}”：原为 {_shown(self.recorded)}，现为 {_shown(self.replayed)}"


@dataclass(frozen=True)
class Verdict:
    """`divergence` None: the same path to the same end. `state`: the replayed case as bytes."""

    steps: int
    shapes: int
    ended: bool
    divergence: Divergence | None = None
    state: bytes = b""

    @property
    def same(self) -> bool:
        return self.divergence is None


class Departed(Exception):
    """The replay cannot follow the history any further."""

    def __init__(self, element: str, recorded: Entry | str, replayed: Entry | str):
        super().__init__(element)
        self.element, self.recorded, self.replayed = element, recorded, replayed


@dataclass
class Line:
    """One step of the history, unsealed."""

    number: int
    at: datetime
    kind: str
    version: int
    payload: Any
    facts: list[dict[str, Any]]
    trail: list[dict[str, Any]]

    @property
    def engines(self) -> list[dict[str, Any]]:
        return [entry for entry in self.trail if entry["kind"] not in OURS]


class Memory:
    """The host the engine asks: it answers what was answered then."""

    def __init__(self, line: Line, known: dict[str, Any]):
        self.now = line.at
        self.known = known
        self.trail: list[dict[str, Any]] = []
        self._facts = deque(line.facts)
        self._answers = [entry for entry in line.trail if entry["kind"] in ("operated", "called", "failed")]

    def facts(self) -> Mapping[str, Any]:
        """As they were at this point of the step; another drawing may ask elsewhere and gets the latest known."""
        if self._facts:
            self.known.update(self._facts.popleft())
        return dict(self.known)

    def operate(self, element: engine.Element, name: str, params: dict[str, Any]) -> Any:
        for position, entry in enumerate(self._answers):
            if entry["element"] == element.id:
                del self._answers[position]
                if entry["kind"] == "called":
                    return engine.OUTSIDE
                if entry["kind"] == "failed":
                    raise engine.BpmnError(entry["code"])
                return entry["result"]
        raise Departed(element.id, "没有调用", {"operation": name, "params": params})

    def send(
        self, element: engine.Element, message: str, policy: str, key: str | None, payload: dict[str, Any]
    ) -> None:
        """Told once already."""

    def record(self, kind: str, element: engine.Element, detail: dict[str, Any]) -> None:
        self.trail.append({"kind": kind, "element": element.id, **detail})


@dataclass
class Replay:
    """A case being replayed, on its recorded versions or on `definition`."""

    definition: engine.Definition | None = None
    case: engine.Case | None = None
    steps: int = 0
    shapes: int = 0
    known: dict[str, Any] = field(default_factory=dict)

    def step(self, line: Line) -> None:
        """Raises Departed where the way is another one."""
        host = Memory(line, self.known)
        try:
            if self.case is None:
                self.case = engine.start(self.definition or _version(line.version), line.payload, host)
            elif line.kind == "cancel":
                self.case.cancel()
            elif line.kind == "migrate" and self.definition is None:
                self.case.swap(_version(line.version))
            for entry in line.engines:
                if entry["kind"] in COMMANDS:
                    self._command(entry, host)
        except AppError as error:
            raise Departed(getattr(getattr(error, "element", None), "id", ""), "继续", error.message) from error
        finally:
            self.steps += 1
            self.shapes += sum(entry["kind"] == "entered" for entry in host.trail)
        _compare(line.engines, _plain(host.trail))

    def _command(self, entry: Entry, host: Memory) -> None:
        case, element = self.case, entry["element"]
        assert case is not None
        waiting = case.waiting()
        match entry["kind"]:
            case "received":
                messages = (wait for wait in waiting.messages if wait.name == entry["message"])
                case.deliver(_token(messages, entry), entry["message"], entry["payload"], host)
            case "fired":
                case.fire(_token(waiting.timers, entry), element, host)
            case "settled":
                case.settle(_token(waiting.calls, entry), entry["result"], host)
            case "completed":
                case.complete(_token(waiting.tasks, entry), entry["data"], host)
            case "moved":
                case.move(entry["tokens"], entry["to"], host)


def replay(policy: str, key: str, *, definition: engine.Definition | None = None) -> Verdict:
    """Replay the case on the versions it followed, or all of it on `definition`."""
    instance = db.session.scalar(select(Instance).where(Instance.policy == policy, Instance.key == key))
    if instance is None:
        raise NotFound("没有这个流程实例")
    again = Replay(definition)
    for line in _lines(instance.id):
        try:
            again.step(line)
        except Departed as departed:
            where = Divergence(line.number, departed.element, departed.recorded, departed.replayed)
            return Verdict(again.steps, again.shapes, False, where)
    assert again.case is not None
    end = _end(instance, again)
    return Verdict(again.steps, again.shapes, again.case.ended, end, again.case.dump())


def _end(instance: Instance, again: Replay) -> Divergence | None:
    """Whether the replay stands where the case stands."""
    case = again.case
    assert case is not None
    was = engine.load(definitions.get(instance.version_id).definition, opened_state(instance.state))
    pairs: tuple[tuple[str, Entry | str, Entry | str], ...] = (
        ("结局", _standing(instance.status != ACTIVE), _standing(case.ended)),
        ("等待", _places(was), _places(case)),
        ("数据", was.data, case.data),
    )
    return next((Divergence(again.steps, *pair) for pair in pairs if pair[1] != pair[2]), None)


def _lines(instance_id: int) -> Iterator[Line]:
    rows = db.session.scalars(select(History).where(History.instance_id == instance_id).order_by(History.id))
    for row in rows:
        assert row.sealed is not None
        told = orjson.loads(unseal(bytes(row.sealed), SCOPE))
        facts = [rules.from_json(facts) for facts in told["facts"]]
        yield Line(row.step, row.at, row.kind, told["version"], told["payload"], facts, told["trail"])


def _version(identity: int) -> engine.Definition:
    return definitions.get(identity).definition


def _token(waits: Any, entry: Entry) -> str:
    """Who waits for this now: the very token, else another one at the same shape."""
    found = [wait.token for wait in waits if wait.element.id == entry["element"]]
    if not found:
        raise Departed(entry["element"], entry, "没有等待")
    return entry["token"] if entry["token"] in found else found[0]


def _compare(recorded: list[dict[str, Any]], replayed: list[dict[str, Any]]) -> None:
    nothing: Entry = {}
    for position in range(max(len(recorded), len(replayed))):
        was = recorded[position] if position < len(recorded) else nothing
        now = replayed[position] if position < len(replayed) else nothing
        if was != now:
            raise Departed((was or now)["element"], was or "到此为止", now or "到此为止")


def _plain(trail: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """As the history keeps it."""
    found: list[dict[str, Any]] = orjson.loads(orjson.dumps(trail, default=str))
    return found


def _places(case: engine.Case) -> str:
    waiting = case.waiting()
    every: list[Any] = [*waiting.tasks, *waiting.timers, *waiting.messages, *waiting.calls]
    return "、".join(sorted(wait.element.id for wait in every))


def _standing(ended: bool) -> str:
    return "已结束" if ended else "进行中"


def _shown(value: Entry | str) -> str:
    text = value if isinstance(value, str) else orjson.dumps(value, default=str).decode()
    return text if len(text) <= 300 else f"{text[:300]}…"
