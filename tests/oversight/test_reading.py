"""An auditor reads everything after opening; before it, nothing that shows who bids or how many (domain.md §1, §7)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock
from app.accounts.user import User
from app.audit import SYSTEM, Actor, record
from app.db import transaction
from tests.desk import trial
from tests.gateway import placed
from tests.oversight.conftest import LOT
from tests.support.people import login_as as sign_in
from tests.support.time import later

HIDDEN = ("湘建一川", "梅溪湖", LOT, "LOT-1", "刘思齐", "600,000", "60000000", "1,800")
pytestmark = pytest.mark.both_databases


def test_cases_that_hide_nothing_are_listed_and_orders_are_not(client: FlaskClient, auditor: User) -> None:
    page = client.get("/work/oversight/cases").text
    assert "BANK01" in page
    assert "DD1" not in page
    assert "DD1" not in client.get("/work/oversight/cases?q=DD").text
    assert "DD1" not in client.get("/work/oversight/cases?policy=order").text


def test_an_order_is_found_by_its_whole_number_and_tells_no_names(client: FlaskClient, auditor: User) -> None:
    assert "/work/oversight/cases/order/DD1" in client.get("/work/oversight/cases?q=dd1").text
    page = client.get("/work/oversight/cases/order/DD1").text
    assert "核保中" in page
    assert "开标前不显示标段、投标人和金额" in page
    assert [word for word in HIDDEN if word in page] == []


def test_a_guarantees_case_is_as_sealed_as_its_order(
    app: Flask, client: FlaskClient, auditor: User, opened: Callable[[], None], login_as: Callable[..., User]
) -> None:
    with app.app_context():
        placed.guarantee("BH1", "DD1", "LOT-1")
        trial.publish(policy="unsealing")
        trial.begin("BH1", policy="unsealing", institution="BANK01")
    assert "BH1" not in client.get("/work/oversight/cases").text
    before = client.get("/work/oversight/cases/unsealing/BH1").text
    assert [word for word in HIDDEN if word in before] == []
    with later(days=11):
        opened()
        login_as("auditor", name="范仲安")
        assert "BH1" in client.get(f"/work/oversight/cases?lot={LOT}").text
        assert "湘建一川建设集团有限公司" in client.get("/work/oversight/cases/unsealing/BH1").text


@pytest.mark.parametrize("number", [LOT, "LOT-1"])
def test_before_opening_a_lot_does_not_even_say_whether_it_has_orders(
    client: FlaskClient, auditor: User, number: str
) -> None:
    answer = client.get(f"/work/oversight/cases?lot={number}")
    assert answer.status_code == 403
    assert "尚未开标" in answer.text
    assert "DD1" not in answer.text
    assert "没有符合条件的业务" in client.get("/work/oversight/cases?lot=A4301-NONE").text


def test_after_opening_everything_is_read_and_the_look_is_audited(
    client: FlaskClient, auditor: User, opened: Callable[[], None], login_as: Callable[..., User]
) -> None:
    with later(days=11):
        opened()
        login_as("auditor", name="范仲安")
        assert "DD1" in client.get(f"/work/oversight/cases?lot={LOT}").text
        page = client.get("/work/oversight/cases/order/DD1").text
        for shown in ("湘建一川建设集团有限公司", "91430100MA8XJY0152", "梅溪湖二期", "¥600,000.00", "¥1,800.00"):
            assert shown in page
        assert "查看投标人信息" in page
        assert "刘思齐" not in page


def test_the_trail_leaves_out_what_is_sealed_unless_its_number_is_known(
    app: Flask, client: FlaskClient, auditor: User
) -> None:
    client.get("/work/oversight/cases/BANK01")
    page = client.get("/work/oversight/trail").text
    assert "DD1" not in page
    assert "演示机构登记" in page
    found = client.get("/work/oversight/trail?no=DD1").text
    assert "提交保函申请" in found
    assert "投标人" in found
    assert [word for word in HIDDEN if word in found] == []


def test_the_trail_is_searched_by_who_what_and_when(app: Flask, client: FlaskClient, auditor: User) -> None:
    operator = Actor("operator-1", "沈知微")
    with app.app_context():
        with transaction():
            record("house", "暂停对外调用", by=operator)
        with later(days=2), transaction():
            record("house", "恢复对外调用", by=operator)
            record("account-99", "登记离职", by=SYSTEM)
        today, after = clock.today(), clock.today() + clock.days(2)

    def lines(**asked: Any) -> str:
        return client.get("/work/oversight/trail", query_string=asked).text

    mine = lines(who="沈知微")
    assert "暂停对外调用" in mine
    assert "恢复对外调用" in mine
    assert "登记离职" not in mine
    assert "暂停对外调用" not in lines(no="account-99")
    assert "登记离职" in lines(no="account-99")
    early, late = lines(who="沈知微", end=today), lines(who="沈知微", begin=after, end=after)
    assert ("暂停对外调用" in early, "恢复对外调用" in early) == (True, False)
    assert ("暂停对外调用" in late, "恢复对外调用" in late) == (False, True)
    assert "没有符合条件的记录" in lines(begin="2099-01-01")
    assert client.get("/work/oversight/trail?begin=gestern").status_code == 422


def test_the_trail_goes_on_page_after_page(app: Flask, client: FlaskClient, auditor: User) -> None:
    with app.app_context(), transaction():
        for number in range(120):
            record("house", f"第{number:03d}行", by=SYSTEM)
    first = client.get("/work/oversight/trail?no=house").text
    assert "第119行" in first
    assert "第069行" not in first
    (before,) = set(re.findall(r"before=(\d+)", first))
    second = client.get(f"/work/oversight/trail?no=house&before={before}").text
    assert "第069行" in second
    assert "第019行" not in second


def test_nobody_else_reads_there(app: Flask, auditor: User) -> None:
    for role in ("operator", "publisher", "centre_reviewer", "institution_admin", "bidder"):
        browser = app.test_client()
        sign_in(browser, role)
        for path in ("cases", "trail", "cases/order/DD1"):
            assert browser.get(f"/work/oversight/{path}").status_code == 403
