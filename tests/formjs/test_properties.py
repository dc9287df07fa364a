"""What holds for any answer: money never loses a fen, nothing crashes, what is read is read again the same."""

from datetime import date
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app import formjs, money
from app.errors import BadInput
from app.formjs.masking import masked
from tests.formjs.conftest import document

CHOICES = [{"label": "甲", "value": "a"}, {"label": "乙", "value": "b"}]
FORM = formjs.load(
    document(
        {"type": "textfield", "key": "text", "label": "文字", "validate": {"pattern": "^(a+)+$"}},
        {"type": "textarea", "key": "area", "label": "长文"},
        {"type": "number", "key": "number", "label": "数字"},
        {"type": "number", "key": "money", "label": "金额", "properties": {"money": "yuan"}},
        {"type": "select", "key": "select", "label": "选择", "values": CHOICES},
        {"type": "checklist", "key": "list", "label": "多选", "values": CHOICES},
        {"type": "datetime", "subtype": "date", "key": "date", "label": "日期"},
        {"type": "datetime", "subtype": "datetime", "key": "moment", "label": "时间"},
        {"type": "textfield", "key": "uscc", "label": "信用代码", "properties": {"format": "uscc"}},
        {"type": "textfield", "key": "phone", "label": "手机", "properties": {"format": "phone"}},
        {"type": "textfield", "key": "mail", "label": "邮箱", "properties": {"format": "email"}},
    )
)
KEYS = [one.key for one in FORM.fields]


@given(st.dictionaries(st.sampled_from(KEYS), st.text(max_size=80)))
@settings(max_examples=150, deadline=None)
def test_any_answer_is_data_or_a_sentence_at_its_field(sent):
    data, fields = _read(MultiDict(sent))
    assert set(fields) <= set(sent)
    assert all(fields.values())
    again = FORM.read(MultiDict([(k, one) for k in data for one in _typed(k, data[k])]))
    assert not data or again == data


def _read(form):
    try:
        return FORM.read(form), {}
    except BadInput as refused:
        return {}, refused.fields


def _typed(key, value):
    field = next(one for one in FORM.fields if one.key == key)
    return value if isinstance(value, list) else [field.typed(value)]


@given(st.integers(min_value=0, max_value=10**14))
def test_money_survives_being_shown_and_typed_again(fen):
    assert FORM.read(MultiDict({"money": money.yuan(fen)}))["money"] == fen
    assert FORM.read(MultiDict({"money": money.shown(fen)}))["money"] == fen
    assert FORM.schema().load({"money": money.yuan(fen)})["money"] == fen


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=3))
def test_numbers_survive_being_shown_and_typed_again(number):
    assert FORM.read(MultiDict({"number": f"{number:f}"}))["number"] == Decimal(number)


@given(st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31)))
def test_dates_survive_being_shown_and_typed_again(day):
    assert FORM.read(MultiDict({"date": day.isoformat()}))["date"] == day


@given(st.text(max_size=30))
def test_masking_keeps_the_length_and_hides_at_least_a_third(text):
    hidden = masked(text)
    assert len(hidden) == len(text)
    assert len(text) < 2 or hidden.count("*") * 3 >= len(text)


@given(st.lists(st.text(max_size=40), max_size=6), st.dictionaries(st.sampled_from([*KEYS, "x"]), st.text(max_size=30)))
@settings(max_examples=60, deadline=None)
def test_any_form_sent_can_be_drawn_again(in_text, sent):
    page = str(FORM.render(MultiDict(sent), dict.fromkeys(sent, "不对")))
    assert "<script" not in page.lower().replace("&lt;script", "")
    assert page.count("<input") >= 8
