"""Sessions: what they hold, when they end, and that nobody can plant or revive one."""

import pickle
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask, session
from flask.testing import FlaskClient

from app.accounts.models import Account
from app.accounts.rules import RULES
from app.accounts.user import User, current_user
from app.db import db, transaction

START = datetime.fromisoformat("2026-11-23T09:00:00+08:00")


@pytest.fixture
def app(make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch) -> Flask:
    """An application with two pages of the test's own."""
    app = make_app(USCC_CHECK="warn")
    monkeypatch.setitem(RULES, "whoami", "signed_in")
    app.add_url_rule("/whoami", "whoami", lambda: current_user().role.value)
    return app


def seen(client: FlaskClient, **headers: str) -> int:
    return client.get("/whoami", headers=headers).status_code


def test_somebody_signed_in_is_known_by_role(client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("tenderer")
    assert client.get("/whoami").text == "tenderer"


def test_redis_holds_no_name_no_code_and_no_cookie(
    client: FlaskClient, login_as: Callable[..., User], valkey: Any
) -> None:
    login_as("bidder", name="湘江建设有限公司")
    client.get("/whoami")
    cookie: Any = client.get_cookie("session")
    dump = b"".join(key + b"=" + (valkey.get(key) or b"") for key in valkey.keys("session:*"))
    assert dump.startswith(b"session:")
    for secret in ("湘江", "91110000MA01L1EW65", "sub-bidder", "王小明", cookie.value):
        assert secret.encode() not in dump


def test_the_accounts_row_tells_nobody(app: Flask, login_as: Callable[..., User]) -> None:
    login_as("bidder")
    with app.app_context():
        row = db.session.execute(db.text("SELECT * FROM account")).mappings().one()
        dump = repr(dict(row)).encode() + b"".join(v for v in row.values() if isinstance(v, bytes))
    for secret in ("湘江", "91110000MA01L1EW65", "sub-bidder", "王小明", "13900000001"):
        assert secret.encode() not in dump


def test_two_people_of_one_company_are_one_entity(login_as: Callable[..., User]) -> None:
    one, other = login_as("bidder", sub="a"), login_as("tenderer", sub="b")
    stranger = login_as("bidder", sub="c", uscc="91430100MA8XJY017C")
    assert one.id != other.id
    assert one.entity_id == other.entity_id != stranger.entity_id


def test_the_audit_trail_names_staff_and_seals_entities(login_as: Callable[..., User]) -> None:
    assert login_as("bidder").actor[:3] == ("sub-bidder", "投标人", True)
    assert login_as("operator", name="沈知微").actor[:3] == ("sub-operator", "沈知微", False)


def test_an_idle_session_ends_and_activity_keeps_it(client: FlaskClient, login_as: Callable[..., User]) -> None:
    with time_machine.travel(START, tick=False) as clock:
        login_as("bidder")
        for _ in range(4):
            clock.shift(timedelta(minutes=29))
            assert seen(client) == 200
        clock.shift(timedelta(minutes=31))
        assert seen(client) == 302
        clock.shift(timedelta(minutes=-30))
        assert seen(client) == 302, "an ended session stays ended"


def test_polling_is_no_activity(client: FlaskClient, login_as: Callable[..., User]) -> None:
    with time_machine.travel(START, tick=False) as clock:
        login_as("bidder")
        for _ in range(2):
            clock.shift(timedelta(minutes=14))
            assert seen(client, **{"X-Fragment": "1"}) == 200
        clock.shift(timedelta(minutes=5))
        assert seen(client, **{"X-Fragment": "1"}) == 401


def test_no_session_outlives_a_working_day(client: FlaskClient, login_as: Callable[..., User]) -> None:
    with time_machine.travel(START, tick=False) as clock:
        login_as("bidder")
        for _ in range(36):
            clock.shift(timedelta(minutes=20))
            assert seen(client) == 200
        clock.shift(timedelta(minutes=1))
        assert seen(client) == 302


def test_a_locked_account_is_out_at_once(app: Flask, client: FlaskClient, login_as: Callable[..., User]) -> None:
    user = login_as("operator")
    assert seen(client) == 200
    with app.app_context(), transaction():
        db.session.get_one(Account, user.id).locked = True
    assert seen(client) == 302


def test_a_role_taken_away_is_gone_at_the_next_request(
    app: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    user = login_as("tenderer", roles=("bidder", "tenderer"))
    with app.app_context(), transaction():
        db.session.get_one(Account, user.id).roles = ["bidder"]
    assert client.get("/whoami").text == "bidder"


def test_a_planted_session_id_is_not_taken_over(client: FlaskClient, login_as: Callable[..., User]) -> None:
    client.set_cookie("session", "planted-by-somebody-else")
    login_as("bidder")
    cookie: Any = client.get_cookie("session")
    assert cookie.value != "planted-by-somebody-else"
    client.set_cookie("session", "planted-by-somebody-else")
    assert seen(client) == 302


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (pytest.fail, ("a pickle was loaded",))


def test_a_pickle_in_redis_is_never_loaded(client: FlaskClient, login_as: Callable[..., User], valkey: Any) -> None:
    login_as("bidder")
    (key,) = valkey.keys("session:*")
    valkey.set(key, pickle.dumps(Bomb()))
    assert seen(client) == 302


def test_signing_out_is_not_undone_by_a_request_on_its_way(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow request read the session, the other one ended it, then the slow one writes."""
    monkeypatch.setitem(RULES, "slow", "signed_in")
    cookie_of: list[str] = []

    def slow() -> str:
        other = app.test_client()
        other.set_cookie("session", cookie_of[0])
        assert other.post("/logout").status_code == 303
        session["draft"] = 1
        return "done"

    app.add_url_rule("/slow", "slow", slow)
    login_as("bidder")
    cookie: Any = client.get_cookie("session")
    cookie_of.append(cookie.value)
    assert client.get("/slow").text == "done"
    assert seen(client) == 302


def test_without_redis_people_are_told_and_machines_are_served(make_app: Callable[..., Flask]) -> None:
    app = make_app(REDIS_URL="redis://127.0.0.1:1/0")
    client = app.test_client()
    client.set_cookie("session", "something")
    answer: Any = client.get("/work/profile", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (503, "unavailable")
    assert client.get("/openapi/v1/nothing").status_code == 404


def test_the_cookie_is_kept_from_scripts_and_other_sites(make_app: Callable[..., Flask]) -> None:
    app = make_app(PUBLIC_URL="https://baohan.example")
    with app.test_request_context("/", base_url="https://baohan.example"):
        session["region"] = "430100"
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))
    assert "Expires" not in cookie
    assert "Domain" not in cookie
