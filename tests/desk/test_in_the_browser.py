"""The desk in a real browser: a cursor under the fingers, the decision, and the next case; nothing axe complains of."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from app.db import db
from app.runtime import incidents
from app.runtime.models import Incident
from tests.browser import axe
from tests.desk import trial
from tests.support.people import login_as

pytestmark = pytest.mark.browser


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    return make_app(WTF_CSRF_ENABLED=True)


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def enter(page: Page, app: Flask, site: str, role: str, **who: Any) -> None:
    client = app.test_client()
    login_as(client, role, **who)
    cookie: Any = client.get_cookie("session")
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])


def test_a_case_is_decided_by_keyboard_and_the_next_opens(
    page: Page, app: Flask, site: str, begin: Callable[..., int]
) -> None:
    for key in ("R1", "R2", "R3"):
        begin(key)
    enter(page, app, site, "centre_reviewer", name="许文澜")
    page.goto(f"{site}/desk/")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="R1")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_title("退保审核 · 湖南省公共资源交易保险保函接收系统")
    expect(page.get_by_label("不同意的原因")).to_be_hidden()
    page.get_by_label("不同意", exact=True).check()
    page.get_by_label("审核意见").fill("项目已经开标")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择不同意的原因")
    expect(page.get_by_label("审核意见")).to_have_value("项目已经开标")
    page.get_by_label("不同意的原因").select_option("OPENED")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("已办理：退保审核 R2")).to_be_visible()
    expect(page.get_by_role("navigation", name="当前位置")).to_contain_text("R1")
    assert trial.recorded[0][0]["reason"] == "OPENED"


def test_what_was_typed_outlives_a_closed_page(page: Page, app: Flask, site: str, begin: Callable[..., int]) -> None:
    task = begin("R1")
    enter(page, app, site, "centre_reviewer")
    page.goto(f"{site}/desk/tasks/{task}")
    page.get_by_label("审核意见").fill("写了一半的意见")
    page.get_by_label("核实电话").fill("13911112222")
    page.wait_for_function("Object.keys(localStorage).some(key => localStorage[key].includes('写了一半'))")
    page.goto(f"{site}/desk/")
    page.goto(f"{site}/desk/tasks/{task}")
    expect(page.get_by_label("审核意见")).to_have_value("写了一半的意见")
    expect(page.get_by_label("核实电话")).to_have_value("")


def test_a_masked_phone_is_shown_in_place(page: Page, app: Flask, site: str, begin: Callable[..., int]) -> None:
    task = begin("R1")
    enter(page, app, site, "centre_reviewer")
    page.goto(f"{site}/desk/tasks/{task}")
    expect(page.get_by_text("139****1234")).to_be_visible()
    page.get_by_role("button", name="显示").click()
    expect(page.get_by_text("13900001234")).to_be_visible()


def test_the_role_is_switched_from_the_box_at_the_top(page: Page, app: Flask, site: str) -> None:
    enter(page, app, site, "bidder", roles=("bidder", "tenderer", "tender_agent"))
    page.goto(f"{site}/work/profile")
    box = page.get_by_role("banner").locator("details.menu").first
    box.locator("summary").click()
    box.get_by_label("招标人").check()
    box.get_by_role("button", name="确定").click()
    expect(page.get_by_text("角色切换成功")).to_be_visible()
    expect(page.get_by_role("banner").locator("details.menu").first.locator("summary")).to_contain_text("招标人")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit_and_are_accessible(
    page: Page, app: Flask, site: str, begin: Callable[..., int], width: int
) -> None:
    task = begin("R1")
    with app.app_context(), trial.transaction():
        incidents.add(
            "refundtrial", "R1", "step", "流程停在“which”：条件无法判断", element="which", element_name="which"
        )
        incident = db.session.scalar(db.select(Incident.id))
    page.set_viewport_size({"width": width, "height": 844})
    seen = {
        "centre_reviewer": ["/desk/", "/desk/?q=nothing", f"/desk/tasks/{task}", "/desk/tasks/999"],
        "operator": ["/desk/incidents/", f"/desk/incidents/{incident}"],
        "bidder": ["/work/profile", "/role", "/desk/"],
    }
    for role, addresses in seen.items():
        enter(page, app, site, role)
        for address in addresses:
            page.goto(site + address)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, address
            assert axe.faults(page) == [], address
