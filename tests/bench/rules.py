"""What a condition and a decision table cost, beside SpiffWorkflow's own engine on the same table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter
from types import SimpleNamespace
from typing import Any

import orjson
from lxml import etree
from SpiffWorkflow.bpmn.script_engine import PythonScriptEngine, TaskDataEnvironment
from SpiffWorkflow.dmn.engine.DMNEngine import DMNEngine
from SpiffWorkflow.dmn.parser.DMNParser import DMNParser

from app import rules

CONDITION = "order.amount <= 80"
FACTS = {
    "order": {"amount": 79, "state": "paid", "no": "DD202611230001", "premium_fen": 120_00},
    "lot": {"region": "430000", "category": "施工", "deposit": 800_000, "deadline": "2026-11-30T09:00:00+08:00"},
    "bidder": {"kind": "company", "credit": 72, "blacklisted": False},
    **{f"fact_{n}": {"a": n, "b": str(n), "c": [n, n + 1]} for n in range(15)},
}
REGIONS = ("430000", "430100", "430200", "430300", "420000")
RULES = 20


def table(equal: Callable[[str], str]) -> bytes:
    """20 rules over 4 inputs; each dialect writes an equality its own way. The last rule matches."""
    inputs = ("region", "category", "deposit", "credit")
    parts = [
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="urn:bench">'
        '<decision id="premium" name="premium"><decisionTable id="t" hitPolicy="UNIQUE">'
    ]
    for name in inputs:
        of = "number" if name in ("deposit", "credit") else "string"
        parts.append(
            f'<input id="{name}" label="{name}"><inputExpression id="{name}_e" typeRef="{of}">'
            f"<text>{name}</text></inputExpression></input>"
        )
    parts.append('<output id="o" label="rate" name="rate" typeRef="number"/>')
    for n in range(RULES):
        cells = (
            equal(REGIONS[n % 4 if n < RULES - 1 else 4]),
            equal("施工" if n % 2 else "货物"),
            f"&gt; {1000 * n}",
            f"&lt;= {60 + n}",
        )
        entries = "".join(f'<inputEntry id="e{n}_{k}"><text>{cell}</text></inputEntry>' for k, cell in enumerate(cells))
        parts.append(f'<rule id="r{n}">{entries}<outputEntry id="o{n}"><text>{n}</text></outputEntry></rule>')
    return "".join([*parts, "</decisionTable></decision></definitions>"]).encode()


def quoted(text: str) -> str:
    return f'"{text}"'


INPUT = {"region": "420000", "category": "施工", "deposit": 800_000, "credit": 72}


def stock(data: bytes) -> Callable[[], Any]:
    """SpiffWorkflow's engine on the table, called as its business rule task calls it."""
    root = etree.fromstring(data)
    parser = DMNParser(None, root, {"dmn": root.nsmap[None]})
    parser.parse()
    engine = DMNEngine(parser.decision.decisionTables[0])
    workflow = SimpleNamespace(script_engine=PythonScriptEngine(TaskDataEnvironment()))
    task = SimpleNamespace(data=dict(INPUT), workflow=workflow)
    return lambda: engine.result(task)


def timed(work: Callable[[], Any], rounds: int) -> float:
    """Microseconds of one call."""
    start = perf_counter()
    for _ in range(rounds):
        work()
    return (perf_counter() - start) / rounds * 1e6


def interleaved(works: dict[str, tuple[Callable[[], Any], int]], times: int) -> dict[str, float]:
    """Medians over rounds that take turns, so that the machine's moods meet all alike."""
    found: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times):
        for name, (work, rounds) in works.items():
            found[name].append(timed(work, rounds))
    return {name: median(values) for name, values in found.items()}


def run(scale: float = 1.0) -> dict[str, Any]:
    """`condition_us`: one comparison; `facts_us`: the same with its facts decoded first; `table_us`: 20 rules."""
    condition = rules.compile(CONDITION)
    model = rules.load_dmn(table(quoted))
    theirs = stock(table(quoted))
    assert condition.evaluate(FACTS) is True
    assert model.evaluate("premium", INPUT) == RULES - 1 == theirs()["rate"]
    stored = orjson.dumps(FACTS)
    times = max(3, int(21 * scale))
    works = {
        "condition": (lambda: condition.evaluate(FACTS), 2_000),
        "facts": (lambda: condition.evaluate(orjson.loads(stored)), 1_000),
        "table": (lambda: model.evaluate("premium", INPUT), 300),
        "stock": (theirs, 10),
        "compile": (lambda: rules.compile(CONDITION), 50),
    }
    cost = interleaved(works, times)
    print(f"rules: {cost}", file=sys.stderr)
    figures = {
        "condition_us": round(cost["condition"], 2),
        "facts_us": round(cost["facts"], 2),
        "table_us": round(cost["table"], 1),
        "table_ratio_to_stock": round(cost["stock"] / cost["table"], 1),
        "compile_ms": round(cost["compile"] / 1e3, 3),
        "stock_table_us": round(cost["stock"], 1),
    }
    return figures if scale >= 1 else {**figures, "scale": scale}
