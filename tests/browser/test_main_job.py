"""The main job in the running product: a bidder applies, pays, sees 成功出函 and holds a guarantee anyone can check."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from app.protocol import documents
from tests.browser import axe
from tests.browser.conftest import Enter
from tests.browser.walk import SLOW, apply, find, pay
from tests.support.product import Product

pytestmark = pytest.mark.browser

LOT = "景观绿化施工"
ORDER = re.compile(r"/orders/DD\d+$")


def flaw(pdf: bytes, certificate: str) -> documents.Flaw | None:
    """In a thread of its own: Playwright's event loop runs in this one."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(documents.verify, pdf, certificate=certificate).result().flaw


def test_a_bidder_pays_and_holds_a_guarantee_that_anyone_can_check(
    product: Product, enter: Enter, browser: Browser
) -> None:
    bidder = enter("湖南砚池路桥工程有限公司")
    order = apply(bidder, product, LOT)

    watched = bidder.context.new_page()
    watched.goto(order)
    watched.evaluate("window.neverLeft = true")
    pay(bidder)
    expect(watched.get_by_role("link", name="查看保函")).to_be_visible(timeout=SLOW)
    expect(watched.locator(".state-line")).to_have_text("成功出函")
    assert watched.evaluate("window.neverLeft"), "the page was loaded again"

    watched.get_by_role("link", name="查看保函").click()
    watched.wait_for_url("**/guarantees/*")
    with watched.expect_download() as saved:
        watched.get_by_role("link", name="点击下载").click()
    pdf = saved.value.path().read_bytes()
    assert pdf.startswith(b"%PDF")
    issuer = next(one for one in product.demo["institutions"] if f"/{one['code']}" in watched.url)
    assert flaw(pdf, issuer["certificate_pem"]) is None
    assert flaw(pdf + b" ", issuer["certificate_pem"]) is documents.Flaw.COVERAGE

    address = watched.get_by_role("link", name="打开查验页").get_attribute("href")
    assert address
    passer_by = browser.new_context(locale="zh-CN").new_page()
    passer_by.goto(address)
    expect(passer_by.get_by_text("查验到这份保函。")).to_be_visible()
    expect(passer_by.get_by_text("湖南砚池路桥工程有限公司")).to_have_count(0)  # sealed until opening
    passer_by.context.close()

    watched.goto(f"{product.url}/work/notices/")
    notice = watched.get_by_role("listitem").filter(has_text="成功出函").first
    notice.get_by_role("link", name=re.compile("查看")).click()
    expect(watched.get_by_role("link", name="查看保函")).to_be_visible()


def test_an_application_is_made_by_keyboard_alone_and_given_up(product: Product, enter: Enter) -> None:
    page = enter("湘建一川建设集团有限公司")
    find(page, product, LOT)

    def tab_to(name: str) -> None:
        for _ in range(90):
            page.keyboard.press("Tab")
            if page.evaluate("name => document.activeElement.innerText?.trim().startsWith(name)", name):
                return
        raise AssertionError(f"{name} is not reached by Tab")

    def tab_to_input(name: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("name => document.activeElement.name === name", name):
                return
        raise AssertionError(f"{name} is not reached by Tab")

    page.goto(f"{product.url}/orders/apply")
    tab_to("立即申请")
    page.keyboard.press("Enter")
    page.wait_for_url("**type=**")
    tab_to_input("q")
    page.keyboard.type(LOT)
    page.keyboard.press("Enter")
    page.wait_for_url("**q=**")
    tab_to("选择")
    page.keyboard.press("Enter")
    page.wait_for_url("**/details")
    tab_to("下一步")
    page.keyboard.press("Enter")
    page.wait_for_url("**/institution")
    tab_to_input("product")
    page.keyboard.press("Space")
    tab_to("下一步")
    page.keyboard.press("Enter")
    page.wait_for_url("**/submit")
    tab_to_input("terms")
    page.keyboard.press("Space")
    tab_to("提交")
    page.keyboard.press("Enter")
    page.wait_for_url(ORDER)

    expect(page.get_by_role("link", name="获取支付")).to_be_visible(timeout=SLOW)
    tab_to("放弃申请")
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="是否放弃申请该保函")
    expect(question).to_be_visible()
    assert axe.everywhere(page) == []
    question.get_by_role("button", name="确定").press("Enter")
    expect(page.locator(".state-line")).to_have_text("订单关闭", timeout=SLOW)


def test_a_bidder_gets_a_guarantee_on_the_phone(product: Product, enter: Enter) -> None:
    page = enter("湖南楚天勘测设计研究院有限公司", width=390)
    apply(page, product, LOT)
    pay(page)
    page.get_by_role("link", name="查看保函").click(timeout=SLOW)
    expect(page.get_by_role("heading", name="保函详情")).to_be_visible()


def test_roles_are_switched_and_the_handler_is_shown_on_a_click(product: Product, enter: Enter) -> None:
    page = enter("长沙岳云信息技术有限公司")
    page.goto(f"{product.url}/work/profile")
    phone = page.get_by_text("139****0003")
    expect(phone).to_be_visible()
    page.get_by_role("button", name=re.compile("显示.*手机号")).click()
    expect(page.get_by_text("13900000003")).to_be_visible()
    assert axe.everywhere(page) == []

    role = page.get_by_role("banner").locator("details.menu").first
    role.locator("summary").click()
    role.get_by_label("招标人").check()
    role.get_by_role("button", name="确定").click()
    expect(page.get_by_text("角色切换成功")).to_be_visible()
    expect(role.locator("summary")).to_contain_text("招标人")


def test_every_page_of_the_way_is_accessible(product: Product, enter: Enter) -> None:
    page, faults = enter("株洲青禾机电设备有限公司"), {}

    def look(name: str) -> None:
        faults.update({f"{name}: {fault}": True for fault in axe.everywhere(page)})

    for address in (
        "/",
        "/help",
        "/products",
        "/institutions/BANK01",
        "/orders/",
        "/guarantees/",
        "/work/notices/",
        "/orders/apply",
    ):
        page.goto(product.url + address)
        look(address)
    find(page, product, LOT)
    look("lots")
    page.get_by_role("button", name="选择").click()
    page.wait_for_url("**/details")
    look("details")
    page.get_by_label("担保金额").fill("")
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("alert")).to_contain_text("请输入担保金额")
    look("details with an error")
    page.get_by_label("担保金额").fill("370000")
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/institution")
    look("institutions")
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="下一步").click()
    page.wait_for_url("**/submit")
    look("submit")
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("link", name="获取支付")).to_be_visible(timeout=SLOW)
    look("order to pay")
    pay(page)
    expect(page.get_by_role("link", name="查看保函")).to_be_visible(timeout=SLOW)
    page.get_by_text("流程图").click()
    expect(page.locator("[data-diagram-url] svg").first).to_be_visible()
    look("order issued")
    for address in ("/orders/", "/guarantees/", "/work/notices/"):
        page.goto(product.url + address)
        look(f"{address} filled")
    page.goto(f"{product.url}/guarantees/")
    page.get_by_role("link", name="查看保函").click()
    page.wait_for_url("**/guarantees/*")
    look("guarantee")
    page.get_by_role("link", name="打开查验页").click()
    expect(page.get_by_text("查验到这份保函。")).to_be_visible()
    look("verification")
    assert list(faults) == []
