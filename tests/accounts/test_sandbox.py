"""Signing in at the sandbox's login platform, a process of its own, over real HTTP and in a real browser."""

import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import Page, expect
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from app.accounts import invitations
from app.accounts.roles import Role
from app.audit import SYSTEM
from app.db import transaction
from app.processes import Process
from app.sandbox import demo
from tests.support.ports import free_ports
from tests.support.time import later
from tests.support.waiting import until


@pytest.fixture
def ports() -> dict[str, int]:
    return dict(zip(("login", "web"), free_ports(2), strict=True))


@pytest.fixture
def app(make_app: Callable[..., Flask], start: Callable[..., Process], ports: dict[str, int], tmp_path: Path) -> Flask:
    """The application beside a running login platform that knows it."""
    home = f"http://127.0.0.1:{ports['web']}"
    start("app.sandbox", "login", "--dir", tmp_path, PUBLIC_URL=home, SANDBOX_LOGIN_PORT=ports["login"])
    until(lambda: _alive(f"http://127.0.0.1:{ports['login']}/livez"), what="the login platform is up")
    oidc = demo.load(tmp_path)["oidc"]
    (tmp_path / "secret").write_text(oidc["client_secret"])
    return make_app(
        PUBLIC_URL=home,
        OIDC_ISSUER=oidc["issuer"],
        OIDC_CLIENT_ID=oidc["client_id"],
        OIDC_CLIENT_SECRET_FILE=str(tmp_path / "secret"),
        OIDC_REGISTER_URL=oidc["register_url"],
        WTF_CSRF_ENABLED=True,
    )


def _alive(address: str) -> bool:
    try:
        return requests.get(address, timeout=1).ok
    except requests.RequestException:
        return False


def leave(client: FlaskClient) -> str:
    return client.get("/login").headers["Location"]


def pick(address: str, sub: str, **more: str) -> str:
    """Choose an account at the platform; where it sends the browser."""
    page = requests.get(address, timeout=5)
    action = re.search(r'action="(/login/[^"]+)"', page.text)
    assert action is not None, page.text
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(address))
    answer = requests.post(f"{origin}{action[1]}", data={"sub": sub, **more}, allow_redirects=False, timeout=5)
    return answer.headers["Location"]


def come_back(client: FlaskClient, address: str) -> TestResponse:
    parts = urlsplit(address)
    return client.get(f"{parts.path}?{parts.query}")


def signed_in(client: FlaskClient) -> bool:
    return client.get("/work/profile").status_code == 200


def test_everybody_of_the_demo_who_may_comes_in(client: FlaskClient) -> None:
    assert come_back(client, pick(leave(client), "entity-01")).headers["Location"] == "/work/"
    assert "湘建一川建设集团有限公司" in client.get("/work/profile").text
    reviewer = client.application.test_client()
    assert come_back(reviewer, pick(leave(reviewer), "review-ins01")).headers["Location"] == "/desk/"
    assert "INS01" in reviewer.get("/work/profile").text
    weak = client.application.test_client()
    refused = come_back(weak, pick(leave(weak), "operator-1", weak="yes"))
    assert refused.status_code == 403
    assert "双因素" in refused.text


def test_a_stolen_code_does_not_fit_another_browsers_verifier(client: FlaskClient) -> None:
    thief = client.application.test_client()
    mine = pick(leave(client), "entity-01")
    theirs = pick(leave(thief), "entity-02")
    state = re.search(r"state=([^&]+)", theirs)
    assert state is not None
    assert come_back(thief, re.sub(r"state=[^&]+", f"state={state[1]}", mine)).status_code == 400
    assert not signed_in(thief)


def test_a_nonce_changed_on_the_way_signs_nobody_in(client: FlaskClient) -> None:
    address = re.sub(r"nonce=[^&]+", "nonce=another", leave(client))
    assert come_back(client, pick(address, "entity-01")).status_code == 400
    assert not signed_in(client)


def test_a_state_that_waited_too_long_signs_nobody_in(client: FlaskClient) -> None:
    address = pick(leave(client), "entity-01")
    with later(minutes=11):
        answer = come_back(client, address)
    assert answer.status_code == 400
    assert "登录请求已过期" in answer.text
    assert not signed_in(client)


@pytest.fixture
def site(app: Flask, ports: dict[str, int]) -> Iterator[str]:
    server = make_server("127.0.0.1", ports["web"], app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{ports['web']}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.browser
def test_a_bidder_signs_in_looks_and_signs_out(page: Page, site: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{site}/work/profile")
    page.get_by_role("button", name="湘建一川建设集团有限公司").click()
    expect(page).to_have_url(f"{site}/work/profile")
    expect(page.get_by_role("banner")).to_contain_text("湘建一川建设集团有限公司")
    page.get_by_role("button", name="退出").first.click()
    expect(page.get_by_role("heading", name="已退出登录")).to_be_visible()
    page.goto(f"{site}/work/profile")
    expect(page.get_by_role("button", name="湘建一川建设集团有限公司")).to_be_visible()
    assert [words for words in said if "Security Policy" in words] == []


@pytest.mark.browser
def test_registration_is_at_the_platform(page: Page, site: str, ports: dict[str, int]) -> None:
    page.goto(f"{site}/")
    page.get_by_role("link", name="注册").first.click()
    expect(page).to_have_url(f"http://127.0.0.1:{ports['login']}/register")


def test_giving_up_at_the_platform_is_no_error(client: FlaskClient) -> None:
    answer: Any = come_back(client, pick(leave(client), ""))
    assert answer.status_code == 400
    assert "您取消了登录" in answer.text


def test_whoever_is_invited_registers_there_and_is_in(client: FlaskClient, ports: dict[str, int]) -> None:
    with client.application.app_context(), transaction():
        invitations.invite(
            role=Role.INSTITUTION_ADMIN, name="任远舟", phone="13700000077", institution="BANK02", by=SYSTEM
        )
    register = f"http://127.0.0.1:{ports['login']}/register/staff"
    requests.post(register, data={"name": "任远舟", "phone": "13700000077"}, timeout=5)
    page = requests.get(leave(client), timeout=5).text
    sub = re.search(r'value="(staff-[^"]+)"[^>]*>\s*<strong>任远舟', page)
    assert sub is not None
    assert come_back(client, pick(leave(client), sub[1])).headers["Location"] == "/desk/"
    assert "机构管理员" in client.get("/work/profile").text
