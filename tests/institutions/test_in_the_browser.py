"""机构接入申请 in a real browser: every branch of the manual's chapter 3, read as it is printed there."""

import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server

from tests.browser import axe
from tests.institutions.stage import NAME, PHONE, USCC, Stage
from tests.support import papers
from tests.support.phones import Phones

pytestmark = pytest.mark.browser
PDF = {"name": "投标保函业务授权书.pdf", "mimeType": "application/pdf", "buffer": papers.pdf("授权书")}
LOGO = {"name": "logo.png", "mimeType": "image/png", "buffer": papers.png(64, 64)}


@pytest.fixture
def site(app: Flask) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Without motion: a colour on its way to another is neither."""
    return {**browser_context_args, "reduced_motion": "reduce"}


def look_up(page: Page, site: str, stage: Stage, kind: str, word: str, **changes: str) -> None:
    """The look-up of 验收申请 or 查看准入进度, with a code that has just arrived."""
    said = {"金融机构名称": NAME, "统一社会信用代码": USCC, "联系人手机号": PHONE} | changes
    page.goto(f"{site}/institutions/join/{kind}")
    for label, text in said.items():
        page.get_by_label(label).fill(text)
    page.get_by_label("验证码").fill(stage.code(kind, said["联系人手机号"]))
    page.get_by_role("button", name=word, exact=True).click()


def test_admission_is_applied_for_as_the_manual_shows(page: Page, site: str, stage: Stage, phones: Phones) -> None:
    stage.app.config["WTF_CSRF_ENABLED"] = True
    page.goto(site)
    page.get_by_role("navigation").get_by_role("link", name="机构接入申请").first.click()
    for word in ("第一步 准入申请", "第二步 验收申请", "查看准入进度"):
        expect(page.get_by_role("link", name=word)).to_be_visible()
    assert axe.everywhere(page) == []
    page.get_by_role("link", name="第一步 准入申请").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("金融机构准入申请")
    expect(page.get_by_role("navigation", name="当前位置")).to_contain_text(
        re.compile("返回.*首页.*金融机构准入申请", re.DOTALL)
    )
    placeholders = {
        "金融机构名称": "请输入金融机构名称 (或简称)",
        "统一社会信用代码": "请输入统一社会信用代码",
        "机构介绍": "请输入机构介绍",
        "联系手机号": "请输入联系手机号",
        "验证码": "请输入验证码",
    }
    for label, placeholder in placeholders.items():
        expect(page.get_by_label(label)).to_have_attribute("placeholder", placeholder)
    expect(page.get_by_label("机构类型").locator("option")).to_have_text(["请选择", "银行", "保险公司", "担保公司"])
    expect(page.get_by_text("本人 (公司) 确认以上信息完整、真实、有效")).to_be_visible()
    with page.expect_file_chooser():
        page.get_by_text("上传文件").click()
    for paper in ("金融机构申请人授权书模板", "金融机构准入申请模板"):
        with page.expect_download() as download:
            page.get_by_role("link", name=paper).click()
        assert download.value.suggested_filename == f"{paper}.docx"
    assert axe.everywhere(page) == []

    page.get_by_label("金融机构名称").fill(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(USCC.lower())
    page.get_by_label("机构类型").select_option(label="保险公司")
    page.get_by_label("机构介绍").fill("全国性财产保险公司")
    page.get_by_placeholder("请输入联系人").fill("何静秋")
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_text("请先输入手机号")).to_be_visible()
    page.get_by_label("联系手机号").fill(PHONE)
    page.get_by_role("button", name="获取验证码").focus()
    page.keyboard.press("Enter")
    waiting = page.get_by_role("button", name=re.compile(r"^\d+s后重试$"))
    expect(waiting).to_be_disabled()
    first = waiting.text_content()
    expect(waiting).not_to_have_text(first or "")
    expect(page.get_by_label("验证码")).to_be_focused()
    code = re.findall(r"\d{6}", phones.texts(PHONE)[-1])[0]
    page.keyboard.type(code)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请上传附件")
    expect(page.get_by_label("机构介绍")).to_have_value("全国性财产保险公司")
    expect(waiting).to_be_disabled()
    page.get_by_label("附件").set_input_files(PDF)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("提交成功, 等待准入资质核验中。")).to_be_visible()
    expect(page.get_by_text("您可通过查看准入进度查询审核结果。")).to_be_visible()
    assert stage.state() == "准入待审核"


def test_every_answer_of_acceptance_and_progress_is_read(page: Page, site: str, stage: Stage) -> None:
    nobody = "未查询到匹配的准入申请信息，请核对后重试"
    stage.apply()
    for wrong in (
        {"金融机构名称": "世二保险"},
        {"统一社会信用代码": "91110000MA01L1EW65"},
        {"联系人手机号": "13900000001"},
    ):
        look_up(page, site, stage, "acceptance", "验证", **wrong)
        expect(page.get_by_text(nobody)).to_be_visible()

    look_up(page, site, stage, "acceptance", "验证")
    expect(page.get_by_text("您的准入资质核验中，请稍后查询。")).to_be_visible()
    expect(page.get_by_label("金融机构名称")).to_have_value(NAME)
    assert axe.everywhere(page) == []
    look_up(page, site, stage, "progress", "提交")
    expect(page.get_by_text("您的准入资质核验中！")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="准入资质待核验")).to_have_attribute("aria-current", "step")

    stage.decide("correct", reason="授权书没有盖章")
    page.reload()
    expect(page.get_by_text("申请被退回补正")).to_be_visible()
    expect(page.get_by_text("授权书没有盖章")).to_be_visible()
    assert axe.everywhere(page) == []
    page.get_by_label("附件").set_input_files(PDF)
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("补正材料已提交")).to_be_visible()

    stage.decide("reject", reason="不具备投标保证保险资质")
    look_up(page, site, stage, "acceptance", "验证")
    expect(page.get_by_text("抱歉，您的准入资质核验不通过，无法提交验收申请。")).to_be_visible()
    look_up(page, site, stage, "progress", "提交")
    expect(page.get_by_text("您的准入资质核验不通过！")).to_be_visible()
    expect(page.get_by_text("不具备投标保证保险资质")).to_be_visible()
    assert axe.everywhere(page) == []
    page.get_by_role("link", name="重新申请").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("金融机构准入申请")

    stage.apply()
    stage.decide("pass")
    look_up(page, site, stage, "progress", "提交")
    expect(page.get_by_text("您的准入资质核验通过！可复制用户和密钥信息用于接口对接。")).to_be_visible()
    for label, text in (("用户", stage.row().app_id), ("密钥", "")):
        button = page.get_by_role("button", name=f"复制 {label}", exact=True)
        expect(button).to_have_attribute("data-copy", text or re.compile(r"[0-9a-f]{64}"))
        button.click()
        expect(page.get_by_text("已复制")).to_be_visible()
    assert axe.everywhere(page) == []

    look_up(page, site, stage, "acceptance", "验证")
    for shown in (NAME, "何静秋", PHONE):
        expect(page.get_by_text(shown)).to_be_visible()
    expect(page.get_by_label("接口地址")).to_have_attribute("placeholder", "请输入接口地址")
    assert axe.everywhere(page) == []
    page.get_by_label("Logo").set_input_files(LOGO)
    page.get_by_label("接口地址").fill("https://127.0.0.1:1/baohan")
    page.get_by_label("附件").set_input_files(PDF)
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("button", name=re.compile("s后重试"))).to_be_disabled()
    page.get_by_label("验证码").fill(re.findall(r"\d{6}", stage.phones.texts(PHONE)[-1])[0])
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_text("提交成功")).to_be_visible()

    closed = "您的接口待验收或者验收通过，无法重复提交验收申请。"
    look_up(page, site, stage, "acceptance", "验证")
    expect(page.get_by_text(closed)).to_be_visible()
    stage.decide("pass")
    look_up(page, site, stage, "acceptance", "验证")
    expect(page.get_by_text(closed)).to_be_visible()
    stage.offline()
    look_up(page, site, stage, "acceptance", "验证")
    expect(page.get_by_text("抱歉，您的金融机构已下线，无法提交验收申请。")).to_be_visible()


def test_operators_pages_fit_and_are_accessible(page: Page, app: Flask, site: str, stage: Stage) -> None:
    stage.online()
    cookie = stage.staff("operator").get_cookie("session")
    assert cookie is not None
    page.context.add_cookies([{"name": "session", "value": cookie.value, "url": site}])
    for address in ("", stage.row().code, f"{stage.row().code}/offline"):
        page.goto(f"{site}/institutions/manage/{address}")
        assert axe.everywhere(page) == [], address
