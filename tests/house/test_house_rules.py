"""House rules that a machine can hold. A rule that hurts is changed here, with its reason, not walked around."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import ROOT

LONGEST = 400  # lines; about 300 is the aim
DUMPS = {"utils", "util", "helpers", "helper", "common", "misc", "base", "manager", "service"}


def tracked(*patterns: str) -> list[Path]:
    answer = subprocess.run(["git", "ls-files", "--", *patterns], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in answer.stdout.split("\n") if name and (ROOT / name).exists()]


CODE = [path for path in tracked("app/*.py", "wsgi.py") if "migrations" not in path.parts]
TESTS = tracked("tests/*.py")


def calls(path: Path) -> Iterator[str]:
    """`name(` and `x.name(` of every call in the file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Name):
                yield node.func.id
            elif isinstance(node.func, ast.Attribute):
                yield f"{ast.unparse(node.func.value)}.{node.func.attr}"


def test_a_file_holds_one_noun() -> None:
    long = {str(path): lines for path in CODE if (lines := path.read_text().count("\n")) > LONGEST}
    assert long == {}
    assert [path for path in CODE + TESTS if path.stem in DUMPS] == []


def test_only_the_edges_commit_and_only_by_transaction() -> None:
    found = {path.name for path in CODE if any(call.endswith("session.commit") for call in calls(path))}
    assert found == {"db.py"}


def test_a_part_of_a_transaction_is_undone_only_with_what_it_meant_to_write_later() -> None:
    """By app.db.savepoint()."""
    found = {path.name for path in CODE if any(call.endswith(".begin_nested") for call in calls(path))}
    assert found == {"db.py"}


def test_nothing_reaches_pythons_interpreter() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "Template", "render_template_string", "pickle.loads"}
    allowed = {"re.compile", "regex.compile", "re2.compile"}
    found = {(path.name, call) for path in CODE for call in calls(path) if call in forbidden - allowed}
    assert found == set()


def test_every_test_runs() -> None:
    given_up = re.compile(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|skipif|xfail)|unittest\.skip")
    assert [path for path in TESTS if path.name != "test_house_rules.py" and given_up.search(path.read_text())] == []


def test_nothing_is_left_for_later() -> None:
    later = re.compile(r"\b(TODO|FIXME|HACK|XXX)\b")
    found = [path for path in tracked("app", "workflows", "forms", "config", "docs") if later.search(readable(path))]
    assert found == []


@pytest.mark.parametrize("foreign", ["pypi.org", "pythonhosted.org", "registry.npmjs", "/opt/pypi"])
def test_no_file_names_the_machine_or_the_mirror_it_was_made_on(foreign: str) -> None:
    found = [path for path in tracked() if path.name != "test_house_rules.py" and foreign in readable(path)]
    assert found == []


def readable(path: Path) -> str:
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""
