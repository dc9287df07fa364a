"""Documents that can't be a form are refused, each mistake named with its component."""

import pytest

from app import formjs
from tests.formjs.conftest import document

TEXT = {"type": "textfield", "key": "it", "label": "联系人"}


@pytest.mark.parametrize(
    ("component", "at", "part"),
    [
        ({"type": "iframe", "key": "it", "label": "x"}, "it", "不支持的组件类型 iframe"),
        ({**TEXT, "key": "1x"}, "1x", "应以字母开头"),
        ({**TEXT, "key": "a.b"}, "a.b", "应以字母开头"),
        ({**TEXT, "key": "csrf_token"}, "csrf_token", "key"),
        ({**TEXT, "label": " "}, "it", "缺少标签"),
        ({**TEXT, "validate": {"pattern": "("}}, "it", "pattern 有误"),
        ({**TEXT, "validate": {"pattern": "(?=a)"}}, "it", "不支持的写法"),
        ({**TEXT, "validate": {"maxLength": "many"}}, "it", "maxLength 应为整数"),
        ({**TEXT, "properties": {"format": "shoe"}}, "it", "format 应为"),
        ({**TEXT, "properties": {"secrecy": "open"}}, "it", "secrecy 应为"),
        ({**TEXT, "properties": {"money": "dollar"}}, "it", "money 应为 yuan"),
        ({**TEXT, "properties": {"format": "sms"}}, "it", "properties.phone"),
        ({**TEXT, "conditional": {"hide": "=1 +"}}, "it", "表达式有误"),
        ({"type": "number", "key": "n", "label": "个数", "validate": {"min": "x"}}, "n", "min 应为数字"),
        ({"type": "select", "key": "s", "label": "选"}, "s", "没有选项"),
        (
            {"type": "radio", "key": "s", "label": "选", "values": [{"value": "a"}, {"value": "a"}]},
            "s",
            "选项的值重复",
        ),
        ({"type": "select", "key": "s", "label": "选", "valuesExpression": "=["}, "s", "表达式有误"),
        ({"type": "datetime", "key": "d", "label": "日", "subtype": "year"}, "d", "subtype"),
        ({"type": "filepicker", "key": "f", "label": "附件", "accept": ".exe"}, "f", "不支持的文件类型 exe"),
        ({"type": "filepicker", "key": "f", "label": "附件", "properties": {"maxSize": "big"}}, "f", "maxSize"),
        ({"type": "group", "label": "组", "path": "a", "components": []}, "组", "path"),
        ({"type": "text", "text": "{{ user }}"}, "text", "表达式"),
    ],
)
def test_a_mistake_is_told_with_its_component(component, at, part):
    with pytest.raises(formjs.FormError) as caught:
        formjs.load(document(component))
    assert [one.at for one in caught.value.problems] == [at]
    assert part in caught.value.problems[0].message


def test_all_mistakes_are_told_at_once():
    with pytest.raises(formjs.FormError) as caught:
        formjs.load(document(TEXT, TEXT, {"type": "video"}, "x"))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("schema", [{}, {"components": 3}, [], None, "x"])
def test_what_is_no_document_is_refused(schema):
    with pytest.raises(formjs.FormError):
        formjs.load(schema)


def test_fields_say_what_others_need_to_know():
    form = formjs.load(
        document({**TEXT, "validate": {"required": True}, "properties": {"secrecy": "personal"}}, {"type": "separator"})
    )
    assert [(f.key, f.label, f.type, f.required, f.secrecy) for f in form.fields] == [
        ("it", "联系人", "textfield", True, "personal")
    ]
