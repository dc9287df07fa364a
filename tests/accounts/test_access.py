"""Rules: what they mean, and that nothing is open by accident."""

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts import access
from app.accounts.roles import Role
from app.accounts.rules import RULES
from app.accounts.user import User
from app.errors import Misconfigured


@pytest.mark.parametrize(
    "text",
    ["a & b | c", "a | b & c", "!(a | b) & c", "!a & !b | !c", "!!a & (b | !(c & a))", " a|b|c ", "!(!a)"],
)
def test_a_rule_means_what_logic_says(text: str) -> None:
    python = text.replace("&", " and ").replace("|", " or ").replace("!", " not ").strip()
    for a, b, c in product([False, True], repeat=3):
        values = {"a": a, "b": b, "c": c}
        expected = eval(python, {"__builtins__": {}}, values)
        assert access.parse(text).holds(lambda name, _, values=values: values[name]) is bool(expected)


@pytest.mark.parametrize("text", ["", "a &", "& a", "a b", "(a", "a)", "a ! b", "a && b", "a; b", "a.b", "A", "!"])
def test_a_rule_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Misconfigured):
        access.parse(text)


def test_a_rule_with_an_unknown_word_stops_the_start(
    make_app: Callable[..., Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RULES, "orders.detail", "bider | !own_oder")
    with pytest.raises(Misconfigured, match=r"orders.detail .*bider、own_oder"):
        make_app(USCC_CHECK="warn")


def test_every_route_has_a_rule_and_every_rule_a_route(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert sorted(endpoints - set(RULES)) == [], "routes nobody may enter: add them to app/accounts/rules.py"
    assert sorted(set(RULES) - endpoints) == [], "rules without a route"
    access.check()


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """An application of the test's own, to add routes to."""
    return make_app(USCC_CHECK="warn")


def test_a_route_without_a_rule_is_closed_to_everybody(
    app: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    app.add_url_rule("/forgotten", "forgotten", lambda: "open")
    assert client.get("/forgotten").status_code == 403
    for role in Role:
        login_as(role.value)
        assert client.get("/forgotten").status_code == 403


@pytest.fixture
def own_thing(monkeypatch: pytest.MonkeyPatch, app: Flask) -> Flask:
    """A route of one bidder's, with a predicate."""
    monkeypatch.setattr(access, "_predicates", dict(access._predicates))
    monkeypatch.setitem(RULES, "thing", "bidder & own_thing | auditor")
    monkeypatch.setitem(RULES, "draft", "publisher & !own_draft")
    access.predicate("own_thing")(lambda user, no: no == "1")
    access.predicate("own_draft", otherwise="不能审批自己起草的内容")(lambda user, no: no == "1")
    app.add_url_rule("/things/<no>", "thing", lambda no: f"thing {no}")
    app.add_url_rule("/drafts/<no>", "draft", lambda no: f"draft {no}")
    return app


def test_somebody_elses_thing_is_not_there(
    own_thing: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    login_as("bidder")
    assert client.get("/things/1").status_code == 200
    assert client.get("/things/2").status_code == 404
    login_as("auditor")
    assert client.get("/things/2").status_code == 200
    login_as("tenderer")
    assert client.get("/things/1").status_code == 403


def test_a_predicate_may_refuse_in_words_of_its_own(
    own_thing: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    login_as("publisher")
    assert client.get("/drafts/2").status_code == 200
    answer: Any = client.get("/drafts/1", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["message"]) == (403, "不能审批自己起草的内容")


def test_the_wrong_role_is_told_which_one_is_needed(
    own_thing: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    login_as("tenderer", roles=("tenderer", "bidder"))
    answer: Any = client.get("/things/1", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert "投标人" in answer.json["message"]
    assert "审计监管" in answer.json["message"]


def test_a_visitor_is_sent_to_sign_in_and_comes_back_to_the_page(own_thing: Flask, client: FlaskClient) -> None:
    answer = client.get("/things/1?tab=files")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/things/1?tab%3Dfiles"


def test_a_visitors_program_is_told_to_sign_in(own_thing: Flask, client: FlaskClient) -> None:
    answer: Any = client.get("/things/1", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["code"]) == (401, "sign_in_first")
