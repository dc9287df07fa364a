"""What axe-core finds wrong with a page: `assert axe.faults(page) == []`."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def faults(page: Page, where: str | None = None) -> list[str]:
    """One line a fault: the rule, where it is broken, what to do; `where` limits the look to a selector.

    The script is evaluated by the browser's debugger, so the page's content security policy stays as it is.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        "where => axe.run(where || document).then(result => result.violations)", where
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]
