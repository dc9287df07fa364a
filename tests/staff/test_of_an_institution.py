"""An institution's administrator keeps its own people, and nobody else's (domain.md §1)."""

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Account
from app.accounts.user import User
from app.db import db
from tests.support.people import login_as as sign_in
from tests.support.phones import Phones

PHONE = "13700000088"


@pytest.fixture
def admin(client: FlaskClient, login_as: Callable[..., User], demo: object) -> User:
    return login_as("institution_admin", name="周明远", institution="BANK01")


@pytest.fixture
def reviewer(app: Flask) -> tuple[User, FlaskClient]:
    browser = app.test_client()
    return sign_in(browser, "institution_reviewer", name="郑可心", institution="BANK01"), browser


def test_she_sees_her_own_people_only(app: Flask, client: FlaskClient, admin: User, reviewer: object) -> None:
    sign_in(app.test_client(), "institution_reviewer", sub="ins", name="姜予安", institution="INS01")
    sign_in(app.test_client(), "operator", name="沈知微")
    page = client.get("/work/staff/").text
    assert "郑可心" in page
    assert "姜予安" not in page
    assert "沈知微" not in page


def test_she_invites_reviewers_by_sms(client: FlaskClient, admin: User, phones: Phones) -> None:
    form = client.get("/work/staff/invite").text
    assert re.findall(r'name="roles" value="(\w+)"', form) == ["institution_reviewer", "institution_admin"]
    assert 'name="institution"' not in form
    said = {"name": "段星河", "phone": PHONE, "roles": ["institution_reviewer"], "institution": "INS01"}
    assert client.post("/work/staff/invite", data=said).status_code == 303
    assert "云麓商业银行股份有限公司邀请您担任机构审核员" in phones.texts(PHONE)[0]
    refused = client.post("/work/staff/invite", data={**said, "roles": ["operator"]})
    assert refused.status_code == 422


def test_she_ends_a_reviewer_at_once(client: FlaskClient, admin: User, reviewer: tuple[User, FlaskClient]) -> None:
    user, browser = reviewer
    assert client.post(f"/work/staff/{user.id}/leave").status_code == 303
    assert browser.get("/desk/").status_code == 302


def test_she_may_make_a_reviewer_an_administrator_but_nothing_of_the_centre(
    app: Flask, client: FlaskClient, admin: User, reviewer: tuple[User, FlaskClient]
) -> None:
    user, _ = reviewer
    wanted = {"roles": ["institution_reviewer", "institution_admin"]}
    assert client.post(f"/work/staff/{user.id}", data=wanted).status_code == 303
    assert client.post(f"/work/staff/{user.id}", data={"roles": ["operator"]}).status_code == 422
    with app.app_context():
        assert db.session.get_one(Account, user.id).roles == ["institution_reviewer", "institution_admin"]


def test_she_cannot_end_herself(client: FlaskClient, admin: User) -> None:
    assert client.post(f"/work/staff/{admin.id}/leave").status_code == 403


def test_other_houses_people_and_invitations_are_not_there(
    app: Flask, client: FlaskClient, admin: User, phones: Phones
) -> None:
    operator = app.test_client()
    sign_in(operator, "operator", name="沈知微")
    stranger = sign_in(app.test_client(), "institution_reviewer", sub="ins", institution="INS01")
    said = {"name": "谭书雅", "phone": PHONE, "roles": ["institution_admin"], "institution": "INS01"}
    operator.post("/work/staff/invite", data=said)
    (resend,) = re.findall(r'action="(/work/staff/invitations/\d+/resend)"', operator.get("/work/staff/").text)
    centre = operator.get("/work/staff/?group=centre").text
    (theirs,) = re.findall(r'href="(/work/staff/\d+)"', centre)
    for address in (f"/work/staff/{stranger.id}", theirs):
        assert client.get(address).status_code == 404
        assert client.post(f"{address}/leave").status_code == 404
        assert client.post(address, data={"roles": ["institution_reviewer"]}).status_code == 404
    assert client.post(resend).status_code == 404
    assert "谭书雅" not in client.get("/work/staff/").text
