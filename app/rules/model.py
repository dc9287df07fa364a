"""A DMN model: its decisions, what each requires, and their evaluation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .application import apply
from .bounds import Run, Scope
from .boxed import TableNode, Typed
from .code import Code
from .expression import guarded, inputs_of
from .failures import Note, RuleError, Said, nearest
from .freedom import free_paths
from .kinds import Type, Unfit, coerce
from .standard.texts import as_text
from .syntax import Node, children
from .table import Matching, Stop, Table
from .values import Function, Value, admit, kind, told

Key = tuple[str, str]  # namespace, id


@dataclass(frozen=True, slots=True)
class Requirement:
    key: Key
    imported_as: str = ""


@dataclass(slots=True)
class Part:
    """A decision, input, knowledge model or service: an element of the graph."""

    key: Key
    kind: str
    name: str
    type: Type | None
    requires: tuple[Requirement, ...]
    tree: Node | None = None
    code: Code | None = None
    function: Function | None = None
    formals: tuple[tuple[str, Type | None], ...] = ()
    inputs: tuple[Requirement, ...] = ()  # of a service: its parameters
    outputs: tuple[Key, ...] = ()

    @property
    def id(self) -> str:
        return self.key[1]

    @property
    def where(self) -> Said:
        return Said(self.name, self.name)

    @property
    def table(self) -> Table | None:
        """The decision's table, if its logic is one."""
        tree = self.tree.node if isinstance(self.tree, Typed) else self.tree
        return tree.table if isinstance(tree, TableNode) else None


@dataclass(frozen=True, slots=True)
class Trace:
    """How a decision came about: `matched` rules, the cell that `stopped` each other one, `inputs`, `notes`."""

    decision: str
    value: Value
    matched: tuple[int, ...]
    stopped: tuple[Stop, ...]
    inputs: dict[str, Value]
    notes: tuple[Note, ...]
    tables: tuple[Matching, ...]  # every table on the way, in the order they answered


@dataclass(slots=True)
class Session:
    """One evaluation of the graph: each decision is made once."""

    parts: Mapping[Key, Part]
    context: Mapping[str, Any]
    run: Run
    results: dict[Key, Value] = field(default_factory=dict)

    def value(self, requirement: Requirement) -> Value:
        part = self.parts[requirement.key]
        if part.key not in self.results:
            if part.kind == "input":
                self.results[part.key] = self.input(requirement)
            elif part.function is not None:
                self.results[part.key] = part.function
            else:
                self.results[part.key] = self.decide(part)
        return self.results[part.key]

    def decide(self, part: Part) -> Value:
        if part.code is None:
            return self.run.null((0, 0), "no_logic", name=part.name)
        names = dict(self.context)
        bind(names, part.requires, self)
        return part.code(Scope(names, None, self.run))

    def input(self, requirement: Requirement) -> Value:
        """What the caller gives for this part: under its namespace, its import's name, or its own name."""
        part = self.parts[requirement.key]
        found: Any = self.context.get(f"{{{part.key[0]}}}{part.name}", _MISSING)
        if found is _MISSING:
            inside = self.context.get(requirement.imported_as)
            found = inside[part.name] if isinstance(inside, Mapping) and part.name in inside else _MISSING
        if found is _MISSING:
            found = self.context.get(part.name)
        return fitting(admit(found, self.run), part.type, part.name, self.run)


_MISSING = object()


def bind(names: dict[str, Any], requires: Iterable[Requirement], session: Session) -> None:
    """Put what is required under its name, or under the name of its import."""
    for requirement in requires:
        name, value = session.parts[requirement.key].name, session.value(requirement)
        if requirement.imported_as:
            within = names.get(requirement.imported_as)
            names[requirement.imported_as] = {**(within if isinstance(within, dict) else {}), name: value}
        else:
            names[name] = value


def fitting(value: Value, of: Type | None, name: str, run: Run) -> Value:
    """The value as the declared type; null and a note if it cannot be had so."""
    try:
        return coerce(value, of)
    except Unfit:
        if of is None or kind(value) == of.kind:
            return run.null((0, 0), "not_allowed", name=name, found=as_text(value, True)[:40])
        return run.null((0, 0), "wrong_type", name=name, expected=of.said, found=told(value))


class Model:
    """A DMN file, and what it imports, ready to decide. Immutable; may be shared by threads."""

    def __init__(self, name: str, namespace: str, parts: dict[Key, Part], types: Mapping[str, Type]) -> None:
        self.name, self.namespace, self.parts, self.types = name, namespace, parts, types
        own = [part for part in parts.values() if part.key[0] == namespace]
        self.decisions = tuple(part for part in own if part.kind == "decision")
        self.services = tuple(part for part in own if part.kind == "service")
        self.inputs = tuple(part for part in own if part.kind == "input")
        self._by_name = {name: part for part in own for name in (part.id, part.name)}
        self._by_name |= {name: part for part in self.decisions for name in (part.name, part.id)}
        self._paths: dict[Key, frozenset[tuple[str, ...]]] = {}

    def part(self, name: str) -> Part:
        """A decision, service or knowledge model by id or name; raises RuleError that names its neighbours."""
        part = self._by_name.get(name)
        if part is None:
            raise RuleError("unknown_decision", name=name, nearest=nearest(name, self._by_name))
        return part

    def evaluate(self, decision: str, context: Mapping[str, Any], now: datetime | None = None) -> Value:
        """The decision's value; raises RuleError when a bound is reached."""
        run = Run()
        run.now = now
        return self._evaluate(self.part(decision), context, run)

    def explain(self, decision: str, context: Mapping[str, Any], now: datetime | None = None) -> Trace:
        """The value, and how it came about."""
        part = self.part(decision)
        run = Run()
        run.now, run.notes, run.trace = now, [], []
        value = self._evaluate(part, context, run)
        own = [one for one in run.trace if one.table is part.table]
        matching = own[-1] if own else None
        return Trace(
            part.name,
            value,
            tuple(matching.matched) if matching else (),
            tuple(matching.stopped) if matching else (),
            self._inputs(part, context),
            tuple(run.notes),
            tuple(run.trace),
        )

    def _evaluate(self, part: Part, context: Mapping[str, Any], run: Run) -> Value:
        session = Session(self.parts, context, run)
        if part.kind == "service":
            return guarded(lambda: serve(part, self.parts, [session.input(one) for one in part.inputs], run))
        if part.kind == "knowledge":
            return guarded(lambda: self._call(part, session))
        return guarded(lambda: session.value(Requirement(part.key)))

    def _call(self, part: Part, session: Session) -> Value:
        """A knowledge model asked for by name takes its parameters from the caller's data."""
        assert part.function is not None
        given = [admit(session.context.get(name), session.run) for name, _ in part.formals]
        return apply(part.function, given, (), session.run, (0, 0))

    def reads(self, decision: str) -> frozenset[str]:
        """The names in the caller's data that a decision, and those it requires, may look at."""
        return frozenset(path[0] for path in self._reads(self.part(decision)))

    def _inputs(self, part: Part, context: Mapping[str, Any]) -> dict[str, Value]:
        """What the decision and those it requires take from the caller's data."""
        return inputs_of(self._reads(part), context)

    def _reads(self, part: Part) -> frozenset[tuple[str, ...]]:
        """Paths into the caller's data; found once."""
        if part.key in self._paths:
            return self._paths[part.key]
        paths: set[tuple[str, ...]] = set()
        own: set[str] = set()
        waiting, seen = [part], set[Key]()
        while waiting:
            one = waiting.pop()
            if one.key in seen:
                continue
            seen.add(one.key)
            own |= {one.name} if one.kind != "input" else set()
            paths |= {(one.name,)} if one.kind == "input" else set()
            paths |= {(requirement.imported_as,) for requirement in one.requires if requirement.imported_as}
            if one.tree is not None:
                paths |= model_paths(one.tree)
            waiting.extend(self.parts[requirement.key] for requirement in one.requires)
        longer = {path[:n] for path in paths for n in range(1, len(path))}
        found = frozenset(path for path in paths if path[0] not in own and path not in longer)
        self._paths[part.key] = found
        return found


def model_paths(tree: Node) -> set[tuple[str, ...]]:
    """The free paths of a decision's logic, its tables' cells included."""
    paths: set[tuple[str, ...]] = set()
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, TableNode):
            cells: list[Node] = [column.expression for column in node.table.inputs if column.expression]
            for rule in node.table.rules:
                cells += [*rule.tests, *rule.results]
            for cell in cells:
                paths |= free_paths(cell)
        elif isinstance(node, Typed):
            waiting.append(node.node)
        elif any(isinstance(child, (Typed, TableNode)) for child in children(node)):
            waiting.extend(children(node))
        else:
            paths |= free_paths(node)
    return paths


def serve(part: Part, parts: Mapping[Key, Part], arguments: list[Value], run: Run) -> Value:
    """Evaluate a decision service: its inputs are given, its output decisions answer."""
    session = Session(parts, {}, run)
    for requirement, argument in zip(part.inputs, arguments, strict=True):
        given = parts[requirement.key]
        session.results[given.key] = fitting(argument, given.type, given.name, run)
    values = [(parts[key].name, session.value(Requirement(key))) for key in part.outputs]
    result = values[0][1] if len(values) == 1 else dict(values)
    return fitting(result, part.type, part.name, run)
