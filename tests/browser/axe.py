"""What axe-core finds wrong with a page: `assert axe.faults(page) == []`."""

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"


def faults(page: Page, where: str | None = None, rules: tuple[str, ...] = ()) -> list[str]:
    """One line a fault: the rule, where it is broken, what to do; limited to a selector and to some rules.

    The script is evaluated by the browser's debugger, so the page's content security policy stays as it is.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(SCRIPT.read_text())
    found: list[dict[str, Any]] = page.evaluate(
        """([where, rules]) => axe.run(where || document, rules.length ? { runOnly: rules } : {})
            .then(result => result.violations)""",
        [where, list(rules)],
    )
    return [
        f"{fault['id']} ({fault['impact']}): {node['target']} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
    ]


def everywhere(page: Page) -> list[str]:
    """The page as it stands on a desk and on a phone, by day and by night; and whether it fits."""
    size, found = page.viewport_size, []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found += faults(page)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(f"wider than {width} px")
        page.emulate_media(color_scheme="dark")
        found += faults(page, rules=("color-contrast",))
        page.emulate_media(color_scheme="light")
    size and page.set_viewport_size(size)
    return found
