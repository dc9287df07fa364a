"""The login platform as an OpenID Connect client sees it, and as a person does."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from authlib.common.security import generate_token
from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.jwk import KeySet

from app.sandbox import cast
from tests.sandbox.conftest import Sandbox


class Browser:
    """A person at the login page, and the client behind it."""

    def __init__(self, outside: Sandbox) -> None:
        self.config = outside.config["oidc"]
        self.metadata = requests.get(f"{self.config['issuer']}/.well-known/openid-configuration", timeout=5).json()
        self.callback = f"{outside.platform.url}/oidc/callback"
        self.http = requests.Session()
        self.client = OAuth2Session(
            self.config["client_id"],
            self.config["client_secret"],
            scope="openid profile phone baohan",
            redirect_uri=self.callback,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",
        )
        self.verifier, self.nonce = generate_token(48), generate_token(20)

    def ask(self, **changed: Any) -> requests.Response:
        asked = {"code_verifier": self.verifier, "nonce": self.nonce} | changed
        url, _ = self.client.create_authorization_url(self.metadata["authorization_endpoint"], **asked)
        return self.http.get(url, allow_redirects=False, timeout=5)

    def pick(self, page: requests.Response, sub: str, **more: str) -> dict[str, str]:
        """Choose an account; the query of the address one is sent to."""
        action = re.search(r'action="(/login/[^"]+)"', page.text)
        assert action, page.text
        answer = self.http.post(
            self.config["issuer"] + action[1], data={"sub": sub, **more}, allow_redirects=False, timeout=5
        )
        return query(answer)

    def redeem(self, code: str, **changed: Any) -> dict[str, Any]:
        asked = {"code": code, "code_verifier": self.verifier} | changed
        return self.client.fetch_token(self.metadata["token_endpoint"], **asked)

    def sign_in(self, sub: str, **more: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """(ID token's claims, userinfo)"""
        token = self.redeem(self.pick(self.ask(), sub, **more)["code"])
        keys = KeySet.import_key_set(requests.get(self.metadata["jwks_uri"], timeout=5).json())
        decoded = jwt.decode(token["id_token"], keys, algorithms=["RS256"])
        info = self.client.get(self.metadata["userinfo_endpoint"], timeout=5).json()
        return decoded.claims, info


def query(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 303, answer.text
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}


@pytest.fixture
def visitor(outside: Sandbox) -> Browser:
    return Browser(outside)


def test_a_bidder_signs_in_with_one_click(visitor):
    claims, info = visitor.sign_in("entity-01")
    assert (claims["sub"], claims["iss"], claims["aud"]) == ("entity-01", visitor.config["issuer"], "baohan")
    assert (claims["nonce"], claims["acr"]) == (visitor.nonce, "pwd")
    expected = cast.ENTITIES[0]
    assert info == {
        "sub": "entity-01",
        "kind": "entity",
        "name": expected["name"],
        "uscc": expected["uscc"],
        "roles": ["bidder"],
        "handler": expected["handler"],
        "phone_number": expected["handler"]["phone"],
    }


def test_the_id_token_carries_nothing_personal(visitor):
    claims, _ = visitor.sign_in("entity-02")
    assert set(claims) <= {"iss", "sub", "aud", "iat", "exp", "auth_time", "acr", "amr", "at_hash", "sid", "nonce"}


def test_staff_sign_in_with_a_second_factor(visitor):
    claims, info = visitor.sign_in("review-bank01")
    assert (claims["acr"], info["kind"], info["institution"]) == ("mfa", "staff", "BANK01")
    assert info["roles"] == ["institution_reviewer"]


def test_staff_may_leave_the_second_factor_out_to_see_it_refused(visitor):
    claims, _ = visitor.sign_in("operator-1", weak="yes")
    assert claims["acr"] == "pwd"


def test_every_role_has_somebody_to_play_it():
    roles = {role for person in (*cast.ENTITIES, *cast.STAFF) for role in person["roles"]}
    assert roles == {
        "bidder", "tenderer", "tender_agent", "centre_reviewer", "institution_reviewer", "institution_admin",
        "operator", "publisher", "auditor",
    }  # fmt: skip
    institutions = {person["institution"] for person in cast.STAFF if "institution_reviewer" in person["roles"]}
    assert institutions == {one["code"] for one in cast.INSTITUTIONS}


def test_a_code_is_good_once(visitor):
    code = visitor.pick(visitor.ask(), "entity-01")["code"]
    visitor.redeem(code)
    with pytest.raises(OAuthError, match="invalid_grant"):
        visitor.redeem(code)


def test_a_code_is_worth_nothing_without_its_verifier(visitor):
    code = visitor.pick(visitor.ask(), "entity-01")["code"]
    with pytest.raises(OAuthError, match="invalid_grant"):
        visitor.redeem(code, code_verifier=generate_token(48))


def test_a_client_with_a_wrong_secret_gets_nothing(visitor):
    code = visitor.pick(visitor.ask(), "entity-01")["code"]
    visitor.client.client_secret = "guess"
    with pytest.raises(OAuthError, match="invalid_client"):
        visitor.redeem(code)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"scope": "profile"}, "invalid_scope"),
        ({"code_verifier": None}, "invalid_request"),
    ],
)
def test_a_bad_request_is_told_to_the_client(visitor, changed, error):
    answer = query(visitor.ask(**changed))
    assert (answer["error"], answer["iss"]) == (error, visitor.config["issuer"])
    assert answer["state"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/oidc/callback", "https://evil.example/", ""])
def test_nobody_is_sent_to_an_address_that_is_not_registered(visitor, address):
    visitor.client.redirect_uri = address
    answer = visitor.ask()
    assert (answer.status_code, "Location" in answer.headers) == (400, False)


def test_without_prompt_a_known_browser_comes_straight_back(visitor):
    assert query(visitor.ask(prompt="none"))["error"] == "login_required"
    visitor.sign_in("entity-03")
    assert visitor.redeem(query(visitor.ask(prompt="none"))["code"])["id_token"]


def test_giving_up_is_told_to_the_client(visitor):
    assert visitor.pick(visitor.ask(), "")["error"] == "access_denied"


def test_a_login_page_is_used_once(visitor):
    page = visitor.ask()
    visitor.pick(page, "entity-01")
    with pytest.raises(AssertionError, match="登录已过期"):
        visitor.pick(page, "entity-02")


def test_signing_out_leads_home_and_nowhere_else(visitor, outside):
    visitor.sign_in("entity-01")
    end = visitor.metadata["end_session_endpoint"]
    asked = {"client_id": "baohan", "post_logout_redirect_uri": f"{outside.platform.url}/"}
    answer = visitor.http.get(end, params=asked, allow_redirects=False, timeout=5)
    assert answer.headers["Location"] == f"{outside.platform.url}/"
    assert query(visitor.ask(prompt="none"))["error"] == "login_required"
    for elsewhere in ("https://evil.example/", outside.platform.url + ".evil.example/"):
        asked["post_logout_redirect_uri"] = elsewhere
        answer = visitor.http.get(end, params=asked, allow_redirects=False, timeout=5)
        assert (answer.status_code, "已退出" in answer.text) == (200, True)


def test_userinfo_needs_its_token(visitor):
    answer = requests.get(visitor.metadata["userinfo_endpoint"], headers={"Authorization": "Bearer x"}, timeout=5)
    assert answer.status_code == 401


def test_a_company_registers_and_signs_in(visitor):
    form = {
        "name": "怀化舞水建筑有限公司",
        "uscc": cast.credit_code("431200", "MA9HHW01"),
        "roles": "bidder",
        "handler": "向晚",
        "id_no": cast.identity_no(77),
        "phone": "13900000077",
    }
    register = f"{visitor.config['issuer']}/register"
    assert "注册成功" in requests.post(register, data=form, timeout=5).text
    again = requests.post(register, data=form, timeout=5)
    assert (again.status_code, "已注册" in again.text) == (422, True)
    page = visitor.ask()
    sub = re.search(r'value="(entity-[^"]+-\w+)"[^>]*>\s*<strong>怀化舞水', page.text)
    assert sub
    info = (
        visitor.redeem(visitor.pick(page, sub[1])["code"])
        and visitor.client.get(visitor.metadata["userinfo_endpoint"], timeout=5).json()
    )
    assert (info["uscc"], info["handler"]["name"]) == (form["uscc"], "向晚")


def test_what_is_wrong_in_a_registration_is_said_at_its_field(visitor):
    page = requests.post(f"{visitor.config['issuer']}/register", data={"uscc": "123"}, timeout=5)
    assert page.status_code == 422
    for text in ("请输入单位名称", "请输入有效的18位统一社会信用代码", "请选择至少一个角色", "请输入11位手机号"):
        assert text in page.text


def test_a_staff_member_registers_with_a_phone_and_no_role(visitor):
    register = f"{visitor.config['issuer']}/register/staff"
    form = {"name": "任远舟", "phone": "13700000077"}
    assert "注册成功" in requests.post(register, data=form, timeout=5).text
    again = requests.post(register, data=form, timeout=5)
    assert (again.status_code, "该手机号已注册" in again.text) == (422, True)
    wrong = requests.post(register, data={"phone": "12"}, timeout=5)
    assert (wrong.status_code, "请输入姓名" in wrong.text, "请输入11位手机号" in wrong.text) == (422, True, True)
    sub = re.search(r'value="(staff-[^"]+)"[^>]*>\s*<strong>任远舟', visitor.ask().text)
    assert sub
    token = visitor.redeem(visitor.pick(visitor.ask(), sub[1])["code"])
    info = visitor.client.get(visitor.metadata["userinfo_endpoint"], timeout=5).json()
    assert token["id_token"]
    assert (info["phone_number"], info["roles"]) == ("13700000077", [])
