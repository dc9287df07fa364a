"""内容维护: operators change lists and texts in the running product, and people see them at once."""

import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from app.audit import AuditLine
from app.db import db, transaction
from app.institutions import catalogue
from app.notices import telling
from app.settings import ROOT
from tests.support.people import login_as

PATHS = ["/lists/", "/lists/reasons", "/lists/texts", "/lists/site", "/lists/types/new", "/lists/reasons/refund/new"]


@pytest.fixture
def operator(app, demo) -> FlaskClient:
    with app.app_context(), transaction():
        telling.seed_texts(ROOT / "config/messages.yaml")
    client = app.test_client()
    login_as(client, "operator")
    return client


def typed(client: FlaskClient, path: str) -> dict[str, str]:
    """What the form at `path` holds."""
    page = client.get(path).text
    values = dict(re.findall(r'<input id="f-\w+" name="(\w+)"[^>]* value="([^"]*)"', page))
    values |= dict(re.findall(r'<textarea id="f-\w+" name="(\w+)"[^>]*>\n?([^<]*)</textarea>', page))
    values |= dict(re.findall(r'<select id="f-\w+" name="(\w+)".*?<option value="(\w+)" selected>', page, re.S))
    ticked = re.findall(r'<input type="checkbox"[^>]*name="(\w+)"[^>]* checked', page)
    return {key: unescape(value).strip() for key, value in values.items()} | dict.fromkeys(ticked, "true")


def audited(app, subject: str) -> list[str]:
    with app.app_context():
        query = select(AuditLine.text).where(AuditLine.subject == subject).order_by(AuditLine.id)
        return list(db.session.scalars(query))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_page_stands_in_both_languages(operator, path, lang):
    assert operator.get(path, query_string={"lang": lang}).status_code == 200


@pytest.mark.both_databases
def test_a_product_type_that_is_renamed_and_withdrawn_changes_home(app, operator, client):
    said = typed(operator, "/lists/types/insurance_bond") | {"name": "投标保证保险（电子）"}
    assert operator.post("/lists/types/insurance_bond", data=said).status_code == 302
    assert "投标保证保险（电子）" in client.get("/").text
    said.pop("offered")
    operator.post("/lists/types/insurance_bond", data=said)
    assert "投标保证保险（电子）" not in client.get("/").text
    assert audited(app, "lists:type:insurance_bond") == ["修改产品类型", "修改产品类型"]


def test_a_product_type_is_added_once_under_its_code(operator):
    said = {"code": "online_bond", "name": "线上投标保函", "kind": "bank", "intro": "全程线上", "position": "9"}
    assert operator.post("/lists/types/new", data=said | {"offered": "true"}).status_code == 302
    assert "线上投标保函" in operator.get("/lists/").text
    again = operator.post("/lists/types/new", data=said)
    assert again.status_code == 422
    assert "该编号已在使用" in again.text
    wrong = operator.post("/lists/types/new", data=said | {"code": "线上"})
    assert "编号应为 3 至 40 个小写字母、数字或下划线，以字母开头" in wrong.text


@pytest.mark.both_databases
def test_a_reason_is_added_changed_and_no_longer_offered(app, operator):
    new = {"code": "R05", "text": "投标文件未能按时递交", "position": "5", "offered": "true"}
    assert operator.post("/lists/reasons/refund/new", data=new).status_code == 302
    assert "投标文件未能按时递交" in operator.get("/lists/reasons?purpose=refund").text
    operator.post("/lists/reasons/refund/R05", data={"text": "未能按时投标", "position": "5"})
    with app.app_context():
        assert "R05" not in [one.code for one in catalogue.reasons("refund")]
    assert "未能按时投标" in operator.get("/lists/reasons?purpose=refund").text
    assert audited(app, "lists:reason:refund:R05") == ["新增原因代码", "修改原因代码"]
    assert operator.get("/lists/reasons/refund/R77").status_code == 404
    assert operator.post("/lists/reasons/nothing/new", data=new).status_code == 404


def test_a_text_may_use_only_the_places_somebody_fills(app, operator):
    said = {"title": "保函已出具", "text": "订单{no}已出函，保费{premium}元，请{name}下载。", "sms": "true"}
    refused = operator.post("/lists/texts/order_issued", data=said)
    assert refused.status_code == 422
    assert "不能使用 {name}；可以使用 {no}、{premium}、{reason}" in refused.text
    said["text"] = "订单{no}已出函，保费{premium}元，请下载。"
    preview = operator.post("/lists/texts/order_issued", data=said | {"preview": "yes"})
    assert "订单DD2026112348210937已出函，保费1,800.00元，请下载。" in preview.text
    assert "同时发 1 条短信" in preview.text
    with app.app_context():
        assert "请登录" in telling.text_of("order_issued").text  # a preview keeps nothing
    assert operator.post("/lists/texts/order_issued", data=said).status_code == 302
    with app.app_context():
        assert telling.text_of("order_issued").text == said["text"]
    assert audited(app, "lists:text:order_issued") == ["修改通知文本"]


@pytest.mark.both_databases
def test_contacts_and_footer_are_on_every_page_at_once(operator, client):
    said = typed(operator, "/lists/site")
    said["business"] = "保函业务咨询 | 0731-88886666 | 工作日 9:00–17:00 | Guarantee desk | Working days 9:00–17:00"
    said["footer"] = "主办：湖南省公共资源交易中心\n备案号：湘ICP备00000000号"
    assert operator.post("/lists/site", data=said).status_code == 302
    page = client.get("/help").text
    for shown in ("保函业务咨询", 'href="tel:0731-88886666"', "工作日 9:00–17:00", "湘ICP备00000000号"):
        assert shown in page
    assert "Guarantee desk" in client.get("/help?lang=en").text
    assert typed(operator, "/lists/site")["business"] == said["business"]


def test_a_contact_that_cannot_be_read_is_named_by_its_line(operator):
    said = typed(operator, "/lists/site") | {"maintenance": "系统维护 | 0731-1 \n值班电话"}
    refused = operator.post("/lists/site", data=said)
    assert refused.status_code == 422
    assert "第 2 行应写作：名称 | 电话 | 服务时间" in refused.text
    assert "值班电话" in refused.text


def test_the_manual_is_a_pdf_that_says_who_to_ask(operator, client):
    first = client.get("/help/manual.pdf")
    assert first.data.startswith(b"%PDF")
    assert first.mimetype == "application/pdf"
    assert client.get("/help/manual.pdf", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    said = typed(operator, "/lists/site") | {"business": "保函业务咨询 | 0731-88886666"}
    operator.post("/lists/site", data=said)
    assert client.get("/help/manual.pdf").headers["ETag"] != first.headers["ETag"]
