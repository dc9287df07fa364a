"""A draft's way: drawn, checked, submitted, decided by somebody else, live at once."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app import runtime
from app.audit import SYSTEM, AuditLine
from app.db import db, transaction
from app.jobs.models import Job
from app.runtime import definitions
from app.runtime.models import UserTask
from tests.studio import trial

pytestmark = pytest.mark.both_databases
SignIn = Callable[..., Any]


@pytest.fixture
def operator(app: Flask, login_as: SignIn) -> FlaskClient:
    client = app.test_client()
    login_as("operator", client=client, sub="staff-1", name="李运营")
    return client


@pytest.fixture
def publisher(app: Flask, login_as: SignIn) -> FlaskClient:
    client = app.test_client()
    login_as("publisher", client=client, sub="staff-2", name="王审批")
    return client


def save(client: FlaskClient, files: dict[str, str], revision: int = 0) -> Any:
    return client.post("/studio/trial/draft", json={"revision": revision, "files": files})


def submit(client: FlaskClient, revision: int = 1, note: str = "支付时限改为 45 分钟") -> Any:
    return client.post("/studio/trial/submit", data={"revision": revision, "words": note})


def approve(client: FlaskClient, revision: int = 1) -> Any:
    return client.post("/studio/trial/approve", data={"revision": revision})


def live_number(app: Flask) -> int:
    with app.app_context():
        return definitions.live("trial").number


def test_a_change_goes_live_by_a_second_persons_yes(app: Flask, operator: FlaskClient, publisher: FlaskClient) -> None:
    assert save(operator, trial.with_timer("PT45M")).json["revision"] == 1
    assert live_number(app) == 1, "a draft changes nothing"
    assert submit(operator).status_code == 302
    assert live_number(app) == 1, "nor does asking"
    page = publisher.get("/studio/trial/review").get_data(as_text=True)
    assert "等待（定时）“30 分钟”：时间由“30 分钟”改为“45 分钟”" in page
    assert approve(publisher).status_code == 302
    assert live_number(app) == 2
    with app.app_context():
        lines = db.session.scalars(select(AuditLine).where(AuditLine.subject == "policy:trial").order_by(AuditLine.id))
        told = [(line.actor_label, line.text) for line in lines]
    assert ("李运营", "提交审批：支付时限改为 45 分钟") in told
    assert ("王审批", "发布第 2 版") in told


def test_a_new_case_obeys_the_new_timer_and_a_running_one_keeps_its_own(
    app: Flask, operator: FlaskClient, publisher: FlaskClient
) -> None:
    waited = [_wait(app, "T1")]
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    approve(publisher)
    waited.append(_wait(app, "T2"))
    assert waited == [30, 45]


def _wait(app: Flask, key: str) -> float:
    """Minutes until the case's timer is due."""
    with app.app_context():
        with transaction():
            runtime.start("trial", key=key, data={"amount": 1000}, by=SYSTEM)
        task = db.session.scalars(select(UserTask).where(UserTask.key == key)).one()
        with transaction():
            runtime.complete(task.id, {"decision": "pass"}, by=SYSTEM)
        jobs = db.session.scalars(select(Job).where(Job.instance_id == task.instance_id, Job.kind == "timer")).all()
        (timer,) = jobs
        return round((timer.run_at - timer.created_at).total_seconds() / 60)


def test_nobody_approves_his_own_draft(app: Flask, operator: FlaskClient, login_as: SignIn) -> None:
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    login_as("publisher", client=operator, sub="staff-1", name="李运营", roles=("operator", "publisher"))
    refused = approve(operator)
    assert refused.status_code == 403
    assert "自己起草的修改须由另一人审批" in refused.get_data(as_text=True)
    assert live_number(app) == 1


def test_an_author_of_an_earlier_revision_may_not_approve_either(
    app: Flask, operator: FlaskClient, login_as: SignIn
) -> None:
    save(operator, trial.with_timer("PT45M"))
    other = app.test_client()
    login_as("operator", client=other, sub="staff-3", name="赵运营")
    assert save(other, trial.with_timer("PT50M"), revision=1).json["revision"] == 2
    submit(other, revision=2)
    login_as("publisher", client=operator, sub="staff-1", name="李运营", roles=("publisher",))
    assert approve(operator, revision=2).status_code == 403
    assert live_number(app) == 1


def test_who_saves_over_another_persons_work_is_told_and_loses_nothing_of_his(
    app: Flask, operator: FlaskClient, login_as: SignIn
) -> None:
    save(operator, trial.with_timer("PT45M"))
    other = app.test_client()
    login_as("operator", client=other, sub="staff-3", name="赵运营")
    clash = other.post(
        "/studio/trial/draft",
        json={"revision": 0, "files": trial.with_timer("PT50M")},
        headers={"Accept": "application/json"},
    )
    assert clash.status_code == 409
    assert "李运营" in clash.json["message"]
    assert "PT45M" in operator.get("/studio/trial/document").get_data(as_text=True)


def test_what_the_check_refuses_cannot_be_submitted_and_the_shape_is_named(app: Flask, operator: FlaskClient) -> None:
    broken = trial.files()
    broken["process.bpmn"] = broken["process.bpmn"].replace('name="trial/note" result="closed"', 'name="trial/gone"')
    save(operator, broken)
    answer = submit(operator)
    assert answer.status_code == 409
    assert "“取消”" in answer.get_data(as_text=True) or "取消：" in answer.get_data(as_text=True)
    assert "trial/gone" in answer.get_data(as_text=True)
    assert live_number(app) == 1


def test_a_note_is_owed_to_whoever_decides(operator: FlaskClient) -> None:
    save(operator, trial.with_timer("PT45M"))
    answer = submit(operator, note="  ")
    assert answer.status_code == 422
    assert "请写明改了什么、为什么" in answer.get_data(as_text=True)


def test_a_returned_draft_comes_back_with_its_reason_and_can_be_submitted_again(
    app: Flask, operator: FlaskClient, publisher: FlaskClient
) -> None:
    save(operator, trial.with_timer("PT5M"))
    submit(operator)
    assert publisher.post("/studio/trial/return", data={"revision": 1, "words": ""}).status_code == 422
    answer = publisher.post("/studio/trial/return", data={"revision": 1, "words": "五分钟太短"})
    assert answer.status_code == 302
    page = operator.get("/studio/trial/").get_data(as_text=True)
    assert "王审批 退回了这份草稿" in page
    assert "五分钟太短" in page
    assert save(operator, trial.with_timer("PT40M"), revision=1).json["revision"] == 2
    submit(operator, revision=2)
    approve(publisher, revision=2)
    assert live_number(app) == 2


def test_a_decision_on_what_has_changed_since_is_refused(
    operator: FlaskClient, publisher: FlaskClient, app: Flask
) -> None:
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    operator.post("/studio/trial/withdraw")
    save(operator, trial.with_timer("PT1M"), revision=1)
    submit(operator, revision=2)
    assert approve(publisher, revision=1).status_code == 409
    assert live_number(app) == 1


def test_a_draft_under_decision_cannot_be_changed_unless_it_is_withdrawn(operator: FlaskClient) -> None:
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    assert save(operator, trial.with_timer("PT46M"), revision=1).status_code == 409
    assert operator.post("/studio/trial/withdraw").status_code == 302
    assert save(operator, trial.with_timer("PT46M"), revision=1).status_code == 200


def test_a_discarded_draft_leaves_the_live_version_and_makes_room(operator: FlaskClient, app: Flask) -> None:
    save(operator, trial.with_timer("PT45M"))
    assert operator.post("/studio/trial/discard").status_code == 302
    document = operator.get("/studio/trial/document").json
    assert document["revision"] == 0
    assert "PT30M" in document["files"][0]["text"]
    assert save(operator, trial.with_timer("PT20M")).json["revision"] == 1


def test_an_old_version_comes_back_by_the_same_way(app: Flask, operator: FlaskClient, publisher: FlaskClient) -> None:
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    approve(publisher)
    page = operator.get("/studio/trial/versions/2").get_data(as_text=True)
    assert "时间由“30 分钟”改为“45 分钟”" in page
    assert operator.post("/studio/trial/versions/1/restore").status_code == 302
    assert live_number(app) == 2
    submit(operator, note="恢复")
    approve(publisher)
    assert live_number(app) == 3
    with app.app_context():
        assert "PT30M" in definitions.live("trial").files["process.bpmn"]


def test_a_draft_begun_before_another_version_went_live_is_not_published_unseen(
    app: Flask, operator: FlaskClient, publisher: FlaskClient
) -> None:
    save(operator, trial.with_timer("PT45M"))
    submit(operator)
    with app.app_context(), transaction():
        definitions.publish("trial", trial.with_timer("PT10M"), by=SYSTEM)
    assert approve(publisher).status_code == 409
    publisher.post("/studio/trial/return", data={"revision": 1, "words": "已有新版本"})
    operator.post("/studio/trial/rebase")
    page = operator.get("/studio/trial/submit").get_data(as_text=True)
    assert "时间由“10 分钟”改为“45 分钟”" in page
    submit(operator, revision=2)
    approve(publisher, revision=2)
    assert live_number(app) == 3


def test_a_draft_without_a_difference_is_not_submitted(operator: FlaskClient) -> None:
    save(operator, trial.files())
    assert submit(operator).status_code == 409


def test_only_files_of_a_policy_are_kept(operator: FlaskClient) -> None:
    for name in ("../wsgi.py", "forms/../../x.json", "process.bpmn.exe", "scenarios.yaml", "shared/caps.dmn"):
        answer = save(operator, {**trial.files(), name: "x"})
        assert answer.status_code == 422, name
    assert save(operator, {"fee.dmn": ""}).status_code == 422
    assert operator.get("/studio/trial/document").json["revision"] == 0
