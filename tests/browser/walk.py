"""The ways people walk through the running product, step by step as the pages show them."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.support.product import Product
from tests.support.waiting import until

SLOW = 60_000  # ms; the product answers in a moment, a loaded machine does not


def enter(browser: Browser, product: Product, account: str, *, width: int = 1440) -> Page:
    """A new person's browser, signed in at the login platform as that account."""
    context = browser.new_context(
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        reduced_motion="reduce",
        viewport={"width": width, "height": 900},
    )
    context.set_default_timeout(SLOW)
    page = context.new_page()
    page.goto(f"{product.url}/login")
    page.get_by_role("button", name=account).click()
    page.wait_for_url(f"{product.url}/**")
    return page


def find(page: Page, product: Product, lot: str) -> None:
    """At the choice of a lot, this one alone in sight, once the trading platform has told of it."""
    page.goto(f"{product.url}/orders/apply")
    page.get_by_role("link", name="立即申请").first.click()
    page.get_by_role("searchbox").fill(lot)
    page.get_by_role("button", name="搜索").click()
    page.wait_for_url("**q=**")
    row = page.get_by_role("row").filter(has_text=lot)
    until(lambda: row.count() or (page.reload() and False), SLOW / 1000, what="the trading platform's lots")


def apply(page: Page, product: Product, lot: str) -> str:
    """保函申请 on the lot, first product and institution; ends on the order's page, once it awaits payment."""
    find(page, product, lot)
    page.get_by_role("button", name="选择").first.click()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="下一步").click()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("link", name="获取支付")).to_be_visible(timeout=SLOW)
    return page.url


def pay(page: Page) -> None:
    """From the order's page to the institution's payment page and back."""
    order = page.url
    page.get_by_role("link", name="获取支付").click()
    page.get_by_role("button", name="确认支付").click()
    page.wait_for_url(re.compile(re.escape(order)))
