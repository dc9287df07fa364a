"""Differences between versions, in the words an approver reads."""

import json
from collections.abc import Callable

import pytest
from flask import Flask

from app.studio import pages
from app.studio.folders import Folder
from tests.studio import trial

Edit = Callable[[dict[str, str]], None]


def replaced(name: str, *pairs: tuple[str, str]) -> Edit:
    def edit(files: dict[str, str]) -> None:
        for before, after in pairs:
            assert before in files[name]
            files[name] = files[name].replace(before, after)

    return edit


def told(app: Flask, edit: Edit) -> list[tuple[str, str, str]]:
    """(kind, element, words) of every difference after the edit."""
    after = trial.files()
    edit(after)
    with app.test_request_context("/"):
        found = pages.differences(Folder("trial", trial.files()), Folder("trial", after))
    return [(change.kind, change.element_id, change.text) for file in found for change in file.changes]


DRAWING, TABLE, FORM = "process.bpmn", "fee.dmn", "forms/check.json"
GONE_TASK = (
    '<bpmn:sequenceFlow id="Flow_closed" sourceRef="Close" targetRef="Closed" />\n    ',
    "<bpmn:outgoing>Flow_closed</bpmn:outgoing>",
    "<bpmn:incoming>Flow_closed</bpmn:incoming>",
)


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (replaced(DRAWING, (">PT30M<", ">PT2H30M<")), ("Timeout", "时间由“30 分钟”改为“2 小时 30 分钟”")),
        (replaced(DRAWING, ('due value="P3D"', 'due value="P1D"')), ("Check", "办理期限由“3 天”改为“1 天”")),
        (replaced(DRAWING, ('name="审核"', 'name="复核"')), ("Check", "名称由“审核”改为“复核”")),
        (replaced(DRAWING, ('text" value="取消"', 'text" value="已取消"')), ("Close", "参数 text由“取消”改为“已取消”")),
        (
            replaced(DRAWING, ('"pass"', '"yes"')),
            ("Flow_yes", '条件由“check.decision = "pass"”改为“check.decision = "yes"”'),
        ),
        (
            replaced(DRAWING, ('default="Flow_no"', 'default="Flow_yes"')),
            ("Passed", "默认去向由“未通过”改为“等待支付”"),
        ),
        (
            replaced(DRAWING, ('role code="centre_reviewer"', 'role code="operator"')),
            ("Lane_reviewer", "泳道“交易中心”：办理角色由“centre_reviewer”改为“operator”"),
        ),
        (
            replaced(DRAWING, ("<bpmn:flowNodeRef>Open</bpmn:flowNodeRef>", ""),
                     ("<bpmn:flowNodeRef>Check</bpmn:flowNodeRef>",
                      "<bpmn:flowNodeRef>Check</bpmn:flowNodeRef><bpmn:flowNodeRef>Open</bpmn:flowNodeRef>")),
            ("Open", "“开立”移到泳道“交易中心”"),
        ),
        (replaced(TABLE, ("&lt;= 100000", "&lt;= 200000")), ("fee_small_in", "由“<= 100000”改为“<= 200000”")),
        (replaced(TABLE, ('"FIRST"', '"UNIQUE"')), ("fee", "命中方式由“FIRST”改为“UNIQUE”")),
        (replaced(FORM, ('"理由"', '"审核理由"')), ("reason", "由“理由”改为“审核理由”")),
        (replaced(FORM, ('"required": true', '"required": false')), ("decision", "validate.required 由是改为否")),
    ],
)  # fmt: skip
def test_a_change_is_told_at_its_element(app: Flask, edit: Edit, expected: tuple[str, str]) -> None:
    ((kind, element, words),) = told(app, edit)
    assert (kind, element) == ("changed", expected[0])
    assert expected[1] in words


def test_a_removed_shape_takes_its_flow_with_it(app: Flask) -> None:
    def edit(files: dict[str, str]) -> None:
        text = files[DRAWING]
        start = text.index('<bpmn:serviceTask id="Close"')
        end = text.index("</bpmn:serviceTask>", start) + len("</bpmn:serviceTask>")
        text = text[:start] + text[end:]
        for piece in GONE_TASK:
            text = text.replace(piece, "")
        files[DRAWING] = text.replace('targetRef="Close"', 'targetRef="Closed"')

    found = told(app, edit)
    assert ("removed", "Close", "删除系统操作“取消”") in found
    assert ("removed", "Flow_closed", "删除从“取消”到“已取消”的流向") in found
    assert ("changed", "Flow_timeout", "从“30 分钟”到“取消”的流向：改为从“30 分钟”到“已取消”的流向") in found


def test_a_new_rule_and_a_new_field_are_told_with_what_they_say(app: Flask) -> None:
    rule = (
        '<rule id="fee_middle"><inputEntry id="m_in"><text>&lt;= 500000</text></inputEntry>'
        '<outputEntry id="m_out"><text>300</text></outputEntry></rule>\n      <rule id="fee_large">'
    )

    def edit(files: dict[str, str]) -> None:
        files[TABLE] = files[TABLE].replace('<rule id="fee_large">', rule)
        form = json.loads(files[FORM])
        form["components"].append({"type": "number", "key": "amount", "label": "金额"})
        files[FORM] = json.dumps(form)

    assert told(app, edit) == [
        ("added", "fee_middle", "新增第 2 条规则：担保金额（元）（amount） <= 500000；保费 300"),
        ("added", "amount", "新增字段“金额”"),
    ]


def test_a_moved_shape_changes_nothing_that_matters(app: Flask) -> None:
    after = trial.files()
    after[DRAWING] = after[DRAWING].replace('x="810" y="280"', 'x="830" y="290"')
    with app.test_request_context("/"):
        (file,) = pages.differences(Folder("trial", trial.files()), Folder("trial", after))
    assert (file.title, file.kind, file.changes) == ("流程图", "changed", [])


def test_a_document_that_cannot_be_read_is_no_reason_to_fail(app: Flask) -> None:
    def edit(files: dict[str, str]) -> None:
        files[DRAWING] = "<no"
        files[TABLE] = "no"
        files[FORM] = "{"

    kinds = {kind for kind, _element, _words in told(app, edit)}
    assert kinds == {"removed"}
