"""A small policy of the tests' own: a fee from a table, a reviewer, then paid or 30 minutes."""

from pathlib import Path

from flask import Flask

from app.audit import SYSTEM
from app.db import transaction
from app.runtime import Field, Operation, definitions

ROOT = Path(__file__).parent / "root"
PROCESS = ROOT / "workflows/trial/process.bpmn"
NOTE = Operation(
    "trial/note",
    lambda context, text: {"no": f"{context.key}-{text}"},
    "记一笔",
    parameters=(Field("text", "string", "内容"),),
    results=(Field("no", "string", "编号"),),
    effects=("试办：等待→完成",),
)


def install(app: Flask) -> None:
    """The policy's first version, and the operation that its drawing calls."""
    app.extensions["catalogue"].operations[NOTE.name] = NOTE
    with app.app_context(), transaction():
        definitions.seed(ROOT, by=SYSTEM)


def files() -> dict[str, str]:
    """What an operator may write of it."""
    with_form = {"forms/check.json": (ROOT / "forms/trial/check.json").read_text()}
    return {**{p.name: p.read_text() for p in PROCESS.parent.iterdir()}, **with_form}


def with_timer(iso: str) -> dict[str, str]:
    """The policy, waiting another time than 30 minutes."""
    changed = files()
    changed["process.bpmn"] = changed["process.bpmn"].replace("PT30M", iso)
    return changed
