"""Every route, asked as a visitor and in every role, lets in exactly those the matrix names."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from app.accounts.access import WrongRole
from tests.accounts.matrix import LETTERS, MATRIX
from tests.support.people import login_as

CLOSED = ("sign in", "wrong role", "no rule")


@pytest.fixture
def app(make_app: Callable[..., Flask]) -> Flask:
    """With CSRF on, so that nothing posted here does anything."""
    return make_app(WTF_CSRF_ENABLED=True)


def test_every_route_stands_in_the_matrix(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert sorted(endpoints ^ set(MATRIX)) == [], "say in tests/accounts/matrix.py whom these routes are for"


def test_every_route_lets_in_exactly_whom_the_matrix_names(app: Flask) -> None:
    found: dict[str, str] = {}
    visitor = app.test_client()
    people = {letter: app.test_client() for letter in LETTERS}
    for letter, client in people.items():
        login_as(client, LETTERS[letter])
    for rule in app.url_map.iter_rules():
        entered = "".join(letter for letter, client in people.items() if _enters(app, client, rule))
        found[rule.endpoint] = ("v" if _enters(app, visitor, rule) else "") + entered
    expected = {endpoint: "".join(sorted(letters)) for endpoint, letters in MATRIX.items()}
    assert {endpoint: "".join(sorted(letters)) for endpoint, letters in found.items()} == expected


def _enters(app: Flask, client: FlaskClient, rule: Rule) -> bool:
    """Whether the request passed the gate: neither sent to sign in nor told that its role is wrong."""
    address = rule.build({name: _value(rule, name) for name in rule.arguments}, append_unknown=False)
    assert address is not None
    method = next(method for method in ("GET", "POST", "PUT", "PATCH", "DELETE") if method in (rule.methods or ()))
    seen: list[Any] = []
    app.view_functions = {**app.view_functions}
    original = app.view_functions[rule.endpoint]
    app.view_functions[rule.endpoint] = lambda **_: seen.append(rule.endpoint) or ""
    try:
        answer = client.open(address[1], method=method, headers={"Accept": "application/json"})
    finally:
        app.view_functions[rule.endpoint] = original
    if seen or answer.status_code in (400, 404, 405):
        return True  # 400: the CSRF token stands behind the gate; 404: the predicate knows no such thing
    assert answer.status_code in (401, 403), f"{rule.endpoint}: {answer.status}"
    return False


def _value(rule: Rule, name: str) -> Any:
    return 1 if type(rule._converters[name]).__name__ == "IntegerConverter" else "X"


def test_the_wrong_role_is_an_error_of_its_own(app: Flask) -> None:
    assert WrongRole.status == 403
