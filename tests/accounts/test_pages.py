"""Choosing a role, reading one's own data, and forms that another site can't send (manual 4.2, 4.3)."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.rules import RULES
from app.accounts.user import User
from app.audit import AuditLine
from app.db import db
from tests.support.time import later


def trail(app: Flask) -> list[tuple[str, str]]:
    with app.app_context():
        return [(line.text, line.actor) for line in db.session.query(AuditLine).order_by(AuditLine.id)]


def test_a_role_is_chosen_and_confirmed(app: Flask, client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("bidder", roles=("bidder", "tenderer", "tender_agent"))
    page = client.get("/role?next=/work/profile").text
    assert re.findall(r'name="role" value="(\w+)"', page)[-3:] == ["bidder", "tenderer", "tender_agent"]
    answer = client.post("/role", data={"role": "tenderer", "next": "/work/profile"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/work/profile")
    assert "角色切换成功" in client.get("/work/profile").text
    assert trail(app) == [("切换角色：投标人→招标人", "entity")]


def test_a_role_one_does_not_have_is_refused(app: Flask, client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("bidder", roles=("bidder", "tenderer"))
    for wanted in ("tender_agent", "operator", "", "bidder' or"):
        answer = client.post("/role", data={"role": wanted})
        assert answer.status_code == 422
        assert "请选择您拥有的角色" in answer.text
    assert trail(app) == []


def test_switching_gives_the_session_a_new_id(client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("bidder", roles=("bidder", "tenderer"))
    before: Any = client.get_cookie("session")
    client.post("/role", data={"role": "tenderer"})
    after: Any = client.get_cookie("session")
    assert before.value != after.value


def test_whoever_holds_the_needed_role_is_offered_it(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.people import login_as

    app = make_app(USCC_CHECK="warn")
    monkeypatch.setitem(RULES, "claims", "tenderer")
    app.add_url_rule("/claims", "claims", lambda: "claims")
    client = app.test_client()
    login_as(client, "bidder", roles=("bidder", "tenderer"))
    refused = client.get("/claims?page=2")
    assert refused.status_code == 403
    assert "切换为招标人" in refused.text
    assert 'value="/claims?page=2"' in refused.text
    client.post("/role", data={"role": "tenderer", "next": "/claims?page=2"})
    assert client.get("/claims?page=2").text == "claims"


def test_the_handler_is_masked_until_asked_for_and_the_showing_is_logged(
    app: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    login_as("bidder")
    page = client.get("/work/profile").text
    assert "湘江建设有限公司" in page
    assert "投标人" in page
    for secret in ("13900000001", "430102199001011238", "王小明"):
        assert secret not in page
    shown = client.post("/work/profile/handler/phone")
    assert "13900000001" in shown.text
    assert "430102199001011238" not in shown.text
    assert shown.headers["Cache-Control"] == "no-store, private"
    assert "13900000001" not in client.get("/work/profile").text
    assert trail(app) == [("查看经办人信息：手机号", "entity")]


def test_a_script_gets_the_one_value(client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("bidder")
    answer = client.post("/work/profile/handler/id_no", headers={"Accept": "application/json"})
    assert answer.json == {"value": "430102199001011238"}
    assert client.post("/work/profile/handler/uscc").status_code == 404


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(
    client: FlaskClient, login_as: Callable[..., User]
) -> None:
    login_as("bidder", roles=("bidder", "tenderer"))
    came_from = {"Referer": "http://localhost/role?next=/work/profile"}
    with later(minutes=31):
        answer = client.post("/role", data={"role": "tenderer"}, headers=came_from)
    assert answer.status_code == 401
    assert "刚才的内容没有提交" in answer.text
    assert 'href="/login?next=/role?next%3D/work/profile"' in answer.text
    elsewhere = client.post("/role", headers={"Referer": "https://evil.example/role"})
    assert elsewhere.status_code == 401
    assert "evil" not in elsewhere.text


def test_staff_see_their_regions_and_institution(client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("centre_reviewer", regions=("430100", "430600"))
    page = client.get("/work/profile").text
    assert "长沙、岳阳" in page
    login_as("institution_reviewer", institution="INS01")
    assert "INS01" in client.get("/work/profile").text


def test_a_form_from_another_site_does_nothing(make_app: Callable[..., Flask]) -> None:
    from tests.support.people import login_as

    app = make_app(WTF_CSRF_ENABLED=True)
    client = app.test_client()
    login_as(client, "bidder", roles=("bidder", "tenderer"))
    assert client.post("/role", data={"role": "tenderer"}).status_code == 400
    assert client.post("/work/profile/handler/phone").status_code == 400
    assert client.post("/logout").status_code == 400
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/role").text)
    assert token is not None
    sent = {"role": "tenderer", "csrf_token": token[1]}
    assert client.post("/role", data=sent).status_code == 303
    stranger = app.test_client()
    login_as(stranger, "tenderer", sub="stranger", roles=("bidder", "tenderer"))
    assert stranger.post("/role", data=sent).status_code == 400, "a token is good in its own session only"
