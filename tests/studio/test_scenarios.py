"""情景: every policy's own stories hold on the drawing that is shipped, and say so when a change breaks them."""

import pytest
from flask import Flask

from app.runtime import definitions
from app.settings import ROOT
from app.studio import scenarios
from app.studio.findings import check
from app.studio.folders import Folder

SHIPPED = definitions.seeds(ROOT)
TOLD = sorted(policy for policy, files in SHIPPED.items() if scenarios.FILE in files)
AFTER_ISSUANCE = {"extension", "refund", "cancellation", "claim", "invoice", "lot_change"}
OUT = "facts: {guarantee: {in_force: false}}"


def warned(files: dict[str, str], policy: str = "refund") -> dict[str, str]:
    return {one.element_name: one.message for one in check(Folder(policy, files)) if one.rule == "scenario"}


def test_what_follows_issuance_has_stories() -> None:
    assert set(TOLD) >= AFTER_ISSUANCE


@pytest.mark.parametrize("policy", TOLD)
def test_the_stories_of_a_shipped_policy_hold(app: Flask, policy: str) -> None:
    with app.test_request_context():
        assert warned(SHIPPED[policy], policy) == {}
        assert len(scenarios.read(SHIPPED[policy][scenarios.FILE])) >= 4


def test_a_changed_table_tells_which_story_it_changes(app: Flask) -> None:
    files = dict(SHIPPED["refund"])
    files["eligibility.dmn"] = files["eligibility.dmn"].replace(
        '<inputEntry id="refund_eligibility_r4_i4"><text>true</text>',
        '<inputEntry id="refund_eligibility_r4_i4"><text>false</text>',
    )
    with app.test_request_context():
        told = warned(files)
    assert told["开标后不能退保"] == "情景不再如此：待办应为无，实为“审核退保”"
    assert told["开标前申请，机构同意，退回保费"] == "情景不再如此：“审核退保”没有待办"


def test_a_changed_time_limit_tells_too(app: Flask) -> None:
    files = dict(SHIPPED["refund"])
    files["eligibility.dmn"] = files["eligibility.dmn"].replace('"P3D"', '"P30D"')
    with app.test_request_context():
        assert list(warned(files)) == ["机构逾期未审核，运营催办"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- facts: {}", "情景文件无法读取"),
        ("{", "情景文件无法读取"),
        ("- {name: 甲, story: [{wait: 三天}]}", "“三天”不是时长（例如 P2D、PT30M）"),
        (f"- {{name: 甲, {OUT}, ends: [turned_away], does: [guarantees/refund]}}", "没有做“登记退保”"),
        ("- {name: 甲, story: [{hear: nothing}]}", "没有图形等待消息“nothing”"),
    ],
)  # fmt: skip
def test_a_story_that_cannot_be_played_says_why(app: Flask, text: str, said: str) -> None:
    with app.test_request_context():
        (told,) = warned({**SHIPPED["refund"], scenarios.FILE: text}).values()
    assert said in told
