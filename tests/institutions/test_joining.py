"""准入, 验收 and 准入进度 (manual chapter 3): what applicants read, what the centre decides."""

import io
import re
import zipfile

import pytest
from sqlalchemy import select, text

from app.audit import AuditLine
from app.db import db
from app.institutions.keys import ApiKey
from app.protocol.signing import new_sm2_key
from tests.institutions.stage import NAME, PHONE, USCC, Stage
from tests.support import papers
from tests.support.time import later

NOBODY = "未查询到匹配的准入申请信息，请核对后重试"


def test_an_application_is_received_and_its_progress_is_told(stage: Stage) -> None:
    page = stage.apply().text
    assert "提交成功, 等待准入资质核验中。" in page
    assert "您可通过" in page
    assert stage.state() == "准入待审核"
    assert "您的准入资质核验中，请稍后查询。" in stage.ask("acceptance").text
    progress = stage.progress()
    assert "您的准入资质核验中！" in progress
    assert NAME in progress
    assert stage.row().app_id not in progress


def test_admission_makes_user_and_key_and_shows_them_behind_the_code_only(stage: Stage) -> None:
    stage.admitted()
    assert stage.state() == "准入通过"
    page = stage.progress()
    assert "您的准入资质核验通过！可复制用户和密钥信息用于接口对接。" in page
    app_id = stage.row().app_id
    found = {key.env: key for key in stage.rows(select(ApiKey).where(ApiKey.app_id == app_id))}
    assert set(found) == {"", "test"}
    for shown in (app_id, found[""].secret, found["test"].secret):
        assert f'data-copy="{shown}"' in page
    told = stage.phones.texts(PHONE)[-2]
    assert told.startswith(f"贵机构“{NAME}”的准入资质核验通过")
    showings = stage.rows(select(AuditLine).where(AuditLine.subject == f"desk:{stage.row().code}"))
    assert [line.text for line in showings] == ["查看接口密钥"]
    fresh = stage.app.test_client().get("/institutions/join/progress/result")
    assert fresh.status_code == 302
    with later(minutes=16):
        assert stage.client.get("/institutions/join/progress/result").status_code == 302
    stage.replayed("admission")


def test_a_refusal_has_its_reason_and_a_new_application_may_follow(stage: Stage) -> None:
    stage.apply()
    stage.decide("reject")
    assert stage.state() == "准入不通过"
    assert "抱歉，您的准入资质核验不通过，无法提交验收申请。" in stage.ask("acceptance").text
    page = stage.progress()
    assert "您的准入资质核验不通过！" in page
    assert "授权书没有盖章" in page
    assert "重新申请" in page
    assert "原因：授权书没有盖章" in stage.phones.texts(PHONE)[-3]
    assert stage.apply(intro="补充了资质").status_code == 200
    stage.decide("pass")
    assert stage.state() == "准入通过"
    stage.replayed("admission", f"{stage.row().code}-2")


@pytest.mark.parametrize(
    "wrong", [{"name": "世二保险集团有限责任公司"}, {"uscc": "91110000MA01L1EW65"}, {"phone": "13900000001"}]
)
def test_whichever_field_is_wrong_it_says_the_same(stage: Stage, wrong: dict[str, str]) -> None:
    stage.apply()
    for page in ("progress", "acceptance"):
        answer = stage.ask(page, **wrong)
        assert answer.status_code == 404
        assert NOBODY in answer.text


def test_a_name_is_known_in_other_letters(stage: Stage) -> None:
    stage.apply(name="ABC 保险")
    assert "您的准入资质核验中！" in stage.progress(name="ａｂｃ保险")


def test_a_wrong_code_opens_nothing_and_keeps_what_was_typed(stage: Stage) -> None:
    stage.code("admission")
    answer = stage.apply(code="000000")
    assert answer.status_code == 422
    assert "验证码不正确，请核对短信后重新输入" in answer.text
    assert NAME in answer.text
    assert not stage.tasks("centre_reviewer")


def test_every_field_says_what_is_missing(stage: Stage) -> None:
    answer = stage.client.post("/institutions/join/admission", data={})
    assert answer.status_code == 422
    for told in (
        "请输入金融机构名称", "请输入统一社会信用代码", "请选择机构类型", "请输入机构介绍", "请输入联系人",
        "请输入联系手机号", "请上传附件", "请输入验证码",
    ):  # fmt: skip
        assert told in answer.text


def test_a_credit_code_applies_once(stage: Stage) -> None:
    stage.apply()
    again = stage.apply(phone="13900000001")
    assert again.status_code == 409
    assert "该统一社会信用代码已提交准入申请，正在核验，请勿重复提交" in again.text
    stage.decide("pass")
    again = stage.apply(phone="13900000001")
    assert again.status_code == 409
    assert "该统一社会信用代码已通过准入" in again.text
    assert stage.row().contact["phone"] == PHONE


def test_correction_goes_to_the_applicant_and_back_to_the_reviewer(stage: Stage) -> None:
    stage.apply()
    stage.decide("correct")
    assert stage.state() == "准入待审核"
    assert not stage.tasks("centre_reviewer")
    assert "需要补正：授权书没有盖章" in stage.phones.texts(PHONE)[-1]
    page = stage.progress()
    assert "申请被退回补正" in page
    assert "授权书没有盖章" in page
    said = {"name": NAME, "kind": "bank", "intro": "更正为银行", "contact": "何静秋"}
    new = {"attachments": (io.BytesIO(papers.pdf("新授权书")), "新授权书.pdf")}
    assert "补正材料已提交" in stage.correct(**said, **new).text
    assert stage.row().kind == "bank"
    assert [one["name"] for one in stage.row().documents["admission"]] == ["新授权书.pdf"]
    assert stage.correct(**said).status_code == 409
    stage.decide("pass")
    assert stage.state() == "准入通过"
    stage.replayed("admission")


def test_nobody_corrects_without_the_code(stage: Stage) -> None:
    stage.apply()
    stage.decide("correct")
    stranger = stage.app.test_client().post("/institutions/join/progress/correct", data={"name": "别人"})
    assert stranger.status_code == 302
    assert stranger.location == "/institutions/join/progress"
    assert stage.row().name == NAME


def test_acceptance_leads_online_or_back_to_admitted(stage: Stage) -> None:
    stage.admitted()
    assert "提交成功" in stage.submit().text
    assert stage.state() == "上线待审核"
    closed = "您的接口待验收或者验收通过，无法重复提交验收申请。"
    assert closed in stage.ask("acceptance").text
    stage.decide("reject", reason="回调没有签名")
    assert stage.state() == "准入通过"
    page = stage.progress()
    assert "上次验收未通过" in page
    assert "回调没有签名" in page
    assert "您的准入资质核验通过！可复制用户和密钥信息用于接口对接。" in page
    stage.submit()
    stage.decide("correct", reason="请补充验收报告")
    assert "请补充验收报告" in stage.progress()
    assert "补正材料已提交" in stage.correct(endpoint_url="https://127.0.0.1:1/v2").text
    stage.decide("pass")
    assert stage.state() == "已上线"
    assert stage.row().endpoint_url == "https://127.0.0.1:1/v2"
    assert closed in stage.ask("acceptance").text
    assert stage.app.test_client().get(f"/institutions/{stage.row().code}/logo").mimetype == "image/png"
    stage.replayed("acceptance", f"{stage.row().code}-2")


def test_the_data_page_needs_the_look_up_and_good_keys(stage: Stage) -> None:
    stage.admitted()
    assert stage.client.get("/institutions/join/acceptance/data").location == "/institutions/join/acceptance"
    answer = stage.submit(sm2_public="12345", certificate="no certificate")
    assert answer.status_code == 422
    assert "SM2公钥应为 128 位十六进制（可带 04 前缀）" in answer.text
    assert "电子签章证书应为 PEM 格式的证书" in answer.text
    answer = stage.client.post(
        "/institutions/join/acceptance/data", data={"logo": (io.BytesIO(b"GIF89a" + b"0" * 50), "x.gif")}
    )
    for told in ("Logo“x.gif”的内容不是 png, jpg 格式", "请输入接口地址", "请上传附件", "请输入验证码"):
        assert told in answer.text
    assert stage.state() == "准入通过"


def test_a_registered_sm2_key_is_told_with_its_number(stage: Stage) -> None:
    stage.admitted()
    pair = new_sm2_key("own")
    assert "提交成功" in stage.submit(sm2_public=f"04{pair.public}").text
    page = stage.progress()
    (key,) = stage.rows(select(ApiKey).where(ApiKey.public == pair.public))
    assert key.key_id in page
    assert f"{pair.public[:8]}…{pair.public[-8:]}" in page


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://10.0.0.8/baohan", "该地址指向内部网络，不能作为接口地址"),
        ("https://[::1]/baohan", "该地址指向内部网络，不能作为接口地址"),
        ("https://user:word@127.0.0.1/", "接口地址不应含用户名、密码、?或#"),
    ],
)
def test_an_endpoint_inside_a_house_is_refused_at_its_field(stage: Stage, url: str, told: str) -> None:
    stage.admitted()
    answer = stage.submit(endpoint_url=url)
    assert (answer.status_code, told in answer.text) == (422, True)
    assert stage.state() == "准入通过"


def test_the_reviewer_sees_the_report_beside_the_decision(stage: Stage) -> None:
    stage.admitted()
    stage.submit()
    (task,) = stage.tasks("centre_reviewer")
    page = stage.staff().get(f"/desk/tasks/{task.id}").text
    assert "接口验收" in page
    assert "A14-1 连通测试" in page
    assert "无法连接" in page
    assert re.search(r'href="/acceptance/YS\d+"', page)


def test_an_institution_offline_cannot_ask_for_acceptance(stage: Stage) -> None:
    stage.online()
    assert stage.offline().status_code == 303
    assert "抱歉，您的金融机构已下线，无法提交验收申请。" in stage.ask("acceptance").text
    assert "您的准入资质核验通过！" in stage.progress()


@pytest.mark.parametrize(
    ("name", "title"), [("authorization", "金融机构申请人授权书"), ("admission", "金融机构准入申请")]
)
def test_templates_are_word_files(stage: Stage, name: str, title: str) -> None:
    answer = stage.client.get(f"/institutions/join/templates/{name}.docx")
    assert "filename*=UTF-8''%E9%87%91" in answer.headers["Content-Disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert title in archive.read("word/document.xml").decode()
    assert stage.client.get("/institutions/join/templates/other.docx").status_code == 404


def test_contacts_stand_sealed_everywhere(stage: Stage) -> None:
    stage.apply()
    stage.decide("correct")
    stage.progress()
    stage.correct(name=NAME, kind="bank", intro="更正", contact="何静秋")
    with stage.app.app_context():
        tables = [table.name for table in db.metadata.sorted_tables]
        rows = [str(row) for name in tables for row in db.session.execute(text(f"SELECT * FROM {name}"))]
    assert [row for row in rows if PHONE in row or "何静秋" in row] == []


def test_a_strict_installation_refuses_a_wrong_check_digit(stage: Stage) -> None:
    stage.app.config["USCC_CHECK"] = "strict"
    answer = stage.apply()
    assert answer.status_code == 422
    assert "统一社会信用代码校验位不正确，请核对后重新输入" in answer.text
    assert USCC in answer.text
    stage.app.config["USCC_CHECK"] = "warn"
