"""/lots/ as a visitor sees it."""

from app import clock, projects
from app.db import transaction
from tests.projects.conftest import TRADING


def test_a_visitor_finds_a_lot_and_reads_it(client, told):
    told("L1", name="梅溪湖二期市政道路工程", bond_amount=2_000_000)
    told("L2", name="洞庭湖水环境治理")
    listed = client.get("/lots/?q=梅溪").text
    assert "梅溪湖二期市政道路工程" in listed
    assert "洞庭湖" not in listed
    assert "¥20,000.00" in listed
    page = client.get("/lots/L1").text
    assert "投标中" in page
    assert "P-某某工程" in page


def test_a_long_list_is_turned_page_by_page_keeping_the_search(client, told):
    for number in range(23):
        told(f"L{number:02d}", days=1 + number)
    first = client.get("/lots/?region=430100").text
    assert first.count('scope="row"') == 20
    cursor = first.split("after=", 1)[1].split('"', 1)[0].split("&", 1)[0]
    second = client.get(f"/lots/?region=430100&after={cursor}").text
    assert second.count('scope="row"') == 3
    assert "L22" in second
    assert "回到第一页" in second


def test_nothing_found_says_why_and_nothing_at_all_says_what_will_come(client, told):
    assert "目前没有可申请保函的项目/标的" in client.get("/lots/").text
    told("L1")
    assert "没有找到符合条件的项目/标的" in client.get("/lots/?q=没有这样的").text


def test_unknown_choices_in_the_address_are_as_if_not_made(client, told):
    told("L1")
    assert "A-L1" in client.get("/lots/?region=000000&category=nonsense&after=x").text


def test_a_suspended_lot_says_why(app, client, told):
    told("L1")
    with app.app_context(), transaction():
        projects.apply_event("L1", event_id="E1", kind="SUSPENDED", at=clock.now(), reason="收到质疑", by=TRADING)
    page = client.get("/lots/L1").text
    assert "已暂停" in page
    assert "收到质疑" in page


def test_a_lot_nobody_knows_is_not_found(client, app):
    assert client.get("/lots/L404").status_code == 404
    assert client.get("/lots/%00").status_code == 404


def test_a_name_is_text_and_never_markup(client, told):
    told("L1", name="<script>alert(1)</script>")
    assert "<script>alert" not in client.get("/lots/").text
    assert "<script>alert" not in client.get("/lots/L1").text


def test_pages_read_in_english_too(client, told):
    told("L1")
    assert client.get("/lots/?lang=en").status_code == 200
    assert client.get("/lots/L1?lang=en").status_code == 200
