"""在线投诉, 我的投诉, 查看详情, and what the centre does with a complaint (manual 4.4, 4.5)."""

import re

import pytest
from sqlalchemy import select, text

from app.db import db, transaction
from app.institutions import Institution, InstitutionState
from tests.complaints.conftest import CONTENT, Stage

FINDING = {"outcome": "substantiated", "measure": "correct", "answer": "机构已承认延误，责令其三日内整改并向您致歉。"}


def state(page: str) -> str:
    found = re.search(r'class="state [^"]*badge[^"]*".*?<span>(.*?)</span>', page, re.S)
    assert found is not None, page
    return found.group(1)


def test_a_visitor_signs_in_first_and_comes_back_to_the_complaint(stage: Stage) -> None:
    answer = stage.app.test_client().get("/complaints/new?institution=BANK01")
    assert answer.status_code == 302
    assert answer.location == "/login?next=/complaints/new?institution%3DBANK01"


def test_the_form_says_what_the_manual_says(stage: Stage) -> None:
    page = stage.client().get("/complaints/new").text
    labels = re.findall(r'<label for="f-\w+">\s*<span class="must"[^>]*>\*</span>([^<]+)</label>', page)
    assert [label.strip() for label in labels] == ["投诉金融机构", "投诉内容", "投诉人姓名", "投诉人手机号", "验证码"]
    for shown in ("首页", "返回", "获取验证码", "请输入投诉内容", "请选择"):
        assert shown in page


def test_those_that_are_or_were_online_may_be_complained_of_and_nobody_else(stage: Stage) -> None:
    with stage.app.app_context(), transaction():
        rows = {row.code: row for row in db.session.scalars(select(Institution))}
        rows["BANK02"].state = InstitutionState.OFFLINE
        rows["INS01"].state = InstitutionState.ADMITTED
    page = stage.client().get("/complaints/new?institution=BANK02").text
    offered = re.findall(r'<option value="(\w+)"( selected)?', page)
    assert ("BANK01", "") in offered
    assert ("BANK02", " selected") in offered
    assert "INS01" not in dict(offered)
    refused = stage.client().post("/complaints/new", data=stage.said(institution="INS01"))
    assert refused.status_code == 422
    assert "投诉金融机构的选项已不存在" in refused.text


def test_what_is_missing_is_named_and_nothing_typed_is_lost(stage: Stage) -> None:
    answer = stage.client().post("/complaints/new", data=stage.said(content="太慢", phone="123"))
    assert answer.status_code == 422
    assert "投诉人手机号应为 11 位手机号" in answer.text
    assert "太慢" in answer.text


def test_a_code_that_was_not_sent_to_the_phone_files_nothing(stage: Stage) -> None:
    answer = stage.client().post("/complaints/new", data=stage.said(code="123456"))
    assert answer.status_code == 422
    assert "验证码已失效，请重新获取" in answer.text
    assert "还没有投诉" in stage.client().get("/complaints/").text


@pytest.mark.both_databases
def test_a_complaint_is_accepted_found_out_and_answered(stage: Stage) -> None:
    answer = stage.filed()
    assert "提交成功" in answer.text
    assert state(answer.text) == "待处理"
    no = re.search(r"TS\d{16}", answer.text).group()
    stage.accept(no)
    assert state(stage.page(no)) == "处理中"
    assert stage.decide(no, **FINDING).status_code == 303
    page = stage.page(no)
    assert state(page) == "已办结"
    for shown in (FINDING["answer"], "核实结论：属实", "待处理 → 处理中", "处理中 → 已办结", CONTENT):
        assert shown in page
    assert stage.texts(no) == [
        f"您的投诉{no}已由省交易中心受理，办结后会通知您。",
        f"您的投诉{no}已办结，办理结果请登录保函接收系统，在“我的投诉”中查看。",
    ]
    assert stage.incidents(no) == []


def test_a_complaint_is_declined_with_its_reason(stage: Stage) -> None:
    no = stage.file()
    bare = stage.decide(no, outcome="decline")
    assert bare.status_code == 422
    assert "请选择不予受理的原因" in bare.text
    stage.decide(no, outcome="decline", reason="C02", reason_text="请补充订单编号后重新提交。")
    page = stage.page(no)
    assert state(page) == "不予受理"
    assert "内容不具体，无法核实：请补充订单编号后重新提交。" in page
    assert "办理结果" in page
    assert [text for text in stage.texts(no) if "不予受理" in text]


def test_my_complaints_are_listed_by_state_and_only_mine(stage: Stage) -> None:
    kept, accepted = stage.file(), stage.file(institution="INS01")
    stage.accept(accepted)
    page = stage.client().get("/complaints/").text
    assert kept in page
    assert accepted in page
    assert "查看详情" in page
    pending = stage.client().get("/complaints/?state=pending").text
    assert kept in pending
    assert accepted not in pending
    stranger = stage.client(sub="else", name="衡岳建设有限公司", uscc="91430100MA8LGT0785")
    assert "还没有投诉" in stranger.get("/complaints/").text
    assert stranger.get(f"/complaints/{kept}").status_code == 404
    assert stranger.get(f"/complaints/{kept}/live").status_code == 404


def test_a_tenderer_of_the_same_company_sees_the_companys_complaints(stage: Stage) -> None:
    no = stage.file()
    assert no in stage.client("tenderer", sub="colleague").get("/complaints/").text


def test_it_goes_to_the_provincial_centre_alone(stage: Stage) -> None:
    no = stage.file()
    assert no in stage.client("centre_reviewer", regions=("430000",)).get("/desk/").text
    assert no not in stage.client("centre_reviewer", sub="zhuzhou", regions=("430200",)).get("/desk/").text
    for role in ("institution_reviewer", "institution_admin", "operator"):
        assert no not in stage.client(role).get("/desk/").text


def test_the_reviewer_reads_the_complaint_with_the_complainant_masked(stage: Stage) -> None:
    no = stage.file()
    page = stage.client("centre_reviewer").get(f"/desk/tasks/{stage.task(no)}").text
    for shown in (no, CONTENT, stage.bank["name"], "王**", "139****0001"):
        assert shown in page
    for hidden in ("王小明", "13900000001", "湘江建设有限公司"):
        assert hidden not in page


@pytest.mark.both_databases
def test_no_table_holds_what_was_complained_of_or_by_whom(stage: Stage) -> None:
    no = stage.file()
    stage.accept(no)
    stage.decide(no, **FINDING)
    with stage.app.app_context():
        tables = db.metadata.sorted_tables
        held = "\n".join(
            str(row) for table in tables for row in db.session.execute(text(f'SELECT * FROM "{table.name}"'))
        )
    for secret in (CONTENT, "王小明", "13900000001", "湘江建设有限公司", FINDING["answer"]):
        assert secret not in held


def test_a_finding_may_propose_to_take_the_institution_offline(stage: Stage) -> None:
    no = stage.file()
    stage.accept(no)
    stage.decide(no, **FINDING | {"measure": "offline", "grounds": "多次延误出函，经责令整改仍未改正"})
    assert state(stage.page(no)) == "已办结"
    operator = stage.client("operator")
    queue = operator.get("/desk/?kind=offline").text
    page = operator.get(re.search(r"/desk/tasks/\d+", queue).group()).text
    for shown in (stage.bank["name"], "多次延误出函，经责令整改仍未改正", "投诉核实"):
        assert shown in page
    for hidden in ("王小明", "王**", CONTENT, no):
        assert hidden not in page


def test_a_complaint_that_is_not_true_asks_for_no_measure(stage: Stage) -> None:
    no = stage.file()
    stage.accept(no)
    assert stage.decide(no, outcome="unsubstantiated", answer="经核实，机构已按时出函。").status_code == 303
    assert "核实结论：不属实" in stage.page(no)
    assert stage.incidents(no) == []


def test_a_complaint_nobody_looks_at_is_reminded_of_and_then_reported(stage: Stage) -> None:
    no = stage.file()
    stage.wait_working_days(3)
    assert "受理期限将至" in stage.page(no)
    assert stage.incidents(no) == []
    stage.wait_working_days(2)
    assert stage.incidents(no) == ["投诉超过期限仍未受理审核，请督办"]
    stage.accept(no)
    assert state(stage.page(no)) == "处理中"
    stage.wait_working_days(25)
    assert "办理期限将至" in stage.page(no)
    stage.wait_working_days(5)
    assert stage.incidents(no)[1:] == ["投诉超过期限仍未核实处理，请督办"]
    stage.decide(no, **FINDING)
    assert state(stage.page(no)) == "已办结"
