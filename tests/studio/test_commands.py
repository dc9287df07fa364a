"""The command line's door to policies: the same check, the same refusal, with the shape's name."""

import shutil
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

from app.runtime import definitions
from tests.studio.trial import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the policies that a test may spoil."""
    shutil.copytree(ROOT, tmp_path / "root")
    return tmp_path / "root"


def policy(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["policy", *arguments])


def rewrite(folder: Path, before: str, after: str) -> None:
    path = folder / "workflows/trial/process.bpmn"
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def test_a_sound_folder_is_said_to_be_sound(app: Flask, folder: Path) -> None:
    said = policy(app, "lint", "trial", "--root", str(folder))
    assert (said.exit_code, said.output) == (0, "trial\t没有问题\n")


def test_what_happens_to_a_lot_is_drawn_without_a_reminder(app: Flask) -> None:
    assert policy(app, "lint", "lot_change").output == "lot_change\t没有问题\n"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("<bpmn:userTask", "<bpmn:scriptTask", "脚本任务不予执行"),
        (">PT30M<", ">半小时<", "“30 分钟”（Timeout）"),
        ('check.decision = "pass"', "check.decision =", "“是”（Flow_yes）"),
        ('decision name="fee"', 'decision name="cap"', "“计算保费”（Price）"),
        ('form name="trial/check"', 'form name="trial/gone"', "没有名为“trial/gone”的表单"),
        ('role code="centre_reviewer"', 'role code="centre"', "泳道的角色“centre”不存在"),
    ],
)
def test_what_is_refused_is_named_by_shape_and_reason(
    app: Flask, folder: Path, before: str, after: str, told: str
) -> None:
    rewrite(folder, before, after)
    if "script" in after:
        rewrite(folder, "</bpmn:userTask", "</bpmn:scriptTask")
    said = policy(app, "publish", "trial", "--root", str(folder))
    assert said.exit_code == 1
    assert told in said.output
    assert "没有发布" in said.output
    with app.app_context():
        assert definitions.live("trial").number == 1


def test_every_unreadable_cell_is_named(app: Flask, folder: Path) -> None:
    table = folder / "workflows/trial/fee.dmn"
    table.write_text(table.read_text().replace("&lt;= 100000", "&lt;=").replace("amount * 0.002", "amount *"))
    said = policy(app, "lint", "trial", "--root", str(folder))
    assert said.exit_code == 1
    assert "“保费（元） › 规则 1 › 第 1 列“担保金额（元）””（fee_small_in）" in said.output
    assert "（fee_large_out）" in said.output


def test_a_rule_that_never_counts_is_advised_against_and_refuses_nothing(app: Flask, folder: Path) -> None:
    table = folder / "workflows/trial/fee.dmn"
    table.write_text(table.read_text().replace("&lt;= 100000", "-"))
    said = policy(app, "lint", "trial", "--root", str(folder))
    assert said.exit_code == 0
    assert "提醒\tfee.dmn\t“保费（元）”（fee_large）" in said.output


def test_a_changed_folder_becomes_the_next_version_and_the_same_one_does_not(app: Flask, folder: Path) -> None:
    assert "与生效的第 1 版相同" in policy(app, "publish", "trial", "--root", str(folder)).output
    rewrite(folder, "PT30M", "PT45M")
    assert "已发布第 2 版" in policy(app, "publish", "trial", "--note", "改为 45 分钟", "--root", str(folder)).output
    listed = policy(app, "list").output
    assert listed.startswith("trial\t试办\t第 2 版\t")


def test_a_folder_that_is_not_there_is_said_to_be_missing(app: Flask, folder: Path) -> None:
    said = policy(app, "publish", "refund", "--root", str(folder))
    assert said.exit_code == 1
    assert "没有目录 workflows/refund" in said.output
