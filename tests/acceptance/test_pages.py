"""The report: failures first, with request and answer, nothing personal in the clear; runs on demand and at night."""

import re

import pytest
from lxml import html
from sqlalchemy import select

from app import institutions
from app.acceptance import patrol, running
from app.acceptance.models import Cause, Run
from app.audit import SYSTEM
from app.db import db, transaction
from app.institutions import InstitutionState
from app.jobs.models import Job
from app.runtime import definitions
from app.runtime.models import UserTask
from app.settings import ROOT
from tests.support.people import login_as
from tests.support.work import work


@pytest.fixture
def failed(app, bank, tested) -> Run:
    bank.misbehave(institution="BANK01", kinds={"wrong_amount": {"fen": -100}})
    return tested()


@pytest.fixture
def online(app, bank) -> None:
    with app.app_context(), transaction():
        definitions.seed(ROOT, by=SYSTEM)
        for row in db.session.scalars(select(institutions.Institution)):
            row.state = InstitutionState.ONLINE if row.code == "BANK01" else InstitutionState.OFFLINE


def runs(app) -> list[Run]:
    with app.app_context():
        return list(db.session.scalars(select(Run).order_by(Run.id)))


def offline_tasks(app) -> list[UserTask]:
    with app.app_context():
        return list(db.session.scalars(select(UserTask).where(UserTask.policy == "offline")))


def test_a_report_says_first_what_failed_and_shows_the_exchange(client, failed):
    login_as(client, "centre_reviewer")
    page = html.fromstring(client.get(f"/acceptance/{failed.no}").text)
    (article,) = page.xpath("//article")
    words = " ".join(article.text_content().split())
    assert "B2-2 支付金额" in words
    assert "应当B2的金额等于B1的保费" in words
    assert "实际保费1500.00元，支付1499.00元" in words
    headings = [" ".join(one.text_content().split()) for one in page.xpath("//main//h2 | //main//summary")]
    order = [
        next(n for n, text in enumerate(headings) if text.startswith(word)) for word in ("未通过", "未执行", "通过")
    ]
    assert order == sorted(order)


def test_requests_and_answers_of_what_failed_are_kept_and_nothing_personal_stands_in_them(app, client, bank, tested):
    bank.misbehave(institution="BANK01", kinds={"bad_signature": {"calls": ["A2", "A10"], "times": 99}})
    run = tested()
    login_as(client, "auditor")
    text = client.get(f"/acceptance/{run.no}").text
    assert "应答签名无效" in text
    assert "X-Request-Id" in text
    assert "验收测试投标人有限公司" in text
    key = bank.config.institution("BANK01")["test_key"]["secret"]
    assert not [word for word in (key, "430102199001010011", "13800000000", "6200000000000000000") if word in text]


def test_the_list_leads_to_the_report_and_only_an_operator_starts_a_run(client, failed):
    login_as(client, "auditor")
    page = client.get("/acceptance/?institution=BANK01").text
    assert f'href="/acceptance/{failed.no}"' in page
    assert "立即验收" not in page
    login_as(client, "operator")
    assert "立即验收" in client.get("/acceptance/?institution=BANK01").text


def test_an_operator_has_a_run_made_now(app, client, online):
    login_as(client, "operator")
    answer = client.post("/acceptance/institutions/BANK01")
    assert answer.location == "/acceptance/?institution=BANK01"
    work(app)
    (run,) = runs(app)
    assert (run.state, run.cause, run.by) == ("passed", "demand", "员工-operator")
    assert offline_tasks(app) == []


def test_a_night_tests_those_online_once_and_a_failure_becomes_a_proposal(app, client, bank, online):
    bank.misbehave(institution="BANK01", kinds={"wrong_amount": {"fen": -100}})
    with app.app_context():
        for _ in range(2):
            patrol.nightly({"date": "2026-11-28"}, key="acceptance/nightly:2026-11-28")
        keys = list(db.session.scalars(select(Job.key).where(Job.name == patrol.RUN)))
    assert keys == ["patrol:2026-11-28:BANK01"]
    work(app)
    (run,) = runs(app)
    assert (run.state, run.cause) == ("failed", "nightly")
    (task,) = offline_tasks(app)
    assert (task.name, task.role) == ("核实下线建议", "operator")
    login_as(client, "operator")
    page = client.get(f"/desk/tasks/{task.id}").text
    assert f"接口验收{run.no}未通过1项：支付金额" in page
    assert re.search(rf'href="/acceptance/{run.no}"', page)
    with app.app_context():
        assert institutions.get("BANK01").online


def test_a_second_failing_night_adds_no_second_proposal(app, bank, online):
    bank.misbehave(institution="BANK01", kinds={"wrong_amount": {"fen": -100}})
    for day in ("2026-11-28", "2026-11-29"):
        with app.app_context():
            patrol.nightly({"date": day}, key=f"acceptance/nightly:{day}")
        work(app)
    assert [run.state for run in runs(app)] == ["failed", "failed"]
    assert len(offline_tasks(app)) == 1
    with app.app_context():
        assert patrol.nights(runs(app)[-1]) == 2


def test_a_run_under_way_is_asked_for_again_and_again(app, client, bank):
    with app.app_context():
        run = running._begin("BANK01", key="k", cause=Cause.DEMAND, by=SYSTEM)
    login_as(client, "operator")
    page = html.fromstring(client.get(f"/acceptance/{run.no}").text)
    (live,) = page.xpath("//*[@data-live]/@data-live")
    fragment = client.get(live, headers={"X-Fragment": "1"})
    assert "验收进行中：已完成 0 / 152 项" in fragment.text
    assert client.get(live, headers={"X-Fragment": "1", "If-None-Match": fragment.headers["ETag"]}).status_code == 304
    assert client.post("/acceptance/institutions/BANK01", follow_redirects=True).text.count("正在进行") >= 1
