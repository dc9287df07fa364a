"""A decision table: read from its element, compiled, matched rule by rule."""

from __future__ import annotations

from dataclasses import dataclass, field

from . import syntax
from .bounds import Scope
from .code import Code, Surroundings, make
from .document import Element, all_of, first_of, name_of, text_of, type_of
from .failures import RuleSyntaxError, Said
from .hits import POLICIES, Hits
from .kinds import Type, Unfit, coerce
from .reading import Reader
from .standard.texts import as_text
from .unary import Match, match_code
from .values import Value, told


@dataclass(frozen=True, slots=True)
class Column:
    """An input or output column; `allowed` are the tests of its allowed values."""

    label: str
    expression: syntax.Node | None
    type: Type | None
    allowed: syntax.Tests | None
    default: syntax.Node | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    tests: tuple[syntax.Tests, ...]
    results: tuple[syntax.Node, ...]
    texts: tuple[str, ...]  # of the input cells, then the output cells
    annotations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """A rule that did not match, and the first cell that stopped it (counted from 1)."""

    rule: int
    column: int
    label: str
    test: str
    value: Value


@dataclass(slots=True)
class Matching:
    """What happened in a table: the trace of one evaluation."""

    table: Table
    inputs: dict[str, Value]
    matched: list[int] = field(default_factory=list)
    stopped: list[Stop] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    name: str
    inputs: tuple[Column, ...]
    outputs: tuple[Column, ...]
    rules: tuple[Rule, ...]
    policy: str  # U A P F R O C C+ C# C< C>

    def code(self, around: Surroundings) -> Code:
        inputs = [input_code(column, around) for column in self.inputs]
        rules = [self.tests_of(rule, around) for rule in self.rules]
        hits = Hits(self, around)
        first_only = self.policy == "F"

        def decide(scope: Scope) -> Value:
            run = scope.run
            run.spend(1 + len(rules) // 8)
            values = []
            for column, code, allows in inputs:
                value = code(scope)
                if allows and value is not None and not allows(value, scope):
                    return run.null((0, 0), "not_allowed", name=column.label, found=as_text(value, True)[:40])
                values.append(value)
            if run.trace is not None:
                return self._traced(values, rules, scope, hits, run.trace)
            matched = []
            for index, cells in enumerate(rules):
                for place, match in cells:
                    if not match(values[place], scope):
                        break
                else:
                    matched.append(index)
                    if first_only:
                        break
            return hits.result(matched, scope)

        return decide

    def tests_of(self, rule: Rule, around: Surroundings) -> list[tuple[int, Match]]:
        """The rule's cells that test something, each with its column's place."""
        return [(n, match_code(test, around)) for n, test in enumerate(rule.tests) if test.tests]

    def _traced(
        self,
        values: list[Value],
        rules: list[list[tuple[int, Match]]],
        scope: Scope,
        hits: Hits,
        traces: list[Matching],
    ) -> Value:
        labels = [column.label for column in self.inputs]
        trace = Matching(self, dict(zip(labels, values, strict=True)))
        traces.append(trace)
        for index, cells in enumerate(rules):
            for place, match in cells:
                if not match(values[place], scope):
                    text = self.rules[index].texts[place]
                    trace.stopped.append(Stop(index + 1, place + 1, labels[place], text, values[place]))
                    break
            else:
                trace.matched.append(index + 1)
        matched = [rule - 1 for rule in trace.matched]
        return hits.result(matched[:1] if self.policy == "F" else matched, scope)


def input_code(column: Column, around: Surroundings) -> tuple[Column, Code, Match | None]:
    code = make(column.expression or syntax.Literal(None), around)
    allows = match_code(column.allowed, around) if column.allowed else None
    if column.type is None or column.type.kind == "Any":
        return column, code, allows
    of, label = column.type, column.label

    def typed(scope: Scope) -> Value:
        value = code(scope)
        try:
            return coerce(value, of)
        except Unfit:
            return scope.run.null((0, 0), "wrong_type", name=label, expected=of.said, found=told(value))

    return column, typed, allows


def read_table(reader: Reader, element: Element, name: Said) -> Table:
    """A `decisionTable` element."""
    inputs = [_read_input(reader, one, n, name) for n, one in enumerate(all_of(element, "input"), 1)]
    outputs = [_read_output(reader, one, n, name) for n, one in enumerate(all_of(element, "output"), 1)]
    rules = [_read_rule(reader, one, n, name, inputs, outputs) for n, one in enumerate(all_of(element, "rule"), 1)]
    policy = (element.get("hitPolicy") or "UNIQUE").upper()
    short = POLICIES.get((policy, (element.get("aggregation") or "").upper()))
    if short is None:
        reader.wrong(RuleSyntaxError("hit_policy", element.sourceline or 1, name=policy), name)
    return Table(name.zh, tuple(inputs), tuple(outputs), tuple(rules), short or "U")


def _read_input(reader: Reader, element: Element, n: int, name: Said) -> Column:
    expression = first_of(element, "inputExpression")
    text = text_of(expression)
    label = name_of(element, "label") or text
    where = name.then(f"输入列 {n}“{label}”", f"input {n} “{label}”")
    tree, of = reader.expression(text, where), reader.type(type_of(expression), where)
    return Column(label, tree, of, _values(reader, element, "inputValues", where))


def _read_output(reader: Reader, element: Element, n: int, name: Said) -> Column:
    label = name_of(element) or name_of(element, "label")
    where = name.then(f"输出列 {n}“{label}”", f"output {n} “{label}”")
    default = first_of(element, "defaultOutputEntry")
    allowed = _values(reader, element, "outputValues", where)
    tree = None if default is None else reader.expression(text_of(default), where)
    return Column(label, None, reader.type(type_of(element), where), allowed, tree)


def _values(reader: Reader, element: Element, tag: str, where: Said) -> syntax.Tests | None:
    tests = reader.tests(text_of(first_of(element, tag)), where)
    return tests if tests.tests else None


def _read_rule(
    reader: Reader, element: Element, n: int, name: Said, inputs: list[Column], outputs: list[Column]
) -> Rule:
    given = [text_of(cell) for cell in all_of(element, "inputEntry")][: len(inputs)]
    results = [text_of(cell) for cell in all_of(element, "outputEntry")][: len(outputs)]
    given += [""] * (len(inputs) - len(given))
    results += [""] * (len(outputs) - len(results))
    labels = [column.label for column in (*inputs, *outputs)]
    row = name.then(f"规则 {n}", f"rule {n}")
    wheres = [row.then(f"第 {m} 列“{label}”", f"column {m} “{label}”") for m, label in enumerate(labels, 1)]
    tests = map(reader.tests, given, wheres)
    trees = (
        reader.expression("" if text == "-" else text, where)
        for text, where in zip(results, wheres[len(inputs) :], strict=True)
    )
    notes = [text_of(one) for one in all_of(element, "annotationEntry")]
    description = first_of(element, "description")
    if description is not None and description.text:
        notes.append(description.text.strip())
    return Rule(element.get("id") or "", tuple(tests), tuple(trees), (*given, *results), tuple(notes))
