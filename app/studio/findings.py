"""What publishing would refuse, and in which file: the engine's lint, and forms that cannot be read."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from flask import current_app
from flask_babel import gettext as _

from app import formjs, rules
from app.runtime import engine, lint, parser
from app.runtime.elements import Finding
from app.studio import folders, scenarios
from app.studio.compare_table import rows
from app.studio.folders import MAIN, Folder

_CELL = re.compile(r"(.*) › 规则 (\d+) › 第 (\d+) 列.*", re.DOTALL)


@dataclass(frozen=True)
class Found:
    """A finding with its file; `severity` error stands between the draft and its publishing."""

    file: str
    element_id: str
    element_name: str
    rule: str
    message: str
    severity: str

    def json(self) -> dict[str, Any]:
        return asdict(self)

    def __str__(self) -> str:
        return f"{self.file} · {self.element_name}：{self.message}"


def check(folder: Folder) -> list[Found]:
    """Errors first."""
    catalogue = current_app.extensions["catalogue"]
    subject = catalogue.subject_of(folder.policy)
    drawn = lint.findings(
        folder.policy,
        folder.own,
        folder.shared,
        operations=catalogue.operations,
        forms=folder.forms,
        names=[fact.name for fact in subject.fields] if subject else None,
    )
    places = _places(folder)
    found = [_found(places, finding) for finding in drawn if finding.rule != "table"]
    found += [*_tables(folder), *_forms(folder)]
    if not errors(found):
        found += _stories(folder)
    return sorted(found, key=lambda one: one.severity != "error")


def errors(found: list[Found]) -> list[Found]:
    return [one for one in found if one.severity == "error"]


def _found(places: dict[str, str], finding: Finding) -> Found:
    file = places.get(finding.element_id, MAIN)
    return Found(file, finding.element_id, finding.element_name, finding.rule, finding.message, finding.severity)


def _places(folder: Folder) -> dict[str, str]:
    """Shape, flow or process → the file it is drawn in."""
    diagram, _unread = parser.read(folder.policy, folder.own)
    files = {process.id: process.file for process in diagram.processes.values()}
    within = {element.id: element.process for element in diagram.elements.values()}
    within |= {flow.id: flow.process for flow in diagram.flows.values()}
    return files | {identifier: files[process] for identifier, process in within.items() if process in files}


def _tables(folder: Folder) -> Iterator[Found]:
    """Every cell of every table that cannot be read, not the first only."""
    for name, text in folder.files.items():
        if not name.endswith(".dmn"):
            continue
        wrong: list[rules.RuleSyntaxError] = []
        try:
            model = rules.load_dmn(text.encode(), errors=wrong)
        except rules.RuleError as unreadable:
            yield Found(name, "", name, "table", unreadable.zh, "error")
            continue
        for one in wrong:
            yield Found(name, _cell(text, one.where), one.where, "table", _told(one), "error")
        if not wrong:
            yield from _advice(name, text, model)


def _advice(name: str, text: str, model: rules.Model) -> Iterator[Found]:
    """Overlaps, gaps, rules that never count: each with an example."""
    for identifier, title, node in folders.decisions_of(text):
        table = list(rows(node).items())
        for one in rules.check_table(model, identifier):
            rule, cells = table[one.rules[0] - 1] if one.rules and one.rules[0] <= len(table) else (identifier, [])
            element = cells[one.column - 1][0] if 0 < one.column <= len(cells) else rule
            yield Found(name, element, title or identifier, one.kind, str(one), "warning")


def _stories(folder: Folder) -> Iterator[Found]:
    """The policy's own stories that no longer come to their end: often just what a change means to do."""
    text = folder.files.get(scenarios.FILE)
    if text is None:
        return
    definition = engine.Definition.parse(folder.policy, folder.own, folder.shared)
    for name, lost in scenarios.findings(definition, text, current_app.extensions["catalogue"]):
        yield Found(scenarios.FILE, "", name, "scenario", _("情景不再如此：%(what)s", what=lost), "warning")


def _told(wrong: rules.RuleSyntaxError) -> str:
    """The message without the place, which stands beside it."""
    return wrong.zh.removeprefix(f"{wrong.where}：")


def _cell(text: str, where: str) -> str:
    """The id of the cell that a message names by its decision, rule and column."""
    found = _CELL.fullmatch(where)
    decision, number, column = found.groups() if found else (where.split(" › ")[0], "", "")
    for identifier, name, node in folders.decisions_of(text):
        if decision not in (name, identifier):
            continue
        table = rows(node)
        cells = list(table.values())[int(number) - 1] if number and int(number) <= len(table) else []
        return cells[int(column) - 1][0] if column and int(column) <= len(cells) else identifier
    return ""


def _forms(folder: Folder) -> Iterator[Found]:
    for name, text in folder.files.items():
        if not name.startswith("forms/"):
            continue
        try:
            formjs.load(orjson.loads(text))
        except orjson.JSONDecodeError as wrong:
            yield Found(name, name, name, "form", _("不是有效的 JSON：第 %(line)d 行", line=wrong.lineno), "error")
        except formjs.FormError as wrong:
            for problem in wrong.problems:
                yield Found(name, problem.at, problem.at, "form", problem.message, "error")
