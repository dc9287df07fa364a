"""The 30 minutes are the timer in the order diagram: the running product obeys what two people publish."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Enter
from tests.browser.walk import apply
from tests.support.product import Product

LOT = "省级政务云扩容服务采购"
SLOW = 30_000

pytestmark = pytest.mark.browser


def minutes_to_pay(bidder: Page, product: Product) -> float:
    """Apply for a guarantee on the lot; how long the order then waits for its payment."""
    apply(bidder, product, LOT)
    deadline = bidder.locator(".next [data-deadline]").first.get_attribute("data-deadline")
    assert deadline
    return (datetime.fromisoformat(deadline) - datetime.now(UTC)).total_seconds() / 60


def publish(product: Product, operator: Page, publisher: Page, why: str) -> None:
    """The draft as it stands: submitted by one, approved by the other."""
    operator.get_by_label("改了什么、为什么").fill(why)
    operator.get_by_role("button", name="提交审批").click()
    expect(operator.get_by_text("已提交，等待另一人审批", exact=True)).to_be_visible(timeout=SLOW)
    publisher.goto(f"{product.url}/studio/order/review")
    expect(publisher.locator(".studio-changes")).to_contain_text("未支付")
    publisher.get_by_role("button", name="批准并发布").click()
    expect(publisher.locator(".alert.done")).to_contain_text("版已发布", timeout=SLOW)


def test_new_orders_wait_as_long_as_the_published_drawing_says(product: Product, enter: Enter) -> None:
    assert 29 < minutes_to_pay(enter("株洲青禾机电设备有限公司"), product) <= 30

    operator, publisher = enter("业务运营 沈知微"), enter("发布审批 苏慕白")
    operator.goto(f"{product.url}/studio/order/")
    expect(operator.locator("[data-studio][data-ready]")).to_be_visible(timeout=SLOW)
    operator.get_by_label("图形", exact=True).select_option(label="等待（定时） 30 分钟未支付")
    operator.get_by_label("多久").fill("45 分钟")
    operator.get_by_role("button", name="提交审批").click()
    expect(operator.locator(".studio-changes")).to_contain_text("时间由“30 分钟”改为“45 分钟”", timeout=SLOW)
    publish(product, operator, publisher, "按省中心通知延长支付时间")
    assert 44 < minutes_to_pay(enter("湖南楚天勘测设计研究院有限公司"), product) <= 45

    operator.goto(f"{product.url}/studio/order/versions")
    operator.get_by_role("row").filter(has_text="第 1 版").get_by_role("link", name="恢复").click()
    operator.get_by_role("button", name="以此版起草").click()
    operator.get_by_role("button", name="提交审批").click()
    publish(product, operator, publisher, "恢复 30 分钟")
    assert 29 < minutes_to_pay(enter("湖南砚池路桥工程有限公司"), product) <= 30
