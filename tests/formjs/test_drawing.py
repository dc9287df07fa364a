"""Forms as HTML: labels, hints, errors in their places, nothing typed lost, nothing personal shown."""

import json
import re

from lxml import html
from werkzeug.datastructures import MultiDict

from app import formjs
from tests.formjs.conftest import document

MUST = {"validate": {"required": True}}
EXPLANATION = """请**如实**填写 <script>

- 一
- 二

[条款](https://example.com/a) [坏](javascript:alert(1))"""
YES_NO = [{"label": "是", "value": "y"}, {"label": "否", "value": "n"}]
PAPERS = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]
KINDS = [{"label": "普票", "value": "n"}, {"label": "专票", "value": "s"}]
PHONE = {"properties": {"format": "phone", "secrecy": "personal"}, **MUST}
CODE = {"properties": {"format": "sms", "phone": "phone", "purpose": "admission"}, **MUST}
EVERYTHING = document(
    {"type": "text", "text": EXPLANATION},
    {"type": "textfield", "key": "name", "label": "金融机构名称", "description": "或简称", **MUST},
    {"type": "textarea", "key": "intro", "label": "机构介绍", **MUST},
    {"type": "number", "key": "days", "label": "天数"},
    {"type": "number", "key": "amount", "label": "担保金额", "properties": {"money": "yuan"}},
    {"type": "select", "key": "kind", "label": "机构类型", "values": [{"label": "银行", "value": "bank"}], **MUST},
    {"type": "radio", "key": "yes", "label": "是否", "values": YES_NO},
    {"type": "checklist", "key": "more", "label": "材料", "values": PAPERS},
    {"type": "checkbox", "key": "agree", "label": "我已阅读", **MUST},
    {"type": "datetime", "subtype": "date", "key": "to", "label": "到期日"},
    {"type": "filepicker", "key": "files", "label": "附件", "accept": ".pdf,.zip", **MUST},
    {"type": "textfield", "key": "phone", "label": "联系手机号", **PHONE},
    {"type": "textfield", "key": "code", "label": "验证码", **CODE},
)  # fmt: skip


def drawn(schema, *args, **kwargs):
    return html.fragment_fromstring(str(formjs.load(schema).render(*args, **kwargs)), create_parent="form")


def test_every_control_has_a_label_and_a_name():
    page = drawn(EVERYTHING)
    controls = page.xpath("//input|//select|//textarea")
    assert len(controls) == 14
    for control in controls:
        labels = page.xpath(f"//label[@for='{control.get('id')}']") or control.xpath("ancestor::label")
        assert labels, control.get("name")
        assert labels[0].text_content().strip()


def test_what_must_be_given_is_starred_and_the_rest_is_marked_optional():
    page = drawn(EVERYTHING)
    words = {f.xpath("string(.//label|.//legend)").strip() for f in page.xpath("//div[contains(@class, 'field')]")}
    assert "*金融机构名称" in words
    assert "天数 选填" in words


def test_placeholders_are_the_manuals():
    page = drawn(EVERYTHING)
    assert page.xpath("//input[@name='name']/@placeholder") == ["请输入金融机构名称"]
    assert page.xpath("string(//select[@name='kind']/option[1])") == "请选择"


def test_errors_stand_at_the_field_and_in_a_summary_that_leads_there():
    page = drawn(EVERYTHING, errors={"agree": "请勾选", "name": "请输入金融机构名称", "yes": "请选择是否"})
    summary = page.xpath("//*[@data-focus]")[0]
    assert [a.get("href") for a in summary.xpath(".//a")] == ["#f-name", "#f-yes", "#f-agree"]
    for link in summary.xpath(".//a/@href"):
        assert page.xpath(f"//*[@id='{link[1:]}' and (self::input or self::select or self::textarea)]")
    name = page.xpath("//input[@name='name']")[0]
    assert name.get("aria-invalid") == "true"
    assert name.get("aria-describedby") == "f-name-hint f-name-error"
    assert page.xpath("string(//*[@id='f-name-error'])") == "请输入金融机构名称"


def test_an_error_that_belongs_to_no_field_is_told_without_a_link():
    page = drawn(EVERYTHING, errors={"other": "请重新登录"})
    assert page.xpath("//*[@data-focus]//li[not(a)]/text()") == ["请重新登录"]


def test_what_was_typed_is_shown_again_as_it_was():
    sent = MultiDict(
        [("name", '"><b>x'), ("days", "abc"), ("amount", "1,2"), ("kind", "bank"), ("yes", "n"), ("more", "b"),
         ("agree", "true"), ("to", "x"), ("intro", "\n两行\n</textarea>")]
    )  # fmt: skip
    page = drawn(EVERYTHING, sent)
    value = lambda name: page.xpath(f"//input[@name='{name}']/@value")[0]
    assert (value("name"), value("days"), value("amount"), value("to")) == ('"><b>x', "abc", "1,2", "x")
    assert page.xpath("//option[@selected]/@value") == ["bank"]
    assert page.xpath("//input[@checked]/@value") == ["n", "b", "true"]
    assert page.xpath("//textarea")[0].text.removeprefix("\n") == "\n两行\n</textarea>"
    assert not page.xpath("//b")


def test_data_is_shown_as_it_is_typed():
    page = drawn(EVERYTHING, {"amount": 123456, "agree": True, "more": ["a"], "kind": "bank"})
    assert page.xpath("//input[@name='amount']/@value") == ["1234.56"]
    assert page.xpath("//input[@checked]/@value") == ["a", "true"]


def test_fixed_personal_fields_are_masked_and_have_no_control():
    schema = document(
        {"type": "textfield", "key": "phone", "label": "手机", "readonly": True, "properties": {"secrecy": "personal"}}
    )
    page = drawn(schema, {"phone": "13298652152"}, sent=MultiDict({"phone": "x"}))
    assert page.xpath("string(//*[@id='f-phone'])") == "132****2152"
    assert not page.xpath("//input")
    assert "13298652152" not in html.tostring(page, encoding="unicode")


def test_personal_fields_and_codes_are_kept_out_of_drafts():
    page = drawn(EVERYTHING)
    kept_out = page.xpath("//*[@data-personal]//input/@name")
    assert kept_out == ["phone", "code"]


def test_the_code_button_knows_its_phone_and_purpose():
    button = drawn(EVERYTHING, ctx={"sms_url": "/codes"}).xpath("//button[@data-sms]")[0]
    assert (button.get("data-sms"), button.get("data-phone"), button.get("data-purpose")) == (
        "/codes",
        "phone",
        "admission",
    )
    assert button.text == "获取验证码"


def test_explanations_carry_no_html_and_no_script_addresses():
    text = str(formjs.load(EVERYTHING).render())
    assert "<strong>如实</strong>" in text
    assert "&lt;script&gt;" in text
    assert re.findall(r'<a href="([^"]+)"', text) == ["https://example.com/a"]


def test_conditions_are_foretold_for_the_browser():
    schema = document(
        {"type": "radio", "key": "kind", "label": "种类", "values": KINDS},
        {"type": "checkbox", "key": "paper", "label": "纸质"},
        {"type": "textfield", "key": "bank", "label": "开户行", "conditional": {"hide": '=kind != "s" or paper'}},
        {"type": "textfield", "key": "far", "label": "说明", "conditional": {"hide": '=bank = "x"'}},
    )  # fmt: skip
    page = drawn(schema, {"kind": "s"})
    bank = page.xpath("//div[.//input[@name='bank']]")[0]
    assert bank.get("hidden") is None
    hidden_when = json.loads(bank.get("data-hide-when"))
    assert {"kind": "s", "paper": "false"} not in hidden_when
    assert {"kind": "s", "paper": "true"} in hidden_when
    assert {"kind": "", "paper": "false"} in hidden_when
    far = page.xpath("//div[.//input[@name='far']]")[0]
    assert far.get("data-hide-when") is None
    assert drawn(schema, {"kind": "n"}).xpath("//div[.//input[@name='bank']]/@hidden")


def test_labels_follow_the_readers_language(flask_app):
    with flask_app.test_request_context("/?lang=en"):
        page = drawn(EVERYTHING)
        assert page.xpath("//input[@name='phone']/@placeholder")
