"""本机构: invited when it goes online, its administrator keeps contact, logo and keys (domain.md §1)."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.acceptance import Run
from app.accounts.invitations import Invitation
from app.accounts.user import User
from app.audit import AuditLine
from app.db import db
from app.institutions import keys
from app.institutions.keys import ApiKey
from app.runtime.models import Incident, Instance
from tests.institutions.stage import NAME, PHONE, USCC, Stage
from tests.support import papers
from tests.support.people import login_as
from tests.support.phones import Phones
from tests.support.time import later
from tests.support.work import work

OWN = "13700000030"
PUBLIC = (  # of the standard's example key pair
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)


def test_going_online_invites_the_contact_as_administrator(stage: Stage) -> None:
    stage.admitted()
    stage.submit()
    assert stage.rows(select(Invitation)) == []
    stage.decide("pass")
    (row,) = stage.rows(select(Invitation))
    assert (row.roles, row.institution, row.name) == (["institution_admin"], stage.row().code, "何静秋")
    assert any(f"{NAME}邀请您担任机构管理员" in text for text in stage.phones.texts(PHONE))
    stage.replayed("acceptance")


def test_a_failed_acceptance_invites_nobody(stage: Stage) -> None:
    stage.admitted()
    stage.submit()
    stage.decide("reject")
    assert stage.rows(select(Invitation)) == []


def test_an_institution_with_an_administrator_is_not_invited_again(stage: Stage) -> None:
    stage.admitted()
    stage.submit()
    login_as(stage.app.test_client(), "institution_admin", institution=stage.row().code)
    stage.decide("pass")
    assert stage.rows(select(Invitation)) == []


@pytest.fixture
def admin(client: FlaskClient, login_as: Callable[..., User], demo: Any, phones: Phones) -> User:
    return login_as("institution_admin", name="周明远", institution="BANK01", handler={"phone": OWN})


def own_code(client: FlaskClient, phones: Phones) -> str:
    answer = client.post("/institutions/own/code", headers={"Accept": "application/json"})
    assert answer.status_code == 200, answer.text
    return re.findall(r"\d{6}", phones.texts(OWN)[-1])[0]


def said(client: FlaskClient, phones: Phones, **changed: Any) -> dict[str, Any]:
    """Everything on the page as it would be sent, with what the test changes."""
    return {
        "contact": "周明远", "phone": PHONE, "service_phone": "0731-88880000", "intro": "面向全省提供投标保函。",
    } | changed  # fmt: skip


def contact_code(client: FlaskClient, phones: Phones, phone: str = PHONE) -> str:
    return phones.code(client, phone, "contact")


def test_the_page_shows_her_institution_and_no_secret(client: FlaskClient, admin: User, demo: dict[str, Any]) -> None:
    page = client.get("/institutions/own").text
    bank = demo["institutions"][0]
    for shown in ("云麓商业银行股份有限公司", "BANK01", bank["key"]["key_id"], "银行投标保函", "已上线"):
        assert shown in page
    for secret in (bank["key"]["secret"], bank["test_key"]["secret"]):
        assert secret not in page
        assert secret not in client.get("/institutions/own/keys").text
    assert 'href="/institutions/own"' in client.get("/work/").text


def test_a_new_contact_phone_is_proved_by_its_code(client: FlaskClient, admin: User, phones: Phones) -> None:
    refused = client.post("/institutions/own/contact", data=said(client, phones))
    assert refused.status_code == 422
    assert "验证码" in refused.text
    changed = said(client, phones, code=contact_code(client, phones), logo=(io.BytesIO(papers.png()), "logo.png"))
    assert client.post("/institutions/own/contact", data=changed).status_code == 303
    page = client.get("/institutions/own").text
    assert "0731-88880000" in page
    assert "132****2152" in page
    assert PHONE not in page
    assert client.get("/institutions/BANK01/logo").status_code == 200
    again = said(client, phones, service_phone="0731-88880001")
    assert client.post("/institutions/own/contact", data=again).status_code == 303, "the same phone needs no code"


def test_the_new_phone_opens_the_progress_page_and_the_old_no_more(stage: Stage) -> None:
    stage.online()
    client = stage.app.test_client()
    login_as(client, "institution_admin", institution=stage.row().code, handler={"phone": OWN})
    changed = said(client, stage.phones, phone=OWN, code=contact_code(client, stage.phones, OWN))
    assert client.post("/institutions/own/contact", data=changed).status_code == 303
    assert "未查询到匹配的准入申请信息" in stage.progress()
    assert "可复制用户和密钥信息" in stage.progress(phone=OWN)
    assert stage.row(USCC).contact["phone"] == OWN


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("contact", "", "联系人"),
        ("phone", "123", "联系手机号"),
        ("service_phone", "abc", "服务电话"),
        ("intro", "", "机构介绍"),
        ("logo", (io.BytesIO(b"MZ not a picture"), "logo.png"), "Logo"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, admin: User, phones: Phones, field: str, value: Any, words: str
) -> None:
    answer = client.post("/institutions/own/contact", data=said(client, phones, **{field: value}))
    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.both_databases
def test_a_rotated_key_is_shown_once_behind_the_code_and_the_old_one_serves_on(
    client: FlaskClient, admin: User, phones: Phones, demo: dict[str, Any]
) -> None:
    old = demo["institutions"][0]["key"]
    assert client.post("/institutions/own/keys", data={"code": "000000"}).status_code == 422
    answer = client.post("/institutions/own/keys", data={"code": own_code(client, phones)})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store, private"
    with client.application.app_context():
        row = db.session.scalars(select(ApiKey).where(ApiKey.app_id == "BANK01").order_by(ApiKey.id.desc())).first()
        assert row is not None
        assert row.secret in answer.text
        assert {one.id for one in keys.valid("BANK01")} >= {row.key_id, old["key_id"]}
        assert keys.current("BANK01").id == old["key_id"], "we sign with what the institution surely has"
        with later(days=8):
            assert keys.current("BANK01").id == row.key_id
        lines = [line.text for line in db.session.query(AuditLine).where(AuditLine.subject.contains("BANK01"))]
    assert row.secret not in client.get("/institutions/own/keys").text
    assert lines[-3:] == ["更换接口密钥", "生成接口密钥", "查看接口密钥"]


def test_a_code_rotates_once(client: FlaskClient, admin: User, phones: Phones) -> None:
    code = own_code(client, phones)
    assert client.post("/institutions/own/keys", data={"code": code, "env": "test"}).status_code == 200
    assert client.post("/institutions/own/keys", data={"code": code}).status_code == 422


def test_the_last_key_is_not_ended_and_an_older_one_is(
    client: FlaskClient, admin: User, phones: Phones, demo: dict[str, Any]
) -> None:
    old = demo["institutions"][0]["key"]["key_id"]
    refused = client.post(f"/institutions/own/keys/{old}/revoke")
    assert refused.status_code == 409
    assert "这是唯一有效的密钥" in refused.text
    client.post("/institutions/own/keys", data={"code": own_code(client, phones)})
    assert "立即失效" in client.get(f"/institutions/own/keys/{old}/revoke").text
    assert client.post(f"/institutions/own/keys/{old}/revoke").status_code == 303
    with client.application.app_context():
        found = keys.find("BANK01", old)
        assert found is not None
        assert found.expires_at is not None
    assert client.post(f"/institutions/own/keys/{old}/revoke").status_code == 404
    stranger = demo["institutions"][1]["key"]["key_id"]
    assert client.post(f"/institutions/own/keys/{stranger}/revoke").status_code == 404


def test_an_sm2_key_is_registered_and_a_wrong_one_refused(client: FlaskClient, admin: User, phones: Phones) -> None:
    wrong = client.post("/institutions/own/keys/sm2", data={"sm2_public": "04abc"})
    assert wrong.status_code == 422
    assert "128 位十六进制" in wrong.text
    sent = {"sm2_public": f"04{PUBLIC.upper()}", "sm2_code": own_code(client, phones)}
    assert client.post("/institutions/own/keys/sm2", data=sent).status_code == 303
    with client.application.app_context():
        assert PUBLIC in {key.public for key in keys.valid("BANK01")}


def test_without_a_phone_there_is_no_code(client: FlaskClient, login_as: Callable[..., User], demo: Any) -> None:
    login_as("institution_admin", institution="BANK01")
    answer: Any = client.post("/institutions/own/code", headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert "没有手机号" in answer.json["message"]


def change_endpoint(stage: Stage, client: FlaskClient, url: str = "https://127.0.0.1:1/new", **more: str) -> Any:
    sent = {"endpoint_url": url, "code": own_code(client, stage.phones), **more}
    answer = client.post("/institutions/own/endpoint", data=sent)
    work(stage.app)
    return answer


@pytest.fixture
def at_home(stage: Stage) -> FlaskClient:
    """The administrator of the institution that has just gone online."""
    stage.online()
    client = stage.app.test_client()
    login_as(client, "institution_admin", name="何静秋", institution=stage.row().code, handler={"phone": OWN})
    return client


def test_a_new_endpoint_is_used_once_it_is_accepted(stage: Stage, at_home: FlaskClient) -> None:
    old = stage.row().endpoint_url
    assert change_endpoint(stage, at_home).status_code == 303
    assert (stage.row().endpoint_url, stage.row().endpoint_wanted) == (old, "https://127.0.0.1:1/new")
    assert "申请变更为 https://127.0.0.1:1/new" in at_home.get("/institutions/own").text
    (task,) = stage.tasks("centre_reviewer")
    page = stage.staff().get(f"/desk/tasks/{task.id}").text
    assert "接口变更验收" in page
    assert "申请变更为 https://127.0.0.1:1/new" in page
    run = stage.rows(select(Run).order_by(Run.id.desc()))[0]
    assert run.endpoint == "https://127.0.0.1:1/new"
    assert f'href="/acceptance/{run.no}"' in page, "the report of the new one stands beside the decision"
    stage.decide("pass")
    assert (stage.row().endpoint_url, stage.row().endpoint_wanted) == ("https://127.0.0.1:1/new", "")
    assert stage.state() == "已上线"
    assert any("平台已改用新接口" in text for text in stage.phones.texts(PHONE))
    stage.replayed("endpoint")


def test_an_endpoint_that_is_not_accepted_changes_nothing(stage: Stage, at_home: FlaskClient) -> None:
    old = stage.row().endpoint_url
    change_endpoint(stage, at_home)
    stage.decide("reject", reason_code="E02", reason="连续三次无法连接")
    assert (stage.row().endpoint_url, stage.row().endpoint_wanted) == (old, "")
    assert any("连续三次无法连接" in text for text in stage.phones.texts(PHONE))
    with later(minutes=2):
        assert change_endpoint(stage, at_home, "https://127.0.0.1:1/third").status_code == 303


def test_one_change_at_a_time(stage: Stage, at_home: FlaskClient) -> None:
    change_endpoint(stage, at_home)
    assert "已有接口变更正在验收" in at_home.get("/institutions/own").text
    with later(minutes=2):
        again = change_endpoint(stage, at_home, "https://127.0.0.1:1/third")
    assert again.status_code == 409
    assert "https://127.0.0.1:1/third" in again.text


def test_a_wrong_address_certificate_or_code_is_said_at_its_field(stage: Stage, at_home: FlaskClient) -> None:
    for sent, words in (
        ({"endpoint_url": "ftp://x"}, "接口地址"),
        ({"endpoint_url": "https://10.1.2.3/api"}, "该地址指向内部网络，不能作为接口地址"),
        ({"endpoint_url": "https://127.0.0.1:1/x", "certificate": "no"}, "电子签章证书应为 PEM 格式"),
        ({"endpoint_url": "https://127.0.0.1:1/x", "code": "000000"}, "验证码"),
    ):
        answer = at_home.post("/institutions/own/endpoint", data=sent)
        assert answer.status_code == 422
        assert words in answer.text
    assert stage.rows(select(Instance).where(Instance.policy == "endpoint")) == []


def test_a_change_nobody_decides_on_is_an_incident_after_five_days(stage: Stage, at_home: FlaskClient) -> None:
    change_endpoint(stage, at_home)
    stage.wait(days=5, hours=1)
    (incident,) = stage.rows(select(Incident))
    assert "接口变更验收超过五天" in incident.message
    login_as(at_home, "institution_admin", institution=stage.row().code, handler={"phone": OWN})
    stage.decide("pass")
    assert stage.row().endpoint_url == "https://127.0.0.1:1/new"
