"""The order's page as it stays open: it is told what has changed, and nothing else."""

import re
from collections.abc import Iterator
from html import unescape

import pytest

from app import clock
from tests.orders.scene import YANCHI, Scene
from tests.support.time import later


@pytest.fixture(autouse=True)
def beginning() -> Iterator[None]:
    """A minute has just begun."""
    with later(seconds=60 - clock.now().second):
        yield


def tag_of(page: str) -> str:
    """What the page says it has seen when it is opened."""
    found = re.search(r"data-etag='([^']+)'", page)
    assert found is not None, page
    return unescape(found[1])


@pytest.mark.both_databases
def test_an_open_page_is_told_of_each_change_once(scene: Scene) -> None:
    no = scene.apply()
    client = scene.client()
    seen = tag_of(client.get(f"/orders/{no}").text)
    assert client.get(f"/orders/{no}/live", headers={"If-None-Match": seen}).status_code == 304
    for name, state in [("passes", "等待支付"), ("paid", "出函中"), ("issues", "成功出函")]:
        getattr(scene, name)(no)
        told = client.get(f"/orders/{no}/live", headers={"If-None-Match": seen})
        assert told.status_code == 200
        assert state in told.text
        seen = told.headers["ETag"]
        assert client.get(f"/orders/{no}/live", headers={"If-None-Match": seen}).status_code == 304
        drawn = client.get(f"/orders/{no}/path.json").headers["ETag"]
        assert client.get(f"/orders/{no}/path.json", headers={"If-None-Match": drawn}).status_code == 304


def test_what_a_page_says_of_the_time_left_is_no_older_than_a_minute(scene: Scene) -> None:
    no = scene.apply()
    client = scene.client()
    seen = client.get(f"/orders/{no}/live").headers["ETag"]
    with later(minutes=1):
        assert client.get(f"/orders/{no}/live", headers={"If-None-Match": seen}).status_code == 200


def test_a_tag_opens_nobody_elses_order(scene: Scene) -> None:
    no = scene.apply()
    seen = scene.client().get(f"/orders/{no}/live").headers["ETag"]
    stranger = scene.client(YANCHI)
    assert stranger.get(f"/orders/{no}/live", headers={"If-None-Match": seen}).status_code == 404
