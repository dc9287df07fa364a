"""The main job, end to end: a bidder applies for a guarantee on a lot, pays, and downloads a signed PDF."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, expect

from app.protocol import documents
from tests.browser.walk import SLOW, apply, enter, pay
from tests.support.product import Product

pytestmark = pytest.mark.browser


def judged(pdf: bytes, certificate: str) -> documents.Flaw | None:
    """In a thread of its own: Playwright's event loop runs in this one."""
    with ThreadPoolExecutor(1) as beside:
        return beside.submit(documents.verify, pdf, certificate=certificate).result().flaw


def test_a_bidder_ends_with_a_signed_guarantee_that_anyone_can_verify(product: Product, browser: Browser) -> None:
    bidder = enter(browser, product, "湖南砚池路桥工程有限公司")
    apply(bidder, product, "省级政务云扩容服务采购")
    pay(bidder)
    expect(bidder.get_by_text("成功出函").first).to_be_visible(timeout=SLOW)  # by itself: nobody reloads the page

    bidder.get_by_role("link", name="查看保函").click()
    with bidder.expect_download() as download:
        bidder.get_by_role("link", name="点击下载").click()
    pdf = download.value.path().read_bytes()
    institution = bidder.get_by_text("出函机构").locator("xpath=following-sibling::*[1]").inner_text()
    signer = next(one for one in product.demo["institutions"] if one["name"] == institution)
    assert judged(pdf, signer["certificate_pem"]) is None
    assert judged(pdf + b" ", signer["certificate_pem"]) is documents.Flaw.COVERAGE

    bidder.get_by_role("link", name="打开查验页").click()
    expect(bidder.get_by_text("查验到这份保函")).to_be_visible()
    expect(bidder.get_by_role("main")).not_to_contain_text("湖南砚池路桥工程有限公司")  # sealed until opening
    bidder.context.close()
