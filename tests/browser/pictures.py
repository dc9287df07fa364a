"""`make pictures`: the documents' pictures, taken from the running product."""

import sys
import tempfile
from pathlib import Path

import requests
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.walk import SLOW, apply, enter, pay
from tests.support.browser import FLAGS
from tests.support.machine import chromium
from tests.support.product import Product
from tests.support.waiting import until

WIDTH = 1120


def main(target: Path) -> int:
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        product = Product(Path(folder)).start()
        browser = playwright.chromium.launch(executable_path=chromium(), args=[f"--{flag}" for flag in FLAGS])
        try:
            bidder = enter(browser, product, "湖南砚池路桥工程有限公司", width=WIDTH)
            order(bidder, product, target)
            operator = enter(browser, product, "业务运营 沈知微", width=WIDTH)
            operator.goto(f"{product.url}/studio/order/")
            expect(operator.locator("[data-studio][data-ready]")).to_be_visible(timeout=SLOW)
            take(operator, target / "studio.png")
            broken(bidder, product)
            desk(operator, product, target)
        finally:
            browser.close()
            product.stop()
    return 0


def order(bidder: Page, product: Product, target: Path) -> None:
    bidder.goto(product.url)
    take(bidder, target / "home.png")
    apply(bidder, product, "省级政务云扩容服务采购")
    pay(bidder)
    expect(bidder.get_by_text("成功出函").first).to_be_visible(timeout=SLOW)
    bidder.reload()
    bidder.get_by_text("流程图", exact=True).click()
    expect(bidder.locator(".djs-shape").first).to_be_visible(timeout=SLOW)
    take(bidder, target / "order.png", full=True)


def broken(bidder: Page, product: Product) -> None:
    """A second order, whose guarantee is not the file that was signed."""
    institution = product.environment["SANDBOX_INSTITUTION_PORT"]
    answer = requests.post(
        f"http://127.0.0.1:{institution}/misbehave",
        json={"institution": "*", "kinds": {"bad_pdf": {}}},
        timeout=10,
    )
    answer.raise_for_status()
    apply(bidder, product, "景观绿化施工")
    pay(bidder)


def desk(operator: Page, product: Product, target: Path) -> None:
    def incident() -> int:
        operator.goto(f"{product.url}/desk/incidents/")
        return operator.get_by_role("main").get_by_role("row").count()

    until(incident, SLOW / 1000, what="the incident")
    operator.get_by_role("main").get_by_role("row").get_by_role("link").first.click()
    take(operator, target / "desk.png")


def take(page: Page, path: Path, *, full: bool = False) -> None:
    page.wait_for_timeout(1500)  # the drawing settles, the toast goes
    page.screenshot(path=path, full_page=full)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
