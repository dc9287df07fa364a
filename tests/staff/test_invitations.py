"""Being invited: an SMS with a link, a page, a sign-in (domain.md §1)."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.accounts.models import Account
from app.db import db, transaction
from app.institutions import Institution
from tests.accounts.platform import BIDDER, Platform, serving
from tests.accounts.test_login import sign_in
from tests.support.people import login_as
from tests.support.phones import Phones
from tests.support.time import later

PHONE = "13700000099"
CONTACT = {"sub": "contact-1", "name": "周明远", "acr": "mfa"}  # a platform that tells neither roles nor phone


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def app(make_app: Callable[..., Flask], platform: Platform) -> Flask:
    app = make_app(OIDC_ISSUER=platform.issuer)
    with app.app_context(), transaction():
        db.session.add(
            Institution(
                code="BANK01", name="云麓商业银行股份有限公司", uscc="X", kind="bank", app_id="BANK01", regions=[]
            )
        )
    return app


@pytest.fixture
def operator(app: Flask) -> FlaskClient:
    browser = app.test_client()
    login_as(browser, "operator", name="沈知微")
    return browser


def invite(operator: FlaskClient, **changed: Any) -> Any:
    said = {"name": "周明远", "phone": PHONE, "roles": ["institution_admin"], "institution": "BANK01", **changed}
    return operator.post("/work/staff/invite", data=said)


def link(phones: Phones) -> str:
    found = re.search(r"http://[^/]+(/invitation\?code=\w+)", phones.texts(PHONE)[-1])
    assert found is not None
    return found[1]


def roles_of(app: Flask, sub: str = "contact-1") -> list[str] | None:
    with app.app_context():
        return next((row.roles for row in db.session.query(Account) if row.sub == sub), None)


def waiting(operator: FlaskClient, act: str) -> str:
    page = operator.get("/work/staff/").text
    (address,) = re.findall(rf'action="(/work/staff/invitations/\d+/{act})"', page)
    return address


def test_the_link_leads_through_signing_in_to_the_role(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones, platform: Platform
) -> None:
    assert invite(operator).status_code == 303
    assert "周明远" in operator.get("/work/staff/").text
    assert "云麓商业银行股份有限公司邀请您担任机构管理员" in phones.texts(PHONE)[-1]
    followed = client.get(link(phones))
    assert followed.headers["Location"] == "/invitation", "the code leaves the address"
    page = client.get("/invitation").text
    assert "云麓商业银行股份有限公司" in page
    assert roles_of(app) is None, "looking accepts nothing"
    platform.person = dict(CONTACT)
    assert sign_in(client, platform).headers["Location"] == "/desk/"
    assert roles_of(app) == ["institution_admin"]
    assert "待接受的邀请" not in operator.get("/work/staff/").text


def test_a_link_is_good_once(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones, platform: Platform
) -> None:
    invite(operator)
    address = link(phones)
    client.get(address)
    platform.person = dict(CONTACT)
    sign_in(client, platform)
    thief = app.test_client()
    thief.get(address)
    gone = thief.get("/invitation")
    assert gone.status_code == 404
    assert "邀请已失效" in gone.text
    platform.person = {**CONTACT, "sub": "thief"}
    assert sign_in(thief, platform).status_code == 403
    assert roles_of(app, "thief") is None


def test_sending_again_makes_the_first_link_void_and_the_second_good(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones
) -> None:
    invite(operator)
    first = link(phones)
    with later(days=8):
        login_as(operator, "operator", name="沈知微")
        assert "已过期" in operator.get("/work/staff/").text
        operator.post(waiting(operator, "resend"))
        second = link(phones)
        assert second != first
        client.get(first)
        assert client.get("/invitation").status_code == 404
        client.get(second)
        assert client.get("/invitation").status_code == 200


def test_a_withdrawn_invitation_is_gone_and_its_sms_is_not_sent(
    client: FlaskClient, operator: FlaskClient, phones: Phones
) -> None:
    invite(operator)
    operator.post(waiting(operator, "withdraw"))
    assert phones.texts(PHONE) == []
    assert "待接受的邀请" not in operator.get("/work/staff/").text


def test_a_repeated_sms_says_the_same(app: Flask, operator: FlaskClient, phones: Phones) -> None:
    """The provider failed at first: the same link comes with the next attempt."""
    phones.status = 503
    invite(operator)
    assert phones.texts(PHONE) == []
    phones.status = 200
    with later(minutes=5):
        assert len(phones.texts(PHONE)) == 1


def test_somebody_signed_in_accepts_by_a_press_of_the_button(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones
) -> None:
    login_as(client, "institution_reviewer", sub="contact-1", name="周明远", institution="BANK01")
    invite(operator)
    client.get(link(phones))
    assert "接受邀请" in client.get("/invitation").text
    assert client.post("/invitation").headers["Location"] == "/desk/"
    assert roles_of(app) == ["institution_reviewer", "institution_admin"]
    assert client.post("/invitation").status_code == 404


def test_an_account_of_another_house_is_told_to_use_another_one(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones
) -> None:
    login_as(client, "institution_reviewer", sub="contact-1", institution="INS01")
    invite(operator)
    client.get(link(phones))
    refused = client.post("/invitation")
    assert refused.status_code == 403
    assert "您的账号已属于另一单位" in refused.text
    assert roles_of(app) == ["institution_reviewer"]


def test_a_market_entity_is_told_to_use_another_account(
    app: Flask, client: FlaskClient, operator: FlaskClient, phones: Phones, platform: Platform
) -> None:
    invite(operator)
    client.get(link(phones))
    platform.person = dict(BIDDER)
    refused = sign_in(client, platform)
    assert refused.status_code == 403
    assert "市场主体的账号不能接受工作人员邀请" in refused.text
    platform.person = dict(CONTACT)
    assert sign_in(client, platform).status_code == 302, "the link was not used up"
    login_as(client, "bidder")
    assert client.post("/invitation").status_code == 403


def test_guessing_codes_is_limited(client: FlaskClient) -> None:
    codes = [client.get(f"/invitation?code={number:032x}").status_code for number in range(21)]
    assert codes[-1] == 429
    assert set(codes[:-1]) == {302}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"name": ""}, "请输入姓名"),
        ({"phone": "12345"}, "请输入11位手机号"),
        ({"roles": []}, "请选择至少一个角色"),
        ({"institution": ""}, "请选择所属机构"),
        ({"institution": "NONE"}, "请选择所属机构"),
        ({"roles": ["institution_admin", "operator"]}, "不能与交易中心的角色兼任"),
        ({"roles": ["centre_reviewer"]}, "请选择交易中心审核员负责的地区"),
        ({"roles": ["institution_reviewer"]}, "请选择至少一个角色"),
    ],
)
def test_a_form_that_invites_nobody_says_where(operator: FlaskClient, changed: dict[str, Any], words: str) -> None:
    answer = invite(operator, **changed)
    assert answer.status_code == 422
    assert words in answer.text
    if changed.get("name") != "":
        assert 'value="周明远"' in answer.text, "what was typed is still there"


def test_the_first_operator_is_invited_from_the_command_line(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    told = app.test_cli_runner().invoke(args=["staff", "invite", "operator", "沈知微", PHONE])
    assert told.exit_code == 0, told.output
    client.get(told.output.strip().removeprefix("http://127.0.0.1:8000"))
    platform.person = dict(CONTACT)
    assert sign_in(client, platform).status_code == 302
    assert roles_of(app) == ["operator"]
    wrong = app.test_cli_runner().invoke(args=["staff", "invite", "operator", "沈知微", "123"])
    assert wrong.exit_code == 1
    assert "请输入11位手机号" in wrong.output
