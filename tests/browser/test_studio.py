"""The studio in a real browser: an operator changes 30 minutes, a second person lets it through, a new case obeys."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from app import runtime
from app.audit import SYSTEM
from app.db import db, transaction
from app.jobs.models import Job
from app.runtime.models import UserTask
from tests.studio import trial

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
SignIn = Callable[..., Any]

pytestmark = pytest.mark.browser


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """The installation with its guards up, and the trial policy published."""
    app = make_app(WTF_CSRF_ENABLED=True)
    trial.install(app)
    return app


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def enter(app: Flask, site: str, browser: Browser, login_as: SignIn) -> Iterator[Callable[..., Page]]:
    """enter("operator", sub=…, name=…) is that person's browser; at the end none of them has complained."""
    contexts: list[BrowserContext] = []
    heard: list[str] = []

    def come(role: str, *, width: int = 1440, **who: Any) -> Page:
        client = app.test_client()
        login_as(role, client=client, **who)
        cookie = client.get_cookie("session")
        assert cookie
        context = browser.new_context(locale="zh-CN", viewport={"width": width, "height": 900})
        context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        return page

    yield come
    for context in contexts:
        context.close()
    assert heard == [], "the browser complains of nothing"


def opened(page: Page, site: str, policy: str = "trial") -> Page:
    page.goto(f"{site}/studio/{policy}/")
    expect(page.locator("[data-studio][data-ready]")).to_be_visible()
    return page


def choose(page: Page, name: str) -> None:
    page.get_by_label("图形", exact=True).select_option(label=name)


def faults(page: Page) -> list[Any]:
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run({exclude: ['.djs-container', '.tjs-container']}).then(result => result.violations)")
    return [(fault["id"], [node["html"][:160] for node in fault["nodes"]]) for fault in found]


def minutes_waited(app: Flask, key: str) -> int:
    """How long a case that starts now will wait for its payment."""
    with app.app_context():
        with transaction():
            runtime.start("trial", key=key, data={"amount": 1000}, by=SYSTEM)
        task = db.session.scalars(select(UserTask).where(UserTask.key == key)).one()
        with transaction():
            runtime.complete(task.id, {"decision": "pass"}, by=SYSTEM)
        job = db.session.scalars(select(Job).where(Job.instance_id == task.instance_id, Job.kind == "timer")).one()
        return round((job.run_at - job.created_at).total_seconds() / 60)


def test_thirty_minutes_become_forty_five_by_two_people_and_no_restart(
    app: Flask, site: str, enter: Callable[..., Page]
) -> None:
    assert minutes_waited(app, "T1") == 30
    operator = opened(enter("operator", sub="staff-1", name="李运营"), site)
    choose(operator, "等待（定时） 30 分钟")
    operator.get_by_label("多久").fill("45分钟")
    operator.get_by_role("button", name="保存草稿").click()
    expect(operator.locator("[data-told]")).to_contain_text("已保存")
    expect(operator.locator(".studio-standing")).to_contain_text("起草中")
    operator.get_by_role("button", name="提交审批").click()
    expect(operator.locator(".studio-changes")).to_contain_text("时间由“30 分钟”改为“45 分钟”")
    operator.get_by_label("改了什么、为什么").fill("按省中心通知延长支付时间")
    operator.get_by_role("button", name="提交审批").click()
    expect(operator.get_by_text("已提交，等待另一人审批", exact=True)).to_be_visible()
    assert minutes_waited(app, "T2") == 30

    publisher = enter("publisher", sub="staff-2", name="王审批")
    publisher.goto(f"{site}/studio/")
    publisher.get_by_role("link", name="审阅").click()
    expect(publisher.locator(".diagram-chip.changed")).to_have_count(2)
    assert faults(publisher) == []
    publisher.get_by_role("button", name="批准并发布").click()
    expect(publisher.get_by_text("第 2 版已发布")).to_be_visible()
    assert minutes_waited(app, "T3") == 45


def test_what_publishing_would_refuse_is_said_at_once_and_leads_to_the_shape(
    site: str, enter: Callable[..., Page]
) -> None:
    page = opened(enter("operator"), site)
    choose(page, "系统操作 开立")
    page.get_by_label("做什么").select_option("")
    line = page.locator("[data-findings] .error")
    expect(line).to_contain_text("开立 没有指明操作")
    expect(page.get_by_role("button", name="拒绝 1")).to_be_visible()
    choose(page, "系统操作 取消")
    line.get_by_role("button").press("Enter")
    expect(page.locator(".panel-title")).to_contain_text("开立")
    page.get_by_label("做什么").select_option(label="记一笔")
    page.get_by_label("内容", exact=True).fill("开立")
    expect(page.locator("[data-findings] .error")).to_have_count(0)


def test_a_table_and_a_form_are_changed_in_the_same_draft(site: str, enter: Callable[..., Page]) -> None:
    page = opened(enter("operator"), site)
    page.get_by_role("button", name="决策表 fee").click()
    cell = page.locator("[data-element-id=fee_small_in] [role=textbox]")
    cell.click()
    page.keyboard.press("End")
    page.keyboard.type("0")
    page.get_by_role("button", name="表单 check").click()
    form = page.get_by_role("textbox", name="表单 check")
    form.fill(form.input_value().replace('"理由"', '"审核意见"'))
    expect(page.get_by_role("region", name="表单的样子").get_by_label("审核意见")).to_be_visible()
    page.keyboard.press("Control+s")
    expect(page.locator("[data-told]")).to_contain_text("已保存")
    page.goto(f"{site}/studio/trial/submit")
    changes = page.locator(".studio-changes")
    expect(changes.filter(has_text="决策表 fee")).to_contain_text(
        "第 1 条规则的“担保金额（元）（amount）”由“<= 100000”改为“<= 1000000”"
    )
    expect(changes.filter(has_text="表单 check")).to_contain_text("由“理由”改为“审核意见”")


def test_a_broken_cell_is_marked_in_its_table(site: str, enter: Callable[..., Page]) -> None:
    page = opened(enter("operator"), site)
    page.get_by_role("button", name="决策表 fee").click()
    page.locator("[data-element-id=fee_large_out] [role=textbox]").click()
    page.keyboard.press("End")
    page.keyboard.type(" *")
    expect(page.locator("[data-findings] .error")).to_contain_text("规则 2")
    expect(page.locator("td[data-element-id=fee_large_out].finding-cell")).to_be_visible()


def test_what_was_not_saved_is_still_there_after_the_page_was_lost(site: str, enter: Callable[..., Page]) -> None:
    page = opened(enter("operator"), site)
    choose(page, "人工任务 审核")
    page.get_by_label("名称").fill("审核材料")
    with page.expect_response("**/check"):
        page.get_by_label("名称").press("Enter")
    page.on("dialog", lambda dialog: dialog.accept())
    opened(page, site)
    expect(page.locator("[data-told]")).to_have_text("已恢复这台设备上未保存的修改")
    choose(page, "人工任务 审核材料")


def test_who_may_only_read_sees_everything_and_changes_nothing(site: str, enter: Callable[..., Page]) -> None:
    page = opened(enter("auditor"), site)
    expect(page.get_by_role("button", name="保存草稿")).to_have_count(0)
    choose(page, "人工任务 审核")
    expect(page.get_by_label("名称")).to_be_disabled()
    expect(page.locator(".djs-palette")).to_be_hidden()
    page.locator("[data-element-id=Check]").first.click()
    page.keyboard.press("Delete")
    expect(page.locator("[data-element-id=Check]").first).to_be_visible()
    page.get_by_role("button", name="决策表 fee").click()
    expect(page.locator("[data-element-id=fee_small_in]")).to_be_visible()
    assert page.locator(".dmn-box > *").first.evaluate("box => box.inert") is True


def test_the_pages_have_no_accessibility_fault_and_fit_a_phone(site: str, enter: Callable[..., Page]) -> None:
    page = opened(enter("operator"), site)
    assert faults(page) == []
    for address in ("/studio/", "/studio/trial/versions", "/studio/trial/versions/1"):
        page.goto(site + address)
        assert faults(page) == [], address
    phone = enter("operator", width=390)
    for address in ("/studio/", "/studio/trial/versions", "/studio/trial/versions/1", "/studio/trial/"):
        phone.goto(site + address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= 390, address
