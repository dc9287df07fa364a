"""The script as docs/acceptance.md lists it: `python -m app.acceptance.listing` writes the list anew."""

from itertools import groupby
from pathlib import Path

from app.acceptance.script import SCRIPT
from app.settings import ROOT

DOCUMENT = ROOT / "docs" / "acceptance.md"
HEADING = "## Every check (每项检查)\n"


def listing() -> str:
    """One table a chapter: number, what is checked, what is expected, what must have passed before."""
    parts = [HEADING]
    for chapter, checks in groupby(SCRIPT, key=lambda check: check.chapter):
        parts.append(f"\n### {chapter}\n\n| 编号 | 检查 | 应当 | 前提 |\n|---|---|---|---|\n")
        parts += [f"| {one.no} | {one.title} | {one.expects} | {'、'.join(one.needs)} |\n" for one in checks]
    return "".join(parts)


def write(path: Path = DOCUMENT) -> None:
    before = path.read_text(encoding="utf-8").split(HEADING)[0].rstrip()
    path.write_text(f"{before}\n\n{listing()}", encoding="utf-8")


if __name__ == "__main__":
    write()
