"""Reading what people send: typed data, or a sentence at every field that is wrong."""

from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from app import formjs
from app.errors import BadInput
from tests.formjs.conftest import document


def one(**component):
    return formjs.load(document({"key": "it", "label": "联系人", **component}))


def read(form, *values, ctx=None):
    return form.read(MultiDict([("it", value) for value in values]), ctx=ctx)["it"]


def refused(form, *values, ctx=None):
    with pytest.raises(BadInput) as caught:
        read(form, *values, ctx=ctx)
    return caught.value.fields["it"]


MUST = {"validate": {"required": True}}
YES_NO = [{"label": "同意", "value": "yes"}, {"label": "不同意", "value": "no"}]


@pytest.mark.parametrize(
    ("component", "sentence"),
    [
        ({"type": "textfield"}, "请输入联系人"),
        ({"type": "textarea"}, "请输入联系人"),
        ({"type": "number"}, "请输入联系人"),
        ({"type": "number", "properties": {"money": "yuan"}}, "请输入联系人"),
        ({"type": "select", "values": YES_NO}, "请选择联系人"),
        ({"type": "radio", "values": YES_NO}, "请选择联系人"),
        ({"type": "checklist", "values": YES_NO}, "请选择联系人"),
        ({"type": "checkbox"}, "请勾选“联系人”"),
        ({"type": "datetime", "subtype": "date"}, "请选择联系人"),
        ({"type": "filepicker"}, "请上传联系人"),
    ],
)
def test_a_missing_answer_is_asked_for_by_the_fields_name(component, sentence):
    form = one(**component, **MUST)
    assert refused(form) == sentence
    assert refused(form, "") == sentence
    assert refused(form, "  \u200b ") == sentence


@pytest.mark.parametrize(
    ("component", "typed", "value"),
    [
        ({"type": "textfield"}, "  李 四 ", "李 四"),
        ({"type": "textfield"}, "一\r\n二", "一 二"),
        ({"type": "textarea"}, "一\r\n二\r", "一\n二"),
        ({"type": "textfield"}, "a\u202eb\x00", "ab"),
        ({"type": "textfield", "properties": {"format": "uscc"}}, "9111 0000 ma01 l1ew65", "91110000MA01L1EW65"),
        ({"type": "textfield", "properties": {"format": "phone"}}, "１３２９８６５２１５２", "13298652152"),
        ({"type": "textfield", "properties": {"format": "idcard"}}, "11010519491231002x", "11010519491231002X"),
        ({"type": "textfield", "properties": {"format": "tel"}}, "0731-88665566", "0731-88665566"),
        ({"type": "number"}, "1,234.50", Decimal("1234.50")),
        ({"type": "number", "decimalDigits": 0}, "12", 12),
        ({"type": "number", "properties": {"money": "yuan"}}, "¥1,234.5", 123450),
        ({"type": "textfield", "properties": {"money": "yuan"}}, "80", 8000),
        ({"type": "select", "values": YES_NO}, "yes", "yes"),
        ({"type": "checkbox"}, "true", True),
        ({"type": "datetime", "subtype": "date"}, "2026-11-23", date(2026, 11, 23)),
        ({"type": "datetime", "subtype": "time"}, "14:05", time(14, 5)),
        ({"type": "datetime", "subtype": "datetime"}, "2026-11-23T14:05", datetime(2026, 11, 23, 6, 5, tzinfo=UTC)),
    ],
)
def test_an_answer_becomes_typed_data(component, typed, value):
    found = read(one(**component), typed)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("component", "typed", "sentence"),
    [
        ({"type": "textfield", "validate": {"maxLength": 3}}, "一二三四", "联系人不能超过 3 个字（现在 4 个）"),
        ({"type": "textfield", "validate": {"minLength": 3}}, "一", "联系人至少 3 个字"),
        ({"type": "textfield", "validate": {"pattern": "^[a-z]+$"}}, "A", "联系人格式不正确"),
        (
            {"type": "textfield", "validate": {"pattern": "^[a-z]+$"}, "properties": {"patternHint": "只能用小写字母"}},
            "A",
            "只能用小写字母",
        ),
        ({"type": "textfield", "properties": {"format": "phone"}}, "123", "联系人应为 11 位手机号"),
        (
            {"type": "textfield", "properties": {"format": "uscc"}},
            "91110114MAD1PRJ51",
            "联系人应为 18 位数字和大写字母（不含 I、O、S、V、Z）",
        ),
        (
            {"type": "textfield", "properties": {"format": "uscc", "checkDigit": "strict"}},
            "91110214MAD1PRYJ31",
            "联系人校验位不正确，请核对后重新输入",
        ),
        (
            {"type": "textfield", "properties": {"format": "idcard"}},
            "110105194912310021",
            "联系人不正确，请核对 18 位号码",
        ),
        (
            {"type": "textfield", "validate": {"validationType": "email"}},
            "a@b",
            "联系人应为电子邮箱，例如 name@example.com",
        ),
        (
            {"type": "textfield", "properties": {"format": "url"}},
            "ftp://x",
            "联系人应为以 http:// 或 https:// 开头的地址",
        ),
        ({"type": "textfield", "properties": {"format": "sms"}, "key": "it"}, "12a", None),
        ({"type": "number"}, "1e9", "联系人应为数字"),
        ({"type": "number"}, "NaN", "联系人应为数字"),
        ({"type": "number", "validate": {"min": 1}}, "0.5", "联系人不能小于 1"),
        ({"type": "number", "validate": {"max": 10}}, "11", "联系人不能大于 10"),
        ({"type": "number", "decimalDigits": 1}, "1.25", "联系人最多保留 1 位小数"),
        ({"type": "number", "decimalDigits": 0}, "1.5", "联系人应为整数"),
        ({"type": "number", "properties": {"money": "yuan"}}, "1.234", "联系人应为不超过两位小数的金额，例如 1234.00"),
        (
            {"type": "number", "properties": {"money": "yuan"}, "validate": {"max": 800000}},
            "800000.01",
            "联系人不能大于 ¥800,000.00",
        ),
        ({"type": "select", "values": YES_NO}, "maybe", "联系人的选项已不存在，请重新选择"),
        ({"type": "checklist", "values": YES_NO}, "maybe", "联系人的选项已不存在，请重新选择"),
        ({"type": "datetime", "subtype": "date"}, "23.11.2026", "联系人应写作 2026-11-23"),
        ({"type": "datetime", "subtype": "date"}, "0001-01-01", "联系人应写作 2026-11-23"),
        ({"type": "datetime", "subtype": "date", "disallowPassedDates": True}, "2020-01-01", "联系人不能早于现在"),
    ],
)
def test_a_wrong_answer_gets_a_sentence_that_names_the_field(component, typed, sentence):
    if sentence is None:
        form = formjs.load(
            document(
                {"type": "textfield", "key": "phone", "label": "手机号"},
                {
                    "type": "textfield",
                    "key": "it",
                    "label": "验证码",
                    "properties": {"format": "sms", "phone": "phone"},
                },
            )
        )
        assert refused(form, typed) == "验证码应为 6 位数字"
    else:
        assert refused(one(**component), typed) == sentence


def test_several_answers_keep_the_documents_order():
    form = one(type="checklist", values=YES_NO)
    assert read(form, "no", "yes") == ["yes", "no"]


def test_choices_come_from_the_page_or_from_an_expression():
    by_key = one(type="select", valuesKey="institutions")
    assert read(by_key, "I1", ctx={"institutions": [("I1", "世一保险")]}) == "I1"
    assert "选项已不存在" in refused(by_key, "I2", ctx={"institutions": [("I1", "世一保险")]})
    by_rule = one(type="select", valuesExpression='=if count(products) > 1 then ["a", "b"] else ["a"]')
    assert read(by_rule, "b", ctx={"products": [1, 2]}) == "b"
    assert "选项已不存在" in refused(by_rule, "b", ctx={"products": [1]})


def test_a_wrong_check_digit_is_a_doubt_for_the_reviewer_not_an_error():
    form = one(type="textfield", properties={"format": "uscc"})
    data = {"it": read(form, "91110214MAD1PRYJ31")}
    assert form.doubts(data) == {"it": "联系人校验位与 GB 32100 不符，请核对"}
    assert form.doubts({"it": "91110000MA01L1EW65"}) == {}


def test_the_installation_may_hold_the_check_digit_hard(flask_app):
    form = one(type="textfield", properties={"format": "uscc"})
    flask_app.config["USCC_CHECK"] = "strict"
    try:
        assert "校验位不正确" in refused(form, "91110214MAD1PRYJ31")
    finally:
        flask_app.config.pop("USCC_CHECK")


def test_fixed_fields_are_never_read_from_the_form():
    form = one(type="textfield", readonly=True, **MUST)
    assert form.read(MultiDict({"it": "forged"})) == {}


UNLESS_PAPER = {"hide": "=not(paper)"}
KINDS = [{"label": "普票", "value": "n"}, {"label": "专票", "value": "s"}]
INVOICE = document(
    {"type": "select", "key": "kind", "label": "发票种类", "values": KINDS, **MUST},
    {
        "type": "group",
        "label": "专票信息",
        "conditional": {"hide": '=kind != "s"'},
        "components": [
            {"type": "textfield", "key": "bank", "label": "开户行", **MUST},
            {"type": "checkbox", "key": "paper", "label": "寄送纸质发票"},
            {"type": "textfield", "key": "address", "label": "收件地址", "conditional": UNLESS_PAPER, **MUST},
        ],
    },
)  # fmt: skip


def test_hidden_fields_are_neither_asked_for_nor_kept():
    form = formjs.load(INVOICE)
    assert form.read(MultiDict({"kind": "n", "bank": "x", "paper": "true", "address": "y"})) == {"kind": "n"}
    assert form.read(MultiDict({"kind": "s", "bank": "x"})) == {"kind": "s", "bank": "x", "paper": False}
    with pytest.raises(BadInput) as caught:
        form.read(MultiDict({"kind": "s", "paper": "true"}))
    assert caught.value.fields == {"bank": "请输入开户行", "address": "请输入收件地址"}


def test_what_was_given_is_said_back_in_words():
    form = formjs.load(
        document(
            {"type": "number", "key": "amount", "label": "索赔金额（元）", "properties": {"money": "yuan"}},
            {
                "type": "textfield",
                "key": "phone",
                "label": "联系方式",
                "properties": {"format": "phone", "secrecy": "personal"},
            },
            {"type": "radio", "key": "r", "label": "结果", "values": YES_NO},
        )
    )
    data = form.read(MultiDict({"amount": "1234567", "phone": "13298652152", "r": "yes"}))
    assert form.shown(data) == [("索赔金额（元）", "¥1,234,567.00"), ("联系方式", "13298652152"), ("结果", "同意")]
    assert form.shown(data, masked=True)[1] == ("联系方式", "132****2152")


def test_json_callers_get_the_same_rules_and_money_in_yuan():
    form = formjs.load(
        document(
            {"type": "number", "key": "amount", "label": "金额", "properties": {"money": "yuan"}, **MUST},
            {"type": "textfield", "key": "phone", "label": "电话", "properties": {"format": "phone"}},
            {"type": "datetime", "subtype": "datetime", "key": "at", "label": "时间"},
            {"type": "number", "key": "n", "label": "个数", "decimalDigits": 0},
            {"type": "checklist", "key": "c", "label": "材料", "values": YES_NO},
        )
    )
    loaded = form.schema().load(
        {"amount": "1234.50", "phone": " 13298652152", "at": "2026-11-23T14:05:00+08:00", "n": 3, "c": ["yes"]}
    )
    assert loaded == {
        "amount": 123450,
        "phone": "13298652152",
        "at": datetime(2026, 11, 23, 6, 5, tzinfo=UTC),
        "n": 3,
        "c": ["yes"],
    }
    assert form.schema().validate({"phone": "1", "n": 1.5, "c": ["z"]}) == {
        "amount": ["请输入金额"],
        "phone": ["电话应为 11 位手机号"],
        "n": ["个数应为整数"],
        "c": ["材料的选项已不存在，请重新选择"],
    }
    assert form.schema().validate({"amount": "1", "more": 1}) == {"more": ["Unknown field."]}


def test_json_callers_need_not_send_what_is_hidden():
    form = formjs.load(INVOICE)
    assert form.schema().load({"kind": "n", "bank": "x"}) == {"kind": "n"}
    assert form.schema().validate({"kind": "s"}) == {"bank": ["请输入开户行"]}
