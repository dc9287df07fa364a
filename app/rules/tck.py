"""The standard's own test cases (DMN TCK): run a folder, compare, count."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import click
from lxml import etree

from .comparison import equal
from .failures import RuleError, note
from .loader import load_dmn
from .model import Model
from .standard.texts import as_text
from .temporal import parse_date, parse_duration, parse_moment, parse_time
from .values import NUMBERS, Value

_NS = "{http://www.omg.org/spec/DMN/20160719/testcase}"
_XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
_READERS: dict[str, Callable[[str], Value]] = {
    "string": str,
    "boolean": lambda text: text.strip() in ("true", "1"),
    "date": parse_date,
    "time": parse_time,
    "dateTime": parse_moment,
    "duration": parse_duration,
    "dayTimeDuration": parse_duration,
    "yearMonthDuration": parse_duration,
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result of one case; `trouble` is empty if it passed."""

    name: str
    trouble: str = ""


def run(folder: Path) -> Iterator[Outcome]:
    """Run every case file under the folder, one outcome per expected result."""
    for cases in sorted(folder.rglob("*-test-*.xml")):
        root = etree.parse(cases, etree.XMLParser(resolve_entities=False, no_network=True)).getroot()
        name = root.findtext(f"{_NS}modelName") or ""
        try:
            model = _model(cases.parent, name)
        except RuleError as error:
            count = len(root.findall(f"{_NS}testCase"))
            yield from (Outcome(f"{cases.stem}/{n + 1}", f"{name}: {error}") for n in range(count))
            continue
        for case in root.findall(f"{_NS}testCase"):
            yield _case(case, cases.stem, model)


def _model(folder: Path, name: str) -> Model:
    others = {}
    for file in folder.glob("*.dmn"):
        data = file.read_bytes()
        if file.name != name:
            root = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
            others[root.get("namespace") or ""] = data
    return load_dmn((folder / name).read_bytes(), others, errors=[])


def _case(case: Any, prefix: str, model: Model) -> Outcome:
    """A case passes if every expected result comes out."""
    context: dict[str, Value] = {}
    name = f"{prefix}/{case.get('id')}"
    for node in case.findall(f"{_NS}inputNode"):
        space = node.get("namespace")
        context[f"{{{space}}}{node.get('name')}" if space else node.get("name")] = _value(node)
    troubles = []
    for node in case.findall(f"{_NS}resultNode"):
        asked = node.get("name")
        try:
            got = _answer(model, case, asked, context)
        except RuleError as error:
            if node.get("errorResult") == "true":
                continue
            troubles.append(f"{asked}: {error}")
            continue
        expected_node = node.find(f"{_NS}expected")
        expected = None if expected_node is None else _value(expected_node)
        if not same(got, expected):
            why = _why(model, case, asked, context)
            troubles.append(f"{asked}: expected {_told(expected)}, got {_told(got)}{why}")
    return Outcome(name, "; ".join(troubles))


def _answer(model: Model, case: Any, wanted: str, context: dict[str, Value]) -> Value:
    service = _asked(model, case)
    value = model.evaluate(service or wanted, context)
    many = service and len(model.part(service).outputs) > 1
    return value.get(wanted) if many and isinstance(value, dict) else value


def _why(model: Model, case: Any, wanted: str, context: dict[str, Value]) -> str:
    """The first note on a null."""
    notes = model.explain(_asked(model, case) or wanted, context).notes
    return f" ({notes[0].en})" if notes else ""


def _asked(model: Model, case: Any) -> str | None:
    """The service or knowledge model the case calls, if it calls one."""
    return case.get("invocableName") if case.get("type") in ("decisionService", "bkm") else None


def _told(value: Value) -> str:
    return as_text(value, True)[:200]


def _value(node: Any) -> Value:
    items = node.find(f"{_NS}list")
    if items is not None:
        return None if _nil(items) else [_value(item) for item in items.findall(f"{_NS}item")]
    components = node.findall(f"{_NS}component")
    if components:
        return {one.get("name"): _value(one) for one in components}
    value = node.find(f"{_NS}value")
    if value is None or _nil(value):
        return None
    return _scalar(value.get(f"{_XSI}type") or "xsd:string", value.text or "")


def _nil(element: Any) -> bool:
    return element.get(f"{_XSI}nil") == "true"


def _scalar(of: str, text: str) -> Value:
    kind = of.rpartition(":")[2]
    reader = _READERS.get(kind)
    return reader(text) if reader else NUMBERS.create_decimal(text.strip())


def same(got: Value, expected: Value) -> bool:
    """Equal, numbers to eight decimals or ten digits."""
    if isinstance(got, Decimal) and isinstance(expected, Decimal):
        with localcontext() as context:
            context.prec = 40
            return abs(got - expected) <= max(abs(expected) * Decimal("1e-10"), Decimal("1e-8"))
    if isinstance(got, list) and isinstance(expected, list):
        return len(got) == len(expected) and all(map(same, got, expected))
    if isinstance(got, dict) and isinstance(expected, dict):
        return got.keys() == expected.keys() and all(same(got[key], expected[key]) for key in got)
    return type(got) is type(expected) and (got is expected or equal(got, expected) is True)


@click.command("tck")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
def command(folder: Path) -> None:
    """Run a folder of DMN TCK cases; one line per failure, then the count.

    External (Java) functions are not supported: cases that need them fail, say so, and leave the exit code 0.
    """
    passed = 0
    failures = []
    for outcome in run(folder):
        if outcome.trouble:
            failures.append(outcome)
            click.echo(f"{outcome.name}: {outcome.trouble}")
        else:
            passed += 1
    click.echo(f"{passed} passed, {len(failures)} failed")
    external = note("external").en
    if not all(external in failure.trouble for failure in failures):
        raise SystemExit(1)


group = click.Group("rules", commands=[command], help="FEEL and DMN.")
