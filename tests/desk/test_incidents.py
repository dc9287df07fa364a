"""Incidents: an operator sees what stopped where, and sets it going again."""

import json
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import worker
from app.accounts.user import User
from app.audit import AuditLine
from app.db import db, transaction
from app.jobs import relay
from app.runtime import definitions, inbox, incidents
from app.runtime.models import ENDED, InboxMessage, Incident, Instance
from tests.desk import trial

pytestmark = pytest.mark.both_databases
Begin = Callable[..., int]


def carry_due(app: Flask) -> None:
    with app.app_context():
        with transaction():
            ids = [job.id for job in relay.due()]
        for identity in ids:
            worker.carry_one(identity)
        db.session.remove()


@pytest.fixture
def incident(app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin) -> int:
    """The institution did not answer; an operator is signed in."""
    trial.outside["down"] = True
    task = begin("R1")
    login_as("centre_reviewer")
    client.post(f"/desk/tasks/{task}", data={"result": "pass"})
    carry_due(app)
    login_as("operator", name="沈知微")
    with app.app_context():
        found = db.session.scalar(db.select(Incident.id))
        db.session.rollback()
    assert found is not None
    return found


def status_of(app: Flask, incident: int) -> tuple[str, str]:
    with app.app_context():
        row = db.session.get_one(Incident, incident)
        case = db.session.scalar(db.select(Instance.status))
        db.session.rollback()
        return row.status, str(case)


def test_the_list_names_case_place_and_cause(client: FlaskClient, incident: int) -> None:
    page = client.get("/desk/incidents/").text
    for shown in ("R1", "退保", "pay", "外部调用失败", "机构没有应答", "待处理"):
        assert shown in page
    assert "没有符合条件的异常" in client.get("/desk/incidents/?status=resolved").text
    assert "R1" in client.get("/desk/incidents/?status=all&policy=refundtrial&q=r1").text


def test_an_empty_list_says_what_would_stand_there(client: FlaskClient, login_as: Callable[..., User]) -> None:
    login_as("operator")
    assert "没有待处理的异常" in client.get("/desk/incidents/").text


def test_the_page_shows_the_error_the_attempts_and_what_was_said(client: FlaskClient, incident: int) -> None:
    page = client.get(f"/desk/incidents/{incident}").text
    for shown in ("机构没有应答", "1 / 1 次", "通知机构退费", "&#34;amount&#34;: 100", "交易流水号", "退保审核"):
        assert shown in page
    state = client.get(f"/desk/incidents/{incident}/state.json").json
    assert state is not None
    assert [one["element"] for one in state["incidents"]] == ["pay"]


def test_a_retry_makes_the_call_again_and_the_case_goes_on(app: Flask, client: FlaskClient, incident: int) -> None:
    trial.outside.clear()
    assert client.post(f"/desk/incidents/{incident}/retry").status_code == 303
    carry_due(app)
    carry_due(app)
    assert status_of(app, incident) == ("retried", ENDED)
    assert len({call["key"] for call in trial.called}) == 1, "the same call: the institution knows it"
    assert "已经处理" in client.get(f"/desk/incidents/{incident}").text


def test_an_answer_by_hand_takes_the_calls_place(app: Flask, client: FlaskClient, incident: int) -> None:
    calls = len(trial.called)
    sent = {"result": json.dumps({"txn": "T77"}), "skip_note": "已电话核实"}
    assert client.post(f"/desk/incidents/{incident}/skip", data=sent).status_code == 303
    carry_due(app)
    assert status_of(app, incident) == ("skipped", ENDED)
    assert len(trial.called) == calls
    page = client.get(f"/desk/incidents/{incident}").text
    assert "已电话核实" in page
    with app.app_context():
        lines = [(line.text, line.actor_label) for line in db.session.scalars(db.select(AuditLine))]
    assert ("处理事件：skipped", "沈知微") in lines


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "不是有效的 JSON"),
        ("[]", "应为一个 JSON 对象"),
        ("{}", "缺少“交易流水号”"),
        ('{"txn": 5}', "的类型应为 string"),
        ('{"txn": "T1", "extra": 1}', "没有名为“extra”的项"),
    ],
)
def test_an_answer_of_the_wrong_shape_is_refused_and_kept(
    app: Flask, client: FlaskClient, incident: int, text: str, words: str
) -> None:
    answer = client.post(f"/desk/incidents/{incident}/skip", data={"result": text, "skip_note": "核实"})
    assert answer.status_code == 422
    assert words in answer.text
    assert text.replace('"', "&#34;") in answer.text
    assert status_of(app, incident) == ("open", "active")


def test_a_note_is_asked_for(app: Flask, client: FlaskClient, incident: int) -> None:
    answer = client.post(f"/desk/incidents/{incident}/skip", data={"result": '{"txn": "T1"}', "skip_note": " "})
    assert answer.status_code == 422
    assert "请输入处理说明" in answer.text
    assert status_of(app, incident)[0] == "open"


def test_a_corrected_call_is_another_call(app: Flask, client: FlaskClient, incident: int) -> None:
    trial.outside.clear()
    sent = {"payload": '{"amount": 90}', "amend_note": "金额有误"}
    assert client.post(f"/desk/incidents/{incident}/amend", data=sent).status_code == 303
    carry_due(app)
    carry_due(app)
    assert status_of(app, incident) == ("retried", ENDED)
    assert [call["amount"] for call in trial.called] == [100, 90]
    assert trial.called[0]["key"] != trial.called[1]["key"]


def test_settled_elsewhere_leaves_the_case_alone(app: Flask, client: FlaskClient, incident: int) -> None:
    sent = {"resolve_note": "线下已处理"}
    assert client.post(f"/desk/incidents/{incident}/resolve", data=sent).status_code == 303
    assert status_of(app, incident) == ("resolved", "active")
    again = client.post(f"/desk/incidents/{incident}/resolve", data=sent)
    assert again.status_code == 409
    assert "已经处理过了" in again.text


def test_an_auditor_reads_and_touches_nothing(
    client: FlaskClient, login_as: Callable[..., User], incident: int
) -> None:
    login_as("auditor")
    page = client.get(f"/desk/incidents/{incident}").text
    assert "由业务运营处理" in page
    assert client.post(f"/desk/incidents/{incident}/retry").status_code == 403


def test_an_incident_without_a_case_can_be_settled(
    app: Flask, client: FlaskClient, login_as: Callable[..., User]
) -> None:
    with app.app_context(), transaction():
        incidents.add("", "", "notice", "短信通道余额不足")
    login_as("operator")
    page = client.get("/desk/incidents/1").text
    assert "短信通道余额不足" in page
    assert client.get("/desk/incidents/1/state.json").status_code == 404
    assert client.post("/desk/incidents/1/retry").status_code == 409
    assert client.post("/desk/incidents/1/resolve", data={"resolve_note": "已充值"}).status_code == 303


@pytest.fixture
def put_by(app: Flask, client: FlaskClient, login_as: Callable[..., User], begin: Begin) -> int:
    """News of money for a case on whose drawing its path fails; an operator is signed in."""
    begin("R1")
    login_as("operator", name="沈知微")
    with app.app_context():
        with transaction():
            message = inbox.receive("refundtrial", "R1", "payment", {}, request_id="r1", sender="bank")
            identity = message.id
        element = definitions.live("refundtrial").definition.elements["keep"]
        incidents.Spoilt("refundtrial", "R1", identity, element, ValueError("no number")).first()
        found = db.session.scalar(db.select(Incident.id))
        db.session.rollback()
    assert found is not None
    return found


def test_a_message_that_was_put_by_is_shown_with_what_can_be_done(client: FlaskClient, put_by: int) -> None:
    page = client.get(f"/desk/incidents/{put_by}").text
    assert "收到的消息不能办理：ValueError: no number" in page
    assert "不影响该业务的其他步骤" in page
    assert "payment" in page
    assert "搁置这条消息" in page


def test_a_message_is_set_aside_with_a_word_why(app: Flask, client: FlaskClient, put_by: int) -> None:
    assert client.post(f"/desk/incidents/{put_by}/resolve", data={}).status_code == 422
    answer = client.post(f"/desk/incidents/{put_by}/resolve", data={"resolve_note": "已电话核实，款项已线下退回"})
    assert answer.status_code == 303
    assert status_of(app, put_by)[0] == "resolved"
    with app.app_context():
        assert [message.delivered_at is None for message in db.session.scalars(db.select(InboxMessage))] == [False]
    page = client.get(f"/desk/incidents/{put_by}").text
    assert "已电话核实，款项已线下退回" in page


def test_a_message_that_was_put_by_is_given_again(app: Flask, client: FlaskClient, put_by: int) -> None:
    assert client.post(f"/desk/incidents/{put_by}/retry").status_code == 303
    with app.app_context():
        assert [message.held for message in db.session.scalars(db.select(InboxMessage))] == [False]
