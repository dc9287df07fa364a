"""The live diagram as a reader meets it: in a browser, under the strict content security policy."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import STRICT, Site

HERE = Path(__file__).parent
TRIAL = HERE.parent / "studio/root/workflows/trial"
AXE = HERE.parents[1] / "node_modules/axe-core/axe.min.js"

WAITING = {
    "taken": ["Start", "Flow_start", "Price", "Flow_priced", "Check", "Flow_checked", "Passed", "Flow_yes"],
    "current": [{"element": "Wait", "label": "投标人", "since": "2026-11-23T06:00:00Z", "due": "2026-11-23T06:30:00Z"}],
    "incidents": [],
    "ended": False,
}

pytestmark = pytest.mark.browser


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site({"/order.html": HERE / "bundles/diagram.html", "/process.bpmn": TRIAL / "process.bpmn"}, STRICT)
    site.put("/state.json", WAITING)
    yield site
    site.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser complains of: errors, and anything the content security policy refused."""
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard


def ready(page: Page, site: Site) -> None:
    page.goto(f"{site.url}/order.html")
    expect(page.locator("[data-diagram-url][data-ready]")).to_be_visible()


def test_the_path_taken_and_the_current_place_are_drawn_and_said(page: Page, site: Site, complaints: list[str]) -> None:
    ready(page, site)
    expect(page.locator("[data-element-id=Flow_yes]")).to_have_class("djs-element djs-connection taken")
    expect(page.locator("[data-element-id=Wait].current").first).to_be_attached()
    assert "taken" not in (page.locator("[data-element-id=Flow_no]").first.get_attribute("class") or "")
    expect(page.locator(".diagram-chip")).to_have_text("当前 · 投标人")
    expect(page.locator(".diagram-words li")).to_have_text("当前 · 等待支付 · 投标人 · 截止 2026-11-23 14:30")
    assert complaints == []


def test_the_drawing_follows_the_case_without_a_reload(page: Page, site: Site, complaints: list[str]) -> None:
    ready(page, site)
    site.put(
        "/state.json",
        {
            "taken": [*WAITING["taken"], "Wait", "Flow_wait_paid", "Paid", "Flow_paid"],
            "current": [],
            "incidents": [{"element": "Open", "message": "机构系统无应答"}],
            "ended": False,
        },
    )
    expect(page.locator(".diagram-words li")).to_have_text("异常 · 开立 · 机构系统无应答")
    expect(page.locator(".diagram-chip")).to_have_text("异常")
    expect(page.locator("[data-element-id=Wait].current")).to_have_count(0)
    assert ("/state.json", 304) in site.asked or len([1 for path, _ in site.asked if path == "/state.json"]) >= 2
    assert complaints == []


def test_a_phone_shows_the_current_place_at_a_readable_size(page: Page, site: Site, complaints: list[str]) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ready(page, site)
    place = page.locator("[data-element-id=Wait] .djs-visual").first.bounding_box()
    region = page.locator(".diagram-region").bounding_box()
    assert place
    assert region
    assert region["x"] <= place["x"] <= region["x"] + region["width"] - place["width"]
    assert place["width"] >= 40, "a 50 px gateway is at least 80 % of its size"
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert complaints == []


def test_the_keyboard_moves_and_zooms_the_drawing(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ready(page, site)
    region = page.get_by_role("region", name="流程图")
    region.focus()
    before = region.evaluate("box => box.scrollLeft")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function("before => document.querySelector('.diagram-region').scrollLeft < before", arg=before)
    width = page.locator(".diagram-spacer").evaluate("box => box.offsetWidth")
    page.keyboard.press("+")
    assert page.locator(".diagram-spacer").evaluate("box => box.offsetWidth") > width
    page.get_by_role("button", name="全貌").press("Enter")
    assert region.evaluate("box => box.scrollWidth - box.clientWidth") == 0


def test_the_watermark_stays_in_view_wherever_the_drawing_is_scrolled(page: Page, site: Site) -> None:
    page.set_viewport_size({"width": 390, "height": 800})
    ready(page, site)
    for left in (0, 400, 1000):
        page.locator(".diagram-region").evaluate("(box, left) => box.scrollTo(left, 0)", left)
        mark = page.locator(".bjs-powered-by svg").bounding_box()
        region = page.locator(".diagram-region").bounding_box()
        assert mark
        assert region
        assert region["x"] < mark["x"] < region["x"] + region["width"] - mark["width"]
        assert region["y"] < mark["y"] < region["y"] + region["height"] - mark["height"]


def test_a_reader_of_the_page_finds_no_accessibility_fault(page: Page, site: Site) -> None:
    site.policy = STRICT
    ready(page, site)
    page.evaluate(AXE.read_text())
    faults = page.evaluate("axe.run().then(result => result.violations)")
    assert [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in faults] == []


def test_what_stood_in_its_place_stays_when_the_drawing_cannot_be_loaded(page: Page, site: Site) -> None:
    del site.files["/process.bpmn"]
    page.goto(f"{site.url}/order.html")
    expect(page.locator(".diagram-failed")).to_have_text("流程图暂时无法显示。")
    expect(page.locator("main")).to_contain_text("订单正在等待支付")
