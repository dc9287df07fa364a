"""金融机构, for operators: the list, keys, 下线 and back, proposals; what reviewers see and who sees it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.audit import AuditLine
from app.db import transaction
from app.institutions import offline
from app.institutions.keys import ApiKey, valid
from app.runtime.models import Incident, Instance
from tests.institutions.stage import NAME, PHONE, USCC, Stage
from tests.support.time import later
from tests.support.work import work


def test_the_reviewer_sees_who_applies_and_reveals_on_the_record(stage: Stage) -> None:
    stage.apply()
    reviewer, code = stage.staff(), stage.row().code
    (task,) = stage.tasks("centre_reviewer")
    page = reviewer.get(f"/desk/tasks/{task.id}").text
    for shown in (
        NAME,
        USCC,
        "校验位与 GB 32100 不符，请核对",
        "授权书.pdf",
        "132****2152",
        "授权书或申请材料缺失、不清晰",
    ):
        assert shown in page
    assert PHONE not in page
    reveal = f"/institutions/manage/{code}/reveal/phone"
    assert reviewer.post(reveal, headers={"Accept": "application/json"}).json == {"value": PHONE}
    assert PHONE in reviewer.post(reveal).text
    file = stage.row().documents["admission"][0]["file"]
    answer = reviewer.get(f"/institutions/manage/{code}/files/{file}")
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF")
    assert reviewer.get(f"/institutions/manage/{code}/files/{file + 1}").status_code == 404
    lines = stage.rows(select(AuditLine.text).where(AuditLine.subject == f"desk:{code}"))
    assert lines == ["查看个人信息：联系人", "查看个人信息：联系人", "查看附件"]


def test_other_centres_see_neither_task_nor_institution(stage: Stage) -> None:
    stage.apply()
    changsha = stage.staff("centre_reviewer", regions=("430100",), sub="changsha")
    (task,) = stage.tasks("centre_reviewer")
    assert changsha.get(f"/desk/tasks/{task.id}").status_code in (403, 404)
    assert changsha.get(f"/institutions/manage/{stage.row().code}").status_code in (403, 404)
    assert changsha.post(f"/institutions/manage/{stage.row().code}/reveal/phone").status_code in (403, 404)


def test_a_refusal_without_code_or_words_is_sent_back(stage: Stage) -> None:
    stage.apply()
    (task,) = stage.tasks("centre_reviewer")
    answer = stage.staff().post(f"/desk/tasks/{task.id}", data={"result": "reject"})
    assert answer.status_code == 422
    assert "请选择原因" in answer.text
    assert "请输入具体说明" in answer.text
    assert stage.state() == "准入待审核"


@pytest.mark.both_databases
def test_two_reviewers_at_once_decide_once(stage: Stage) -> None:
    stage.apply()
    (task,) = stage.tasks("centre_reviewer")
    clients = [stage.staff(sub=f"reviewer-{n}") for n in range(4)]
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda one: one.post(f"/desk/tasks/{task.id}", data={"result": "pass"}).status_code, clients)
        )
    assert sorted(answers) == [303, 409, 409, 409]
    assert stage.state() == "准入通过"
    assert len(stage.rows(select(ApiKey).where(ApiKey.app_id == stage.row().app_id))) == 2


@pytest.mark.both_databases
def test_one_credit_code_applying_twice_at_once_is_one_case(stage: Stage) -> None:
    phones = ["13298652152", "13298652153", "13298652154"]
    codes = {phone: stage.code("admission", phone) for phone in phones}
    with ThreadPoolExecutor(3) as pool:
        answers = list(
            pool.map(
                lambda phone: (
                    Stage(stage.app, stage.phones).apply(phone=phone, code=codes[phone], follow=False).status_code
                ),
                phones,
            )
        )
    assert sorted(answers) == [302, 409, 409]
    assert len(stage.rows(select(Instance))) == len(stage.tasks("centre_reviewer")) == 1


def test_the_list_is_filtered_by_state_and_searched(stage: Stage) -> None:
    stage.apply()
    stage.decide("reject")
    stage.apply(uscc="91110000MA01L1EW65", name="世二担保有限责任公司", kind="guarantor")
    operator = stage.staff("operator")
    everything = operator.get("/institutions/manage/").text
    assert NAME in everything
    assert "世二担保有限责任公司" in everything
    rejected = operator.get("/institutions/manage/?state=admission_rejected").text
    assert NAME in rejected
    assert "世二担保有限责任公司" not in rejected
    assert NAME not in operator.get("/institutions/manage/?q=91110000ma01l1ew65").text
    assert "没有这样的机构" in operator.get("/institutions/manage/?q=100%25").text


def test_keys_rotate_with_a_week_of_overlap(stage: Stage) -> None:
    stage.apply()
    operator, code, app_id = stage.staff("operator"), stage.row().code, stage.row().app_id
    assert operator.post(f"/institutions/manage/{code}/rotate").status_code == 409
    stage.decide("pass")
    old = stage.progress()
    assert operator.post(f"/institutions/manage/{code}/rotate").status_code == 303
    with stage.app.app_context():
        first, second = valid(app_id)
    assert first.secret not in old
    page = stage.progress()
    assert first.secret in page
    assert second.secret in page
    with later(days=7, seconds=1), stage.app.app_context():
        assert [key.secret for key in valid(app_id)] == [first.secret]
        assert len(valid(app_id, "test")) == 1
    assert "更换接口密钥" in operator.get(f"/institutions/manage/{code}").text


def test_an_operator_takes_an_institution_offline_and_back(stage: Stage) -> None:
    stage.online()
    code, operator = stage.row().code, stage.staff("operator")
    page = operator.get(f"/institutions/manage/{code}")
    assert f"/institutions/manage/{code}/offline" in page.text
    assert f"/acceptance/?institution={code}" in page.text
    missing = operator.post(f"/institutions/manage/{code}/offline", data={})
    assert missing.status_code == 422
    assert "请选择下线原因" in missing.text
    assert stage.offline().status_code == 303
    assert stage.state() == "已下线"
    assert f"贵机构“{NAME}”已下线，原因：接口连续三天不可用" in stage.phones.texts(PHONE)[-1]
    page = operator.get(f"/institutions/manage/{code}").text
    assert "待办理：恢复上线" in page
    assert "已上线 → 已下线" in page
    assert stage.offline().status_code == 409
    stage.decide("", role="operator", reason="已整改，联调通过")
    assert stage.state() == "已上线"
    assert stage.phones.texts(PHONE)[-1] == f"贵机构“{NAME}”已恢复上线。"
    stage.offline("再次不可用")
    assert stage.state() == "已下线"
    stage.replayed("offline", code)


def test_an_institution_long_offline_is_brought_up_again_and_again(stage: Stage) -> None:
    stage.online()
    stage.offline()
    stage.wait(days=181)
    told = [one.message for one in stage.rows(select(Incident)) if one.policy == "offline"]
    assert told == ["机构已下线 90 天，请复核是否恢复上线"] * 2


@pytest.mark.parametrize(("opinion", "state"), [("agree", "已下线"), ("decline", "已上线")])
def test_a_proposal_is_decided_by_an_operator(stage: Stage, opinion: str, state: str) -> None:
    stage.online()
    code = stage.row().code
    with stage.app.app_context():
        for turn in range(2):
            with transaction():
                offline.propose(code, "夜间验收连续失败", origin="夜间验收", key=f"night:{turn}")
    work(stage.app)
    assert stage.state() == "已上线"
    (task,) = stage.tasks("operator")
    assert "夜间验收连续失败" in stage.staff("operator").get(f"/desk/tasks/{task.id}").text
    assert task.name == "核实下线建议"
    reason = {"reason_code": "F01"} if opinion == "agree" else {}
    stage.decide(opinion, role="operator", reason="核实过了", **reason)
    assert stage.state() == state
    if opinion == "agree":
        assert "原因：核实过了" in stage.phones.texts(PHONE)[-1]
    stage.replayed("offline", code)


def test_a_proposal_nobody_looks_into_is_an_incident(stage: Stage) -> None:
    stage.online()
    code = stage.row().code
    with stage.app.app_context(), transaction():
        offline.propose(code, "夜间验收连续失败", origin="夜间验收", key="night")
    stage.wait(days=3)
    assert [one.message for one in stage.rows(select(Incident)) if one.policy == "offline"] == [
        "机构下线建议超过两天未核实"
    ]
    assert stage.state() == "已上线"
    assert clock.offset() > timedelta(days=2)
