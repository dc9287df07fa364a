"""Deadlines in working days: reminder, escalation, corrections that do not come."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app import calendar, clock
from app.runtime import definitions
from app.runtime.models import Incident
from app.settings import ROOT
from app.studio.findings import check
from app.studio.folders import Folder
from tests.institutions.stage import PHONE, Stage


@pytest.mark.parametrize(
    ("begins", "days", "due"),
    [
        ("2026-11-26 20:00", 2, "2026-11-30 20:00"),  # Thursday evening: Friday, Monday
        ("2026-11-28 09:00", 1, "2026-11-30 09:00"),  # Saturday
        ("2026-09-30 10:00", 1, "2026-10-08 10:00"),  # over the National Day
        ("2026-09-30 10:00", 3, "2026-10-10 10:00"),  # and the Saturday worked for it
        ("2027-01-01 10:00", 1, "2027-01-04 10:00"),  # a year nobody has announced: weekends only
    ],
)
def test_working_days_pass_over_weekends_and_holidays(begins: str, days: int, due: str) -> None:
    at = datetime.fromisoformat(begins).replace(tzinfo=clock.SHANGHAI).astimezone(UTC)
    assert f"{calendar.working_days_after(at, days):%Y-%m-%d %H:%M}" == due


@pytest.mark.parametrize(("kind", "days"), [("bank", 5), ("insurer", 5), ("guarantor", 7)])
def test_the_review_is_due_by_the_table(stage: Stage, kind: str, days: int) -> None:
    stage.apply(kind=kind)
    (task,) = stage.tasks("centre_reviewer")
    due = calendar.working_days_after(task.created_at, days)
    assert abs(task.due_at - due) < timedelta(seconds=1)
    assert task.region == "430000"


def test_a_review_is_reminded_then_escalated_and_can_still_be_decided(stage: Stage) -> None:
    stage.apply()
    (task,) = stage.tasks("centre_reviewer")
    detail = f"/institutions/manage/{stage.row().code}"
    reminded = "临近审核时限，已提醒审核员"
    assert reminded not in stage.staff("operator").get(detail).text
    before = task.due_at - timedelta(minutes=1) - clock.now()
    stage.wait(seconds=before.total_seconds())
    assert reminded in stage.staff("operator").get(detail).text
    assert not stage.rows(select(Incident))
    stage.wait(minutes=2)
    (incident,) = stage.rows(select(Incident))
    assert incident.message == "准入资质审核超过时限，请督办"
    stage.decide("pass")
    assert stage.state() == "准入通过"
    stage.replayed("admission")


def test_reviewers_are_told_of_their_task_by_sms_and_nobody_else(stage: Stage) -> None:
    province, colleague, changsha, operator = (f"1380000000{n}" for n in range(4))
    holder = stage.reachable(province, sub="province")
    stage.reachable(colleague, sub="colleague")
    stage.reachable(changsha, sub="changsha", regions=("430100",))
    stage.reachable(operator, "operator")
    stage.apply()
    (task,) = stage.tasks("centre_reviewer")
    code, due = stage.row().code, clock.shown(task.due_at)
    new = f"您有新的待办“准入资质审核”，编号{code}，请在{due}前登录保函接收系统办理。"
    assert [stage.phones.texts(one) for one in (province, colleague)] == [[new], [new]]
    holder.post(f"/desk/tasks/{task.id}/claim")
    stage.wait(days=10)
    told = stage.phones.texts(province)
    assert told[1:] == [
        f"您的待办“准入资质审核”（编号{code}）将于{due}到期，请尽快办理。",
        f"您的待办“准入资质审核”（编号{code}）已超过时限{due}，业务运营正在督办，请立即办理。",
    ]
    assert [stage.phones.texts(one) for one in (colleague, changsha, operator)] == [[new], [], []]


def test_who_decides_in_time_is_not_reminded(stage: Stage) -> None:
    stage.reachable("13800000000")
    stage.apply()
    told = stage.phones.texts("13800000000")
    assert len(told) == 1
    stage.decide("pass")
    stage.wait(days=10)
    assert stage.phones.texts("13800000000") == told


def test_corrections_that_do_not_come_end_the_application(stage: Stage) -> None:
    stage.apply()
    stage.decide("correct")
    assert "还剩" in stage.progress()
    stage.wait(days=20)
    assert stage.state() == "准入不通过"
    page = stage.progress()
    assert "您的准入资质核验不通过！" in page
    assert "逾期未补正" in page
    assert "原因：逾期未补正" in "".join(stage.phones.texts(PHONE))
    assert stage.apply().status_code == 200
    assert stage.state() == "准入待审核"


@pytest.mark.parametrize("policy", ["admission", "acceptance", "offline"])
def test_the_shipped_drawings_have_no_findings(app: Flask, policy: str) -> None:
    with app.test_request_context("/"):
        assert check(Folder(policy, definitions.seeds(ROOT)[policy])) == []
