"""通知消息: what the bidder was told, by the page."""

import re

import pytest
from flask.testing import FlaskClient

from app.db import transaction
from app.notices import telling
from tests.orders.scene import XIANGJIAN, YANCHI, Scene
from tests.support.people import login_as

PAGE = "/work/notices/"


@pytest.fixture
def scene(stage: Scene) -> Scene:
    stage.lot()
    return stage


@pytest.fixture
def bidder(scene: Scene) -> FlaskClient:
    return scene.client()


def titles(page: str) -> list[str]:
    return [re.sub(r"<[^>]+>|\s", "", title) for title in re.findall(r"<strong>(.*?)</strong>", page, re.DOTALL)]


def tell(scene: Scene, count: int = 1, *, kind: str = "order", link: str = "/orders/DD1", start: int = 0) -> None:
    """A notice to XIANGJIAN, as a diagram's step tells it."""
    with scene.app.app_context():
        client = scene.app.test_client()
        entity = login_as(client, "bidder", **XIANGJIAN).entity_id
        for number in range(start, start + count):
            with transaction():
                telling.tell(
                    entity, "order_closed", kind=kind, about=f"DD{number}", link=link, key=f"{kind}:DD{number}:told:0"
                )


def test_without_news_the_page_says_what_would_stand_there(bidder: FlaskClient) -> None:
    assert "订单和保函有变化时，会在这里通知您，并发送短信。" in bidder.get(PAGE).text


def test_what_happened_to_an_order_is_told_newest_first_and_leads_to_it(scene: Scene, bidder: FlaskClient) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    page = bidder.get(PAGE).text
    assert titles(page) == ["新成功出函", "新支付成功，出函中", "新核保通过，等待支付"]
    assert f"您的保函订单{no}已成功出函" in page
    assert page.count(f'href="/orders/{no}"') == 3
    assert "查看订单" in page


def test_news_is_marked_until_it_has_been_seen(scene: Scene, bidder: FlaskClient) -> None:
    tell(scene)
    assert titles(bidder.get(PAGE).text) == ["新订单关闭"]
    assert titles(bidder.get(PAGE).text) == ["订单关闭"]
    tell(scene, start=1)
    assert titles(bidder.get(PAGE).text) == ["新订单关闭", "订单关闭"]


def test_news_of_a_guarantee_leads_to_the_guarantee(scene: Scene, bidder: FlaskClient) -> None:
    tell(scene, kind="guarantee", link="/guarantees/BH-1")
    page = bidder.get(PAGE).text
    assert "查看保函" in page
    assert 'href="/guarantees/BH-1"' in page


def test_nobody_reads_what_another_company_was_told(scene: Scene) -> None:
    tell(scene)
    assert titles(scene.client(YANCHI).get(PAGE).text) == []


def test_everybody_of_one_company_reads_the_same(scene: Scene) -> None:
    tell(scene)
    colleague = scene.client({**XIANGJIAN, "sub": "a colleague"})
    assert titles(colleague.get(PAGE).text) == ["新订单关闭"]


def test_many_notices_are_turned_over_page_by_page(scene: Scene, bidder: FlaskClient) -> None:
    tell(scene, 45)
    seen, address = [], PAGE
    for _ in range(3):
        page = bidder.get(address).text
        seen += re.findall(r"您已放弃保函订单(DD\d+)", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else ""
    assert seen == [f"DD{number}" for number in range(44, -1, -1)]
    assert address == ""


@pytest.mark.both_databases
@pytest.mark.parametrize("before", ["x", "-", "", "1e9", "9" * 30])
def test_a_wrong_page_is_refused_in_words(bidder: FlaskClient, before: str) -> None:
    answer = bidder.get(PAGE, query_string={"before": before})
    assert (answer.status_code, "页码有误" in answer.text) == (422, True)
