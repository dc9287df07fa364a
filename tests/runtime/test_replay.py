"""A case replayed from its history goes the same way to the same end, and a different drawing is told from it."""

import pytest
from flask import Flask
from flask.testing import FlaskCliRunner

from app.db import transaction
from app.errors import NotFound
from app.runtime import commands, definitions, incidents
from app.runtime.models import Incident, PolicyVersion, UserTask
from app.runtime.replay import Verdict, replay
from tests.runtime import trial
from tests.runtime.test_cases import carry_due
from tests.support.time import later


@pytest.fixture(autouse=True)
def policy(app_context: Flask) -> Flask:
    trial.install(app_context)
    return app_context


@pytest.fixture
def cli(app: Flask) -> FlaskCliRunner:
    return app.test_cli_runner()


def same(key: str = "T1") -> Verdict:
    verdict = replay("trial", key)
    assert verdict.same, verdict.divergence
    return verdict


def approved() -> None:
    trial.begin()
    carry_due()
    trial.tell("T1", amount="1.00")
    (task,) = trial.rows(UserTask)
    with transaction():
        commands.complete(task.id, {"comment": "同意"}, by=trial.CLERK)


@pytest.mark.both_databases
def test_a_finished_case_goes_the_same_way_without_asking_anybody():
    approved()
    asked, noted = list(trial.asked), list(trial.noted)
    verdict = same()
    assert (verdict.steps, verdict.ended) == (4, True)
    assert (trial.asked, trial.noted) == (asked, noted)


def test_a_timer_fires_again_at_its_time():
    trial.begin()
    carry_due()
    with later(minutes=31):
        carry_due()
    assert same().ended


def test_a_case_that_still_runs_is_replayed_as_far_as_it_came():
    trial.begin()
    carry_due()
    assert not same().ended


def test_a_message_that_came_before_the_case_is_taken_at_its_place():
    trial.tell("T1")
    trial.begin()
    carry_due()
    assert same().steps == 2


def test_a_moved_a_migrated_and_a_cancelled_case_are_replayed():
    trial.begin("MOVED")
    trial.begin("MIGRATED")
    carry_due()
    trial.tell("MOVED")
    token = trial.rows(UserTask)[0].token
    with transaction():
        commands.move("trial", "MOVED", [token], "first", by=trial.CLERK, note="重来")
    trial.publish("PT15M")
    with transaction():
        commands.migrate("trial", "MIGRATED", trial.rows(PolicyVersion)[-1].id, by=trial.CLERK)
    with later(minutes=31):
        carry_due()
    trial.begin("CANCELLED")
    carry_due()
    with transaction():
        commands.cancel("trial", "CANCELLED", by=trial.CLERK, note="测试")
    assert [same(key).ended for key in ("MOVED", "MIGRATED", "CANCELLED")] == [True, True, True]


def test_an_answer_given_by_hand_is_replayed_as_the_answer():
    trial.answers["T1"] = ValueError("broken")
    trial.begin()
    carry_due()
    with transaction():
        incidents.skip(trial.rows(Incident)[0].id, {"grade": 0}, by=trial.CLERK, note="电话确认")
    carry_due()
    assert same().ended


def test_a_drawing_that_decides_otherwise_is_told_with_the_place():
    approved()
    files = definitions.live("trial").files
    stricter = {"process.bpmn": files["process.bpmn"].replace("asked.grade > 0", "asked.grade > 1")}
    assert stricter != {"process.bpmn": files["process.bpmn"]}
    verdict = replay("trial", "T1", definition=definitions.parse("trial", stricter))
    assert verdict.divergence is not None
    assert (verdict.divergence.step, verdict.divergence.element) == (1, "refused")


def test_a_drawing_that_no_longer_waits_where_the_case_waited_is_told_with_the_place():
    approved()
    files = definitions.live("trial").files
    other = {"process.bpmn": files["process.bpmn"].replace('id="approve"', 'id="sign"').replace(
        'Ref="approve"', 'Ref="sign"')}  # fmt: skip
    verdict = replay("trial", "T1", definition=definitions.parse("trial", other))
    assert verdict.divergence is not None
    assert (verdict.divergence.step, verdict.divergence.element) == (2, "paid")


def test_a_case_there_is_not_can_not_be_replayed():
    with pytest.raises(NotFound):
        replay("trial", "NOBODY")


def test_the_command_prints_the_verdict(cli: FlaskCliRunner):
    approved()
    said = cli.invoke(args=["instance", "replay", "trial", "T1"])
    assert (said.exit_code, said.output) == (0, "trial T1\t重放一致\t4 步，经过 8 个图形，已结束\n")
    trial.publish("PT15M")
    files = definitions.live("trial").files
    with transaction():
        stricter = {"process.bpmn": files["process.bpmn"].replace("asked.grade > 0", "asked.grade > 1")}
        definitions.publish("trial", stricter, by=trial.CLERK)
    said = cli.invoke(args=["instance", "replay", "trial", "T1", "--version", "3"])
    assert said.exit_code == 1
    assert "重放不一致" in said.output
    assert "第 1 步“refused”" in said.output
    for wrong in (["trial", "NOBODY"], ["trial", "T1", "--version", "9"]):
        said = cli.invoke(args=["instance", "replay", *wrong])
        assert (said.exit_code, "没有" in said.output) == (1, True)
