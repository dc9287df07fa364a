"""Signing in at the platform, and everything that must not count as a sign-in (manual 4.1)."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import OctKey
from werkzeug.test import TestResponse

from app.accounts.models import Account
from app.audit import AuditLine
from app.db import db
from tests.accounts.platform import BIDDER, OPERATOR, Platform, key_of, serving


@pytest.fixture
def platform() -> Iterator[Platform]:
    with serving() as platform:
        yield platform


@pytest.fixture
def app(make_app: Callable[..., Flask], platform: Platform) -> Flask:
    return make_app(OIDC_ISSUER=platform.issuer)


def leave(client: FlaskClient, address: str = "/login") -> dict[str, str]:
    """Ask to sign in; what the browser carries to the platform."""
    answer = client.get(address)
    assert answer.status_code == 302, answer.text
    return dict(parse_qsl(urlsplit(answer.headers["Location"]).query))


def come_back(client: FlaskClient, platform: Platform, query: dict[str, str]) -> TestResponse:
    back = urlsplit(platform.authorize(query))
    return client.get(f"{back.path}?{back.query}")


def sign_in(client: FlaskClient, platform: Platform, address: str = "/login") -> TestResponse:
    return come_back(client, platform, leave(client, address))


def signed_in(client: FlaskClient) -> bool:
    return client.get("/work/profile").status_code == 200


def test_a_bidder_signs_in_and_lands_in_the_work_centre(client: FlaskClient, platform: Platform) -> None:
    answer = sign_in(client, platform)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/work/")
    assert BIDDER["name"] in client.get("/work/profile").text


def test_the_request_carries_state_nonce_and_a_s256_challenge(client: FlaskClient, platform: Platform) -> None:
    query = leave(client)
    assert query["response_type"] == "code"
    assert query["code_challenge_method"] == "S256"
    assert "openid" in query["scope"].split()
    assert query["redirect_uri"] == "http://127.0.0.1:8000/oidc/callback"
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 32
    again = leave(client)
    assert all(query[name] != again[name] for name in ("state", "nonce", "code_challenge"))


def test_one_comes_back_to_the_page_one_wanted(client: FlaskClient, platform: Platform) -> None:
    wanted = client.get("/work/profile?from=mail").headers["Location"]
    assert sign_in(client, platform, wanted).headers["Location"] == "/work/profile?from=mail"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/x",
        "/\\evil.example",
        "javascript:alert(1)",
        "/logout",
        "/%09x",
        "/%0d",
        "",
    ],
)
def test_nobody_is_sent_elsewhere_after_signing_in(client: FlaskClient, platform: Platform, elsewhere: str) -> None:
    query = leave(client, f"/login?next={elsewhere}")
    assert come_back(client, platform, query).headers["Location"] == "/work/"


def test_staff_with_a_second_factor_come_in(client: FlaskClient, platform: Platform) -> None:
    platform.person = dict(OPERATOR)
    assert sign_in(client, platform).status_code == 302
    assert OPERATOR["name"] in client.get("/work/profile").text


@pytest.mark.parametrize("acr", [None, "pwd", "1", ["mfa"]])
def test_staff_without_a_second_factor_are_told_and_sent_for_it(
    client: FlaskClient, platform: Platform, acr: object
) -> None:
    platform.person = {**OPERATOR, "acr": acr}
    answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert "双因素" in answer.text
    assert not signed_in(client)
    again = leave(client, "/login?factor=1")
    assert (again["acr_values"], again["prompt"]) == ("mfa", "login")


def test_a_second_factor_said_by_userinfo_alone_does_not_count(client: FlaskClient, platform: Platform) -> None:
    platform.person = {name: value for name, value in OPERATOR.items() if name != "acr"}
    platform.userinfo_says = lambda claims: {**claims, "acr": "mfa"}
    assert sign_in(client, platform).status_code == 403


@pytest.mark.parametrize(
    ("person", "words"),
    [
        ({**BIDDER, "roles": []}, "没有本系统的角色"),
        ({**BIDDER, "roles": "bidder"}, "没有本系统的角色"),
        ({**BIDDER, "roles": ["root"]}, "没有本系统的角色"),
        ({**BIDDER, "roles": ["bidder", "operator"], "acr": "mfa"}, "不能既是市场主体又是工作人员"),
        ({**BIDDER, "uscc": ""}, "统一社会信用代码"),
        ({**BIDDER, "name": None}, "没有提供您的名称"),
        ({**OPERATOR, "roles": ["institution_reviewer"]}, "没有关联金融机构"),
        ({**OPERATOR, "roles": ["centre_reviewer"], "regions": ["everywhere"]}, "没有关联行政区划"),
    ],
)
def test_whoever_cannot_work_here_is_told_why(
    app: Flask, client: FlaskClient, platform: Platform, person: dict[str, Any], words: str
) -> None:
    platform.person = person
    answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert words in answer.text
    assert not signed_in(client)
    with app.app_context():
        assert db.session.query(Account).count() == 0


LIES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "another nonce": lambda claims: {**claims, "nonce": "x" * 32},
    "no nonce": lambda claims: {name: claims[name] for name in claims if name != "nonce"},
    "another client's": lambda claims: {**claims, "aud": "somebody-else"},
    "two audiences, not for us": lambda claims: {**claims, "aud": ["baohan", "other"], "azp": "other"},
    "another issuer": lambda claims: {**claims, "iss": "https://evil.example"},
    "expired": lambda claims: {**claims, "exp": claims["iat"] - 600},
    "from the future": lambda claims: {**claims, "iat": claims["iat"] + 6000, "nbf": claims["iat"] + 6000},
    "no expiry": lambda claims: {name: claims[name] for name in claims if name != "exp"},
    "a hash of another access token": lambda claims: {**claims, "at_hash": "AAAAAAAAAAAAAAAAAAAAAA"},
}


@pytest.mark.parametrize("lie", LIES)
def test_an_id_token_that_lies_signs_nobody_in(client: FlaskClient, platform: Platform, lie: str) -> None:
    platform.token_says = LIES[lie]
    answer = sign_in(client, platform)
    assert answer.status_code == 400
    assert "登录未能完成" in answer.text
    assert not signed_in(client)


def test_an_id_token_signed_by_somebody_else_signs_nobody_in(client: FlaskClient, platform: Platform) -> None:
    platform.signed_by = key_of("somebody else", "first")
    assert sign_in(client, platform).status_code == 400
    platform.signed_by = OctKey.import_key(platform.secret)
    assert sign_in(client, platform).status_code == 400
    platform.sign = lambda claims: "eyJhbGciOiJub25lIn0.e30."  # type: ignore[method-assign]
    assert sign_in(client, platform).status_code == 400
    assert not signed_in(client)


def test_the_platform_may_change_its_key(client: FlaskClient, platform: Platform) -> None:
    assert sign_in(client, platform).status_code == 302
    platform.new_key("second")
    assert sign_in(client, platform, "/login?again=1").status_code == 302


def test_userinfo_of_somebody_else_signs_nobody_in(client: FlaskClient, platform: Platform) -> None:
    platform.userinfo_says = lambda claims: {**claims, "sub": "entity-02"}
    assert sign_in(client, platform).status_code == 400
    assert not signed_in(client)


def test_a_code_without_its_verifier_is_worth_nothing(client: FlaskClient, platform: Platform) -> None:
    """PKCE: the code was issued for another browser's challenge."""
    mine, stolen = leave(client), leave(client.application.test_client())
    platform.authorize(stolen)
    (code,) = platform.codes
    answer = client.get("/oidc/callback", query_string={"code": code, "state": mine["state"], "iss": platform.issuer})
    assert answer.status_code == 400
    assert not signed_in(client)


def test_an_answer_nobody_asked_for_signs_nobody_in(client: FlaskClient, platform: Platform) -> None:
    """Login CSRF: the state belongs to another browser."""
    theirs = leave(client.application.test_client())
    leave(client)
    answer = come_back(client, platform, theirs)
    assert answer.status_code == 400
    assert "登录请求已过期" in answer.text
    assert not signed_in(client)


def test_an_answer_is_good_once(client: FlaskClient, platform: Platform) -> None:
    query = leave(client)
    assert come_back(client, platform, query).status_code == 302
    assert come_back(client, platform, query).status_code == 400


def test_a_login_left_lying_expires(client: FlaskClient, platform: Platform) -> None:
    with time_machine.travel(datetime.now().astimezone(), tick=False) as clock:
        query = leave(client)
        clock.shift(timedelta(minutes=11))
        assert come_back(client, platform, query).status_code == 400


def test_an_answer_from_another_issuer_is_refused(client: FlaskClient, platform: Platform) -> None:
    for issuer in ("https://evil.example", ""):
        query = leave(client)
        platform.authorize(query)
        code = list(platform.codes)[-1]
        answer = client.get("/oidc/callback", query_string={"code": code, "state": query["state"], "iss": issuer})
        assert answer.status_code == 400


def test_signing_in_from_many_tabs_keeps_the_last_five(client: FlaskClient, platform: Platform) -> None:
    queries = [leave(client) for _ in range(6)]
    assert come_back(client, platform, queries[0]).status_code == 400
    assert come_back(client, platform, queries[5]).status_code == 302


def test_giving_up_at_the_platform_is_said_plainly(client: FlaskClient) -> None:
    state = leave(client)["state"]
    answer = client.get("/oidc/callback", query_string={"error": "access_denied", "state": state})
    assert answer.status_code == 400
    assert "您取消了登录" in answer.text


def test_a_silent_platform_is_said_plainly(client: FlaskClient, platform: Platform) -> None:
    platform.silent = True
    answer = client.get("/login")
    assert answer.status_code == 503
    assert "统一注册平台暂时无法访问" in answer.text
    platform.silent = False
    query = leave(client)
    platform.silent = True
    assert come_back(client, platform, query).status_code == 503


def test_the_description_is_read_once_an_hour(
    client: FlaskClient, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave(client)
    platform.metadata_says = {"authorization_endpoint": "http://127.0.0.1:9/elsewhere"}
    assert client.get("/login").headers["Location"].startswith(platform.issuer)


def test_a_description_of_another_issuer_is_refused(client: FlaskClient, platform: Platform) -> None:
    platform.metadata_says = {"issuer": "https://evil.example"}
    assert client.get("/login").status_code == 500


def test_the_session_is_another_one_after_signing_in(client: FlaskClient, platform: Platform) -> None:
    query = leave(client)
    before: Any = client.get_cookie("session")
    come_back(client, platform, query)
    after: Any = client.get_cookie("session")
    assert before.value != after.value
    client.set_cookie("session", before.value)
    assert not signed_in(client)


def test_signing_out_ends_both_sessions(app: Flask, client: FlaskClient, platform: Platform) -> None:
    sign_in(client, platform)
    answer = client.post("/logout")
    target = urlsplit(answer.headers["Location"])
    query = dict(parse_qsl(target.query))
    assert (answer.status_code, target.path) == (303, "/end_session")
    assert query["post_logout_redirect_uri"] == "http://127.0.0.1:8000/logout"
    assert query["id_token_hint"].count(".") == 2
    assert not signed_in(client)
    assert "已退出登录" in client.get("/logout").text
    with app.app_context():
        assert [line.text for line in db.session.query(AuditLine)] == ["登录", "退出"]


def test_a_name_in_the_id_token_never_stands_in_an_address(client: FlaskClient, platform: Platform) -> None:
    platform.token_says = lambda claims: {**claims, "name": "湘建一川建设集团有限公司"}
    sign_in(client, platform)
    query = dict(parse_qsl(urlsplit(client.post("/logout").headers["Location"]).query))
    assert "id_token_hint" not in query
    assert query["client_id"] == "baohan"


def test_signing_out_works_while_the_platform_is_silent(client: FlaskClient, platform: Platform) -> None:
    sign_in(client, platform)
    platform.silent = True
    assert client.post("/logout").status_code == 303
    assert not signed_in(client)


def test_after_an_idle_session_the_platform_asks_again(client: FlaskClient, platform: Platform) -> None:
    with time_machine.travel(datetime.now().astimezone(), tick=False) as clock:
        sign_in(client, platform)
        assert "prompt" not in leave(client, "/login?again=1")
        clock.shift(timedelta(minutes=31))
        address = client.get("/work/profile").headers["Location"]
        assert leave(client, address)["prompt"] == "login"


def test_what_the_platform_says_is_brought_up_to_date_at_each_login(
    app: Flask, client: FlaskClient, platform: Platform
) -> None:
    sign_in(client, platform)
    platform.person = {**BIDDER, "name": "湘建一川建设股份有限公司", "roles": ["tenderer"]}
    sign_in(client, platform, "/login?again=1")
    page = client.get("/work/profile").text
    assert "湘建一川建设股份有限公司" in page
    with app.app_context():
        assert db.session.query(Account).one().roles == ["tenderer"]


def test_a_locked_account_does_not_come_in(app: Flask, client: FlaskClient, platform: Platform) -> None:
    sign_in(client, platform)
    with app.app_context():
        db.session.query(Account).one().locked = True
        db.session.commit()
    answer = sign_in(client, platform)
    assert answer.status_code == 403
    assert "已停用" in answer.text


def test_registration_is_the_platforms(make_app: Callable[..., Flask], client: FlaskClient, platform: Platform) -> None:
    assert "prompt" not in leave(client, "/register")
    platform.metadata_says = {"prompt_values_supported": ["none", "login", "create"]}
    fresh = make_app(OIDC_ISSUER=platform.issuer).test_client()
    assert leave(fresh, "/register")["prompt"] == "create"
    elsewhere = make_app(OIDC_ISSUER=platform.issuer, OIDC_REGISTER_URL="https://register.example/").test_client()
    assert elsewhere.get("/register").headers["Location"] == "https://register.example/"


def test_sign_ins_that_fail_are_limited_per_address(client: FlaskClient, platform: Platform) -> None:
    codes = [client.get("/oidc/callback?state=x").status_code for _ in range(21)]
    assert codes == [400] * 20 + [429]


def test_sign_ins_that_succeed_are_limited_per_minute_only(client: FlaskClient, platform: Platform) -> None:
    codes = [sign_in(client, platform, "/login?again=1").status_code for _ in range(22)]
    assert codes == [302] * 22
