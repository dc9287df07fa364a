"""SMS codes, as the field and the pages that ask for them see it."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app import codes
from app.codes import forgetting
from app.codes.models import SmsCode, SmsTally
from app.db import db
from app.errors import BadInput
from app.jobs.models import Job
from tests.support.phones import Phones
from tests.support.time import later
from tests.support.work import work

PHONE = "13298652152"
JSON = {"Accept": "application/json"}


def ask(client: FlaskClient, phone: str = PHONE, purpose: str = "complaint") -> TestResponse:
    return client.post("/codes", data={"phone": phone, "purpose": purpose}, headers=JSON)


def refused(app: Flask, code: str, *, phone: str = PHONE, purpose: str = "complaint") -> str:
    """What checking this code says; "" if it is accepted."""
    with app.app_context():
        try:
            codes.check(phone, purpose=purpose, code=code)
        except BadInput as wrong:
            return wrong.fields["code"]
    return ""


def test_a_code_arrives_and_is_good_once(app: Flask, client: FlaskClient, phones: Phones) -> None:
    assert ask(client).json == {"retry_after": 60}
    (said,) = phones.texts(PHONE)
    found = re.fullmatch(r"您的验证码是(\d{6})，用于在线投诉，5分钟内有效。请勿告诉他人。", said)
    assert found is not None
    assert refused(app, found[1]) == ""
    assert refused(app, found[1]) == "验证码已失效，请重新获取"


def test_a_code_belongs_to_its_phone_and_its_purpose(app: Flask, client: FlaskClient, phones: Phones) -> None:
    code = phones.code(client, PHONE, "complaint")
    assert refused(app, code, purpose="admission") == "验证码已失效，请重新获取"
    assert refused(app, code, phone="13900000001") == "验证码已失效，请重新获取"
    assert refused(app, code) == ""


def test_after_five_wrong_tries_the_right_code_is_refused(app: Flask, client: FlaskClient, phones: Phones) -> None:
    code = phones.code(client, PHONE, "complaint")
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [refused(app, wrong) for _ in range(5)] == ["验证码不正确，请核对短信后重新输入"] * 5
    assert refused(app, code) == "验证码输错次数过多，请重新获取"
    with later(seconds=61):
        assert refused(app, phones.code(client, PHONE, "complaint")) == ""


def test_a_code_lives_five_minutes(app: Flask, client: FlaskClient, phones: Phones) -> None:
    code = phones.code(client, PHONE, "complaint")
    with later(minutes=5, seconds=1):
        assert refused(app, code) == "验证码已失效，请重新获取"


def test_within_a_minute_one_is_told_how_long_to_wait(client: FlaskClient, phones: Phones) -> None:
    assert ask(client).status_code == 200
    again = ask(client)
    assert again.status_code == 429
    assert 55 <= again.json["retry_after"] <= 60
    assert again.headers["Retry-After"] == str(again.json["retry_after"])
    assert again.json["message"] == f"获取验证码太频繁，请 {again.json['retry_after']} 秒后重试"
    assert ask(client, purpose="progress").status_code == 200
    with later(seconds=61):
        assert ask(client).status_code == 200


def test_a_new_code_ends_the_one_before(app: Flask, client: FlaskClient, phones: Phones) -> None:
    first = phones.code(client, PHONE, "complaint")
    with later(seconds=61):
        second = phones.code(client, PHONE, "complaint")
        assert first == second or refused(app, first) == "验证码不正确，请核对短信后重新输入"
        assert refused(app, second) == ""


def test_a_phone_gets_only_so_many_a_day(make_app: Callable[..., Flask]) -> None:
    client = make_app(SMS_PER_PHONE=2).test_client()
    assert [ask(client, purpose=one).status_code for one in ("complaint", "progress", "key")] == [200, 200, 429]
    assert ask(client, purpose="key").json["message"] == "该手机号今天获取验证码的次数已达上限，请明天再试"
    assert ask(client, phone="13900000001").status_code == 200
    with later(days=1):
        assert ask(client, purpose="key").status_code == 200


def test_an_address_gets_only_so_many_a_day(make_app: Callable[..., Flask]) -> None:
    client = make_app(SMS_PER_ADDRESS=2).test_client()
    asked = [ask(client, phone=f"1390000000{n}") for n in range(3)]
    assert [one.status_code for one in asked] == [200, 200, 429]
    assert asked[2].json["message"] == "您所在网络今天获取验证码的次数已达上限"
    home = {"REMOTE_ADDR": "2001:db8:1:2::7"}, {"REMOTE_ADDR": "2001:db8:1:2::8"}
    for number, environ in enumerate((*home, *home)):
        answer = client.post(
            "/codes",
            data={"phone": f"1380000000{number}", "purpose": "key"},
            headers=JSON,
            environ_overrides=environ,
        )
        assert answer.status_code == (200 if number < 2 else 429)


@pytest.mark.parametrize(
    ("phone", "purpose", "told"),
    [("1329865215", "complaint", "手机号应为 11 位手机号"), (PHONE, "nothing", "验证码用途有误")],
)
def test_what_cannot_be_is_refused_by_name(client: FlaskClient, phone: str, purpose: str, told: str) -> None:
    answer = ask(client, phone, purpose)
    assert answer.status_code == 422
    assert answer.json["message"] == told


def test_neither_phone_nor_code_stands_in_a_row_or_a_job(app: Flask, client: FlaskClient, phones: Phones) -> None:
    ask(client)
    with app.app_context():
        before = _everything_stored()
        assert db.session.scalars(db.select(SmsCode)).one().letter["phone"] == PHONE
    code = re.findall(r"\d{6}", phones.texts(PHONE)[-1])[0]
    with app.app_context():
        after = _everything_stored()
        assert db.session.scalars(db.select(SmsCode)).one().letter is None
    for kept in (before, after):
        assert "sms_code" in kept
        assert PHONE not in kept
        assert code not in kept


def _everything_stored() -> str:
    """The rows of every table, as a copy of the database would show them."""
    tables = [table.name for table in db.metadata.sorted_tables]
    rows = ((name, db.session.execute(text(f"SELECT * FROM {name}")).all()) for name in tables)
    return "\n".join(f"{name}: {found}" for name, found in rows)


def test_a_provider_that_is_away_is_asked_again_but_not_with_an_old_code(
    app: Flask, client: FlaskClient, phones: Phones
) -> None:
    phones.status = 503
    ask(client)
    assert phones.texts(PHONE) == []
    phones.status = 200
    with later(seconds=5):
        assert len(phones.texts(PHONE)) == 1
    with later(minutes=2):
        phones.status = 503
        ask(client)
        work(app)
    phones.status = 200
    with later(minutes=8):
        assert len(phones.texts(PHONE)) == 1
    with app.app_context():
        assert {job.state for job in db.session.scalars(db.select(Job))} == {"done"}


def test_without_scripts_a_page_of_its_own_says_what_to_do(client: FlaskClient, phones: Phones) -> None:
    page = client.post("/codes", data={"phone": PHONE, "purpose": "complaint"})
    assert page.status_code == 200
    assert "验证码已发送" in page.text
    again = client.post("/codes", data={"phone": PHONE, "purpose": "complaint"})
    assert again.status_code == 429
    assert "获取验证码太频繁" in again.text


@pytest.mark.both_databases
def test_a_night_forgets_what_is_of_no_more_use(app: Flask, client: FlaskClient, phones: Phones) -> None:
    phones.code(client, PHONE, "complaint")
    with later(days=2):
        code = phones.code(client, PHONE, "key")
        with app.app_context():
            forgetting.carry({}, key="codes/forget:today")
            assert [row.purpose for row in db.session.scalars(db.select(SmsCode))] == ["key"]
            assert db.session.scalar(db.select(db.func.count()).select_from(SmsTally)) == 2
        assert refused(app, code, purpose="key") == ""


@pytest.mark.both_databases
def test_at_once_one_code_is_sent_and_one_right_answer_counts(app: Flask, phones: Phones) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: ask(app.test_client()).status_code, range(4)))
    assert sorted(answers) == [200, 429, 429, 429]
    (said,) = phones.texts(PHONE)
    code = re.findall(r"\d{6}", said)[0]
    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(lambda _: refused(app, code), range(4)))
    assert sorted(told) == ["", *["验证码已失效，请重新获取"] * 3]
