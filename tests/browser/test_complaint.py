"""A complaint in the running product, from a visitor's click to the answer (manual 4.4, 4.5)."""

import json
import re
import urllib.request

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser import axe
from tests.browser.conftest import Enter
from tests.browser.walk import SLOW
from tests.support.product import Product
from tests.support.waiting import until

pytestmark = pytest.mark.browser

COMPANY, PHONE = "湖南砚池路桥工程有限公司", "13900000002"


def codes_sent(product: Product) -> list[str]:
    """The six digits of each code for a complaint that reached the phone, the newest first."""
    address = f"http://127.0.0.1:{product.environment['SANDBOX_TRADING_PORT']}/sms.json?phone={PHONE}"
    with urllib.request.urlopen(address, timeout=10) as answer:
        texts = [one["text"] for one in json.load(answer)]
    return [found[0] for text in texts if "在线投诉" in text and (found := re.search(r"\d{6}", text))]


def decide(reviewer: Page, product: Product, no: str, choices: tuple[str, ...], words: str, field: str) -> None:
    reviewer.goto(f"{product.url}/desk/?q={no}")
    reviewer.get_by_role("link", name=no).click()
    reviewer.get_by_role("button", name="领取").click()
    for choice in choices:
        reviewer.get_by_role("radio", name=choice, exact=True).check()
    if words:
        reviewer.get_by_role("textbox", name=field).fill(words)
    assert axe.everywhere(reviewer) == []
    reviewer.get_by_role("button", name="提交").click()
    expect(reviewer.locator(".alert.done")).to_contain_text("已办理", timeout=SLOW)


def test_a_visitor_complains_and_the_centre_answers(product: Product, browser: Browser, enter: Enter) -> None:
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(product.url)
    page.get_by_role("link", name="在线投诉").click()
    page.get_by_role("button", name=COMPANY).click()  # the login platform
    page.wait_for_url("**/complaints/new")
    page.get_by_label("投诉金融机构").select_option(label="云麓商业银行股份有限公司")
    page.get_by_label("投诉内容").fill("保费已支付三天，机构一直没有出函，客服电话也无人接听。")
    known = len(codes_sent(product))
    page.get_by_role("button", name="获取验证码").click()
    expect(page.get_by_role("button", name="后重试")).to_be_disabled()
    until(lambda: len(codes_sent(product)) > known, SLOW / 1000, what="the code by SMS")
    page.get_by_role("textbox", name="验证码").fill(codes_sent(product)[0])
    assert axe.everywhere(page) == []
    page.get_by_role("button", name="提交").click()
    expect(page.locator(".alert.done")).to_have_text("提交成功")
    assert axe.everywhere(page) == []
    no = page.url.rsplit("/", 1)[1]

    reviewer = enter("省中心 许文澜")
    decide(reviewer, product, no, ("受理",), "", "")
    expect(page.locator(".state-line")).to_have_text("处理中", timeout=SLOW)  # by itself
    answer = "经核实情况属实，已责令该机构三日内整改。"
    decide(reviewer, product, no, ("属实", "责令整改"), answer, "答复内容")
    page.get_by_role("link", name="我的投诉").first.click()
    row = page.get_by_role("row").filter(has_text=no)
    expect(row).to_contain_text("已办结")
    assert axe.everywhere(page) == []
    row.get_by_role("link", name="查看详情").click()
    expect(page.get_by_text(answer)).to_be_visible()
    context.close()
