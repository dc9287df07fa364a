"""The group's queue: whose tasks, in which order, counted how."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.user import User
from app.db import db, transaction
from app.runtime.models import UserTask
from tests.desk import trial
from tests.support.time import later

pytestmark = pytest.mark.both_databases
Begin = Callable[..., int]


def keys(page: str) -> list[str]:
    return re.findall(r'<a id="task-\d+" href="[^"]+">([^<]+)</a>', page)


def chips(page: str, label: str) -> dict[str, int]:
    blocks = re.findall(rf'<ul class="chips" aria-label="{label}">(.*?)</ul>', page, re.S)
    found = re.findall(r'>([^<>]+)<span class="count">(\d+)</span>', "".join(blocks))
    return {word: int(count) for word, count in found}


def test_a_reviewer_sees_the_tasks_of_her_role_and_regions(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    begin("R1", region="430100")
    begin("R2", region="430600")
    begin("R3", region="")
    login_as("centre_reviewer", regions=("430100",))
    assert keys(client.get("/desk/").text) == ["R1", "R3"]
    login_as("centre_reviewer", regions=("*",))
    assert keys(client.get("/desk/").text) == ["R1", "R2", "R3"]
    login_as("operator")
    assert "没有待办任务" in client.get("/desk/").text


def test_an_institutions_reviewer_sees_only_its_own(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    with app.app_context():
        trial.publish("institution_reviewer")
    begin("I1", institution="INS01")
    other = begin("I2", institution="BANK01")
    login_as("institution_reviewer", institution="INS01", regions=("*",))
    assert keys(client.get("/desk/").text) == ["I1"]
    assert client.get(f"/desk/tasks/{other}").status_code == 404
    assert client.post(f"/desk/tasks/{other}", data={"result": "pass"}).status_code == 404
    assert client.post(f"/desk/tasks/{other}/claim").status_code == 404


def test_the_most_urgent_stands_first(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    for key in ("R1", "R2", "R3"):
        begin(key)
    with app.app_context(), transaction():
        rows = {task.key: task for task in db.session.scalars(db.select(UserTask))}
        rows["R1"].due_at = None
        rows["R2"].due_at, rows["R3"].due_at = rows["R3"].due_at, rows["R2"].created_at
    login_as("centre_reviewer")
    assert keys(client.get("/desk/").text) == ["R3", "R2", "R1"]


def test_filters_stand_in_the_address_and_count_what_one_would_see(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    first = begin("R1", region="430100")
    begin("R2", region="430100")
    begin("R3", region="430600")
    other = client.application.test_client()
    login_as("centre_reviewer", client=other, sub="other", name="别人")
    other.post(f"/desk/tasks/{first}/claim")
    login_as("centre_reviewer")
    page = client.get("/desk/").text
    assert chips(page, "业务") == {}, "there is nothing to choose"
    assert chips(page, "地区") == {"全部": 3, "长沙": 2, "岳阳": 1}
    assert chips(page, "办理人") == {"全部": 3, "未领取": 2, "他人办理": 1}
    page = client.get("/desk/?region=430100").text
    assert keys(page) == ["R1", "R2"]
    assert chips(page, "地区") == {"全部": 3, "长沙": 2, "岳阳": 1}
    assert chips(page, "办理人") == {"全部": 2, "未领取": 1, "他人办理": 1}
    assert keys(client.get("/desk/?region=430100&held=free").text) == ["R2"]
    assert keys(client.get("/desk/?held=others").text) == ["R1"]
    assert "别人" in client.get("/desk/?held=others").text
    assert "没有符合条件的待办" in client.get("/desk/?held=mine").text


def test_each_kind_of_business_is_a_filter(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    with app.app_context():
        trial.publish(policy="延期")
    begin("R1")
    begin("R2", policy="延期")
    login_as("centre_reviewer")
    assert chips(client.get("/desk/").text, "业务") == {"全部": 2, "退保": 1}
    assert keys(client.get("/desk/?kind=refundtrial").text) == ["R1"]
    assert keys(client.get("/desk/?kind=nothing").text) == []


def test_overdue_tasks_are_counted_and_told(client: FlaskClient, login_as: Callable[..., User], begin: Begin) -> None:
    begin("R1")
    login_as("centre_reviewer")
    assert "已超时" not in chips(client.get("/desk/").text, "时限")
    with later(days=3):
        login_as("centre_reviewer")
        page = client.get("/desk/?due=over").text
        assert keys(page) == ["R1"]
        assert chips(page, "时限") == {"全部": 1, "已超时": 1}
        assert "3 天" in page


def test_search_is_by_the_beginning_of_the_business_number(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    begin("TB20261123")
    begin("TB20261124")
    login_as("centre_reviewer")
    assert keys(client.get("/desk/?q=tb20261124").text) == ["TB20261124"]
    assert keys(client.get("/desk/?q=%25").text) == []
    assert keys(client.get("/desk/?q=湘江").text) == []


def test_two_hundred_cases_stand_on_pages_of_fifty(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    for number in range(120):
        begin(f"R{number:03d}")
    login_as("centre_reviewer")
    first = client.get("/desk/").text
    assert len(keys(first)) == 50
    assert "共 120 条" in first
    last = client.get("/desk/?page=3").text
    assert len(keys(last)) == 20
    assert not set(keys(first)) & set(keys(last))
    assert keys(client.get("/desk/?page=99").text) == keys(last)
    assert len(keys(client.get("/desk/?page=x").text)) == 50


def test_the_rows_are_sent_again_only_when_they_changed(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    begin("R1")
    login_as("centre_reviewer")
    fragment = client.get("/desk/", headers={"X-Fragment": "1"})
    assert keys(fragment.text) == ["R1"]
    assert "<html" not in fragment.text
    tag = {"X-Fragment": "1", "If-None-Match": fragment.headers["ETag"]}
    assert client.get("/desk/", headers=tag).status_code == 304
    begin("R2")
    assert keys(client.get("/desk/", headers=tag).text) == ["R1", "R2"]


def test_no_case_is_loaded_for_the_queue(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    for number in range(30):
        begin(f"R{number}")
    login_as("centre_reviewer")
    client.get("/desk/")
    asked: list[str] = []
    with app.app_context():
        engine = db.engine

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            asked.append(statement)

        db.event.listen(engine, "before_cursor_execute", note)
    try:
        client.get("/desk/")
    finally:
        db.event.remove(engine, "before_cursor_execute", note)
    assert not [one for one in asked if " instance" in one]
    assert len(asked) <= 8, asked
