"""The decision editor as an operator meets it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from lxml import etree
from playwright.sync_api import Page, expect

from tests.browser.site import EDITING, Site

HERE = Path(__file__).parent / "bundles"
TRIAL = HERE.parents[1] / "studio/root/workflows/trial"
NAMES = {"d": "https://www.omg.org/spec/DMN/20191111/MODEL/"}

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[Site]:
    pages = ("table.html", "editor.css", "table.js")
    site = Site({**{f"/{name}": HERE / name for name in pages}, "/fee.dmn": TRIAL / "fee.dmn"}, EDITING)
    yield site
    site.close()


@pytest.fixture
def editor(page: Page, site: Site) -> Iterator[Page]:
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.goto(f"{site.url}/table.html")
    expect(page.locator("body[data-ready]")).to_be_attached()
    yield page
    assert heard == [], "the browser complains of nothing"


def cells(page: Page) -> dict[str, str | None]:
    tree = etree.fromstring(page.evaluate("editor.saveXML()").encode())
    return {
        str(entry.get("id")): entry.findtext("d:text", namespaces=NAMES)
        for entry in tree.xpath("//d:inputEntry | //d:outputEntry", namespaces=NAMES)
    }


def test_a_cell_is_changed_and_saved_while_still_being_typed(editor: Page) -> None:
    editor.locator("[data-element-id=fee_small_in] [role=textbox]").click()
    editor.keyboard.press("End")
    editor.keyboard.type("0")
    assert cells(editor)["fee_small_in"] == "<= 1000000"
    assert editor.evaluate("changes") > 0


def test_a_rule_is_added_and_undone(editor: Page) -> None:
    editor.locator(".add-rule-add").first.click()
    expect(editor.locator("tbody tr")).to_have_count(3)
    editor.evaluate("editor.undo()")
    expect(editor.locator("tbody tr")).to_have_count(2)


def test_the_table_speaks_chinese(editor: Page) -> None:
    expect(editor.locator(".hit-policy")).to_contain_text("命中方式：第一条（F）")
    expect(editor.get_by_role("tab")).to_have_text(["关系图", "保费（元）"])


def test_a_finding_marks_its_cell_and_is_found_from_the_list(editor: Page) -> None:
    expect(editor.locator("[data-element-id=fee_small_in]")).to_have_attribute("title", "此条件与下一条重叠")
    editor.get_by_role("tab", name="关系图").click()
    expect(editor.locator(".finding-cell")).to_have_count(0)
    assert editor.evaluate("editor.select('fee_small_in')") is True
    expect(editor.locator("[data-element-id=fee_small_in].finding-cell")).to_be_visible()
    assert editor.evaluate("editor.select('nothing')") is False


def test_the_relations_offer_decisions_and_input_data_only(editor: Page) -> None:
    editor.get_by_role("tab", name="保费（元）").focus()
    editor.keyboard.press("ArrowLeft")
    expect(editor.get_by_role("tab", name="关系图")).to_be_focused()
    offered = editor.locator(".djs-palette .entry").evaluate_all("all => all.map(one => one.dataset.action)")
    assert offered == ["hand-tool", "lasso-tool", "create.decision", "create.input-data"]
