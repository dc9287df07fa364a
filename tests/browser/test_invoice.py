"""An invoice in the running product: asked for on the order, made out on the desk, downloaded (manual 5.2.3, 5.4)."""

import pytest
from playwright.sync_api import expect

from tests.browser import axe
from tests.browser.conftest import Enter
from tests.browser.walk import SLOW, apply, pay
from tests.support import papers
from tests.support.product import Product

pytestmark = pytest.mark.browser

NUMBER = "26430000001234567890"


def test_a_bidder_has_an_invoice_made_out_and_downloads_it(product: Product, enter: Enter) -> None:
    bidder = enter("湘建一川建设集团有限公司")
    apply(bidder, product, "省级政务云扩容服务采购")
    pay(bidder)
    expect(bidder.locator(".state-line")).to_have_text("成功出函", timeout=SLOW)
    bidder.get_by_role("link", name="开具发票").click()
    bidder.get_by_role("radio", name="增值税专用发票").check()
    expect(bidder.get_by_label("开户银行")).to_be_visible()
    bidder.get_by_role("radio", name="增值税普通发票").check()
    expect(bidder.get_by_label("开户银行")).to_be_hidden()
    expect(bidder.get_by_label("发票抬头")).to_have_value("湘建一川建设集团有限公司")
    bidder.get_by_label("接收发票的邮箱").fill("caiwu@qinghe.example")
    assert axe.everywhere(bidder) == []
    bidder.get_by_role("button", name="提交").click()
    expect(bidder.locator(".state-line")).to_have_text("处理中")
    no = bidder.url.rsplit("/", 1)[1]

    reviewer = enter("云麓银行 郑可心")
    reviewer.goto(f"{product.url}/desk/?q={no}")
    reviewer.get_by_role("link", name=no).click()
    reviewer.get_by_role("button", name="领取").click()
    reviewer.get_by_role("radio", name="已开票", exact=True).check()
    reviewer.get_by_label("发票号码").fill(NUMBER)
    file = {"name": "电子发票.pdf", "mimeType": "application/pdf", "buffer": papers.pdf("发票")}
    reviewer.locator("input[type=file]").set_input_files([file])
    assert axe.everywhere(reviewer) == []
    reviewer.get_by_role("button", name="提交").click()
    expect(reviewer.locator(".alert.done")).to_contain_text("已办理", timeout=SLOW)

    expect(bidder.locator(".state-line")).to_have_text("已开票", timeout=SLOW)  # by itself
    with bidder.expect_download() as saved:
        bidder.get_by_role("link", name="下载发票").click()
    assert saved.value.path().read_bytes() == papers.pdf("发票")
    assert saved.value.suggested_filename == "电子发票.pdf"
    bidder.get_by_role("link", name="我的发票").first.click()
    bidder.get_by_label("状态").select_option(label="已开票")
    bidder.get_by_role("button", name="搜索").click()
    expect(bidder.get_by_role("row").filter(has_text=no)).to_contain_text(NUMBER)
    assert axe.everywhere(bidder) == []
