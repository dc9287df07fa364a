"""The decision page: what a reviewer sees, and what happens when she clicks."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import files
from app.accounts.user import User
from app.audit import AuditLine
from app.db import db, transaction
from app.runtime.models import History, Incident, Instance, UserTask
from tests.desk import trial
from tests.support.papers import kept, pdf
from tests.support.people import login_as as sign_in

pytestmark = pytest.mark.both_databases
Begin = Callable[..., int]


def trail(app: Flask) -> list[str]:
    with app.app_context():
        query = db.select(AuditLine).where(AuditLine.subject.in_(["R1", "R2", "desk:R1"])).order_by(AuditLine.id)
        return [line.text for line in db.session.scalars(query)]


def test_the_page_shows_facts_application_and_the_way_so_far(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer")
    page = client.get(f"/desk/tasks/{task}").text
    for shown in ("退保审核", "BH-R1", "担保金额（元）", "项目终止", "提交退保申请", "审核结果", "长沙"):
        assert shown in page
    for hidden in ("某标段", "湘江建设有限公司", "13900001234"):
        assert hidden not in page


def test_approving_moves_the_case_and_opens_the_next(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    first, second = begin("R1"), begin("R2")
    login_as("centre_reviewer", name="许文澜")
    answer = client.post(f"/desk/tasks/{first}?region=430100", data={"result": "pass", "comment": "材料齐全"})
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/desk/tasks/{second}?region=430100")
    assert "已办理：退保审核 R1" in client.get(answer.headers["Location"]).text
    assert [decision["result"] for decision, _ in trial.recorded] == ["pass"]
    answer = client.post(f"/desk/tasks/{second}", data={"result": "pass"})
    assert answer.headers["Location"] == "/desk/"
    assert "没有更多待办" in client.get("/desk/").text
    assert "办理：退保审核" in trail(app)


def test_refusing_wants_a_reason_and_nothing_typed_is_lost(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer")
    answer = client.post(f"/desk/tasks/{task}", data={"result": "refuse", "comment": "已经开标"})
    assert answer.status_code == 422
    assert "请选择不同意的原因" in answer.text
    assert "已经开标</textarea>" in answer.text
    assert trial.recorded == []
    client.post(f"/desk/tasks/{task}", data={"result": "refuse", "reason": "OPENED", "comment": "已经开标"})
    assert trial.recorded[0][0]["reason"] == "OPENED"


def test_personal_answers_stay_out_of_process_data(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer")
    client.post(f"/desk/tasks/{task}", data={"result": "pass", "checker_phone": "13911112222"})
    data, secret = trial.recorded[0]
    assert "checker_phone" not in data
    assert secret == {"checker_phone": "13911112222"}
    with app.app_context():
        assert "13911112222" not in repr([line.detail for line in db.session.scalars(db.select(History))])


def test_what_the_rules_refuse_is_said_and_the_task_stays(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer")
    answer = client.post(f"/desk/tasks/{task}", data={"result": "pass", "comment": "开标了"})
    assert answer.status_code == 409
    assert "不能退保" in answer.text
    assert "开标了</textarea>" in answer.text
    assert client.get(f"/desk/tasks/{task}").status_code == 200


def test_a_drawing_that_can_not_go_on_is_an_incident_and_the_reviewer_keeps_her_words(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    with app.app_context():
        text = trial.diagram().decode().replace("decision.result = &quot;pass&quot;", "decision.nothing &gt; 1")
        text = text.replace('decision.result = "pass"', "decision.nothing &gt; 1")
        forms = {"forms/apply.json": "{}", "forms/review.json": trial.json.dumps(trial.REVIEW)}
        forms["forms/apply.json"] = trial.json.dumps(trial.APPLY)
        with transaction():
            trial.definitions.publish("refundtrial", {"process.bpmn": text, **forms}, by=trial.BIDDER)
    task = begin("R1")
    login_as("centre_reviewer")
    answer = client.post(f"/desk/tasks/{task}", data={"result": "pass", "comment": "同意退保"})
    assert answer.status_code == 503
    assert "已通知业务运营" in answer.text
    assert "同意退保</textarea>" in answer.text
    with app.app_context():
        (incident,) = db.session.scalars(db.select(Incident))
        assert (incident.kind, incident.element, incident.key) == ("step", "which", "R1")
        assert db.session.get(UserTask, task) is not None


def test_somebody_else_was_faster(client: FlaskClient, login_as: Callable[..., User], begin: Begin) -> None:
    task, following = begin("R1"), begin("R2")
    login_as("centre_reviewer", name="许文澜")
    page = client.get(f"/desk/tasks/{task}").text
    hidden = dict(re.findall(r'type="hidden" name="(policy|key|element|form)" value="([^"]*)"', page))
    other = client.application.test_client()
    sign_in(other, "centre_reviewer", sub="other", name="孟晓岚")
    other.post(f"/desk/tasks/{task}", data={"result": "refuse", "reason": "OTHER"})
    answer = client.post(f"/desk/tasks/{task}", data={"result": "pass", "comment": "我写了很久的意见", **hidden})
    assert answer.status_code == 409
    assert "孟晓岚 已办理" in answer.text
    assert "我写了很久的意见" in answer.text
    assert f"/desk/tasks/{following}" in answer.text
    assert [decision["result"] for decision, _ in trial.recorded] == ["refuse"]
    assert client.get(f"/desk/tasks/{task}").status_code == 404


def test_a_forged_page_tells_nothing_of_another_regions_case(
    client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    begin("R1", region="430600")
    login_as("centre_reviewer", regions=("430100",))
    sent = {"policy": "refundtrial", "key": "R1", "element": "review", "form": "refundtrial/review", "comment": "x"}
    answer = client.post("/desk/tasks/999999", data=sent)
    assert answer.status_code == 409
    assert "审核意见" not in answer.text


def test_a_claimed_task_is_its_holders_until_given_back(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer", name="许文澜")
    other = client.application.test_client()
    sign_in(other, "centre_reviewer", sub="other", name="孟晓岚")
    assert client.post(f"/desk/tasks/{task}/claim").status_code == 303
    assert "许文澜 已领取" in other.get(f"/desk/tasks/{task}").text
    refused = other.post(f"/desk/tasks/{task}", data={"result": "pass"})
    assert (refused.status_code, trial.recorded) == (409, [])
    assert "已被他人领取" in refused.text
    assert other.post(f"/desk/tasks/{task}/claim").status_code == 409
    assert other.post(f"/desk/tasks/{task}/release").status_code == 403
    assert client.post(f"/desk/tasks/{task}/release").status_code == 303
    assert other.post(f"/desk/tasks/{task}", data={"result": "pass"}).status_code == 303
    assert [line for line in trail(app) if "退保审核" in line] == [
        "领取：退保审核",
        "退回：退保审核",
        "办理：退保审核",
    ]


def test_a_phone_is_shown_on_request_and_the_showing_is_logged(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer")
    answer = client.post(f"/desk/tasks/{task}/reveal/phone", headers={"Accept": "application/json"})
    assert answer.json == {"value": "13900001234"}
    assert "13900001234" in client.post(f"/desk/tasks/{task}/reveal/phone").text
    assert trail(app) == ["查看个人信息：联系电话"] * 2
    assert client.post(f"/desk/tasks/{task}/reveal/company").status_code == 404
    assert client.post(f"/desk/tasks/{task}/reveal/cause").status_code == 404


def test_documents_of_the_case_can_be_read_and_no_others(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    with app.app_context():
        mine, other = kept(b"%PDF-1.7 mine").id, kept(b"%PDF-1.7 other").id
    task = begin("R1", proof=[{"file": mine, "size": 13}], proof_names=["终止公告.pdf"])
    login_as("centre_reviewer")
    page = client.get(f"/desk/tasks/{task}").text
    assert "终止公告.pdf" in page
    (address,) = re.findall(rf"/desk/tasks/{task}/files/\d+", page)
    answer = client.get(address)
    assert (answer.data, answer.mimetype) == (b"%PDF-1.7 mine", "application/pdf")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert client.get(f"/desk/tasks/{task}/files/{other}").status_code == 404
    assert trail(app) == ["查看附件"]


def test_the_drawing_knows_where_the_case_stands(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin
) -> None:
    task = begin("R1")
    login_as("centre_reviewer", name="许文澜")
    first: Any = client.get(f"/desk/tasks/{task}/state.json")
    assert first.json["taken"] == ["start", "start-review", "review"]
    (place,) = first.json["current"]
    assert (place["element"], place["label"]) == ("review", "交易中心审核员")
    tag = {"If-None-Match": first.headers["ETag"]}
    assert client.get(f"/desk/tasks/{task}/state.json", headers=tag).status_code == 304
    client.post(f"/desk/tasks/{task}/claim")
    later: Any = client.get(f"/desk/tasks/{task}/state.json", headers=tag)
    assert later.json["current"][0]["label"] == "许文澜"
    with app.app_context():
        version = db.session.scalar(db.select(Instance.version_id))
    assert b"<bpmn:userTask" in client.get(f"/desk/drawings/{version}.bpmn").data


def test_the_next_task_is_free_or_ones_own(client: FlaskClient, login_as: Callable[..., User], begin: Begin) -> None:
    first, second = begin("R1"), begin("R2")
    other = client.application.test_client()
    sign_in(other, "centre_reviewer", sub="other", name="孟晓岚")
    other.post(f"/desk/tasks/{first}/claim")
    login_as("centre_reviewer")
    assert client.get("/desk/next").headers["Location"] == f"/desk/tasks/{second}"
    assert client.get("/desk/next?q=R9").headers["Location"] == "/desk/?q=R9"


def test_an_upload_is_kept_and_only_its_reference_enters_the_case(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin, monkeypatch: pytest.MonkeyPatch
) -> None:
    review = {"components": [*trial.REVIEW["components"], {"key": "paper", "type": "filepicker", "label": "审核材料"}]}
    monkeypatch.setattr(trial, "REVIEW", review)
    with app.app_context():
        trial.publish()
    task = begin("R1")
    login_as("centre_reviewer")
    sent = {"result": "pass", "paper": (io.BytesIO(pdf("身份证")), "张三身份证.pdf")}
    assert client.post(f"/desk/tasks/{task}", data=sent).status_code == 303
    data, secret = trial.recorded[0]
    assert secret == {"paper_names": ["张三身份证.pdf"]}
    with app.app_context():
        assert files.content(data["paper"][0]["file"]) == pdf("身份证")
