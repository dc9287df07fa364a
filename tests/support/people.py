"""Signing people in without the login platform: the account's row and the session the callback would have made."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from app.accounts import signin
from app.accounts.claims import HANDLER, Profile
from app.accounts.models import upsert
from app.accounts.roles import ENTITY_ROLES, EVERYWHERE, OF_AN_INSTITUTION, Kind, Role
from app.accounts.user import User
from app.db import transaction

USCC = "91110000MA01L1EW65"
HANDLER_SAYS = dict(zip(HANDLER, ("王小明", "430102199001011238", "13900000001"), strict=True))


def profile(role: str, **who: Any) -> Profile:
    """Somebody who has this role; `who` overrides sub, name, roles, uscc, handler, regions, institution."""
    entity = role in ENTITY_ROLES
    values: dict[str, Any] = {"sub": f"sub-{role}", "name": "湘江建设有限公司" if entity else f"员工-{role}"}
    if entity:
        values.update(uscc=USCC, handler=dict(HANDLER_SAYS))
    else:
        values.update(regions=(EVERYWHERE,), institution="BANK01" if role in OF_AN_INSTITUTION else "")
    values.update(who)
    wanted = values.pop("roles", (role,))
    roles = tuple(known for known in Role if known.value in wanted)
    return Profile(kind=Kind.ENTITY if entity else Kind.STAFF, roles=roles, **values)


def session_of(app: Flask, role: str, **who: Any) -> tuple[User, dict[str, str]]:
    """Sign somebody in; the user, and the cookie that the browser keeps."""
    with app.test_request_context("/"):
        with transaction():
            account = upsert(app.config["OIDC_ISSUER"], profile(role, **who))
        user = signin.begin(account, role)
        response = app.response_class()
        app.session_interface.save_session(app, session, response)
    name, _, value = response.headers["Set-Cookie"].split(";", 1)[0].partition("=")
    return user, {name: value}


def login_as(client: FlaskClient, role: str, **who: Any) -> User:
    """Sign `client` in, e.g. login_as(client, "bidder", uscc=…, name=…); the same `sub` is the same account."""
    user, cookies = session_of(client.application, role, **who)
    for name, value in cookies.items():
        client.set_cookie(name, value)
    return user


@pytest.fixture(name="login_as")
def _login_as(client: FlaskClient) -> Callable[..., User]:
    """login_as("bidder", uscc=…, name=…) signs `client` in; login_as("operator", client=other) another one."""

    def sign_in(role: str, *, client: FlaskClient = client, **who: Any) -> User:
        return login_as(client, role, **who)

    return sign_in
