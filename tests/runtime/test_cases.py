"""A case from start to end, on both databases, through the runtime's verbs."""

from datetime import timedelta

import pytest
from flask import Flask

from app import runtime, worker
from app.db import transaction
from app.errors import Conflict, Unavailable
from app.jobs import queue, relay
from app.jobs.models import Job
from app.runtime import commands, inbox, incidents, waits
from app.runtime.models import (
    ENDED,
    History,
    InboxMessage,
    Incident,
    Instance,
    PolicyVersion,
    UserTask,
)
from tests.runtime import trial
from tests.support.time import later

pytestmark = pytest.mark.both_databases


@pytest.fixture(autouse=True)
def policy(app_context: Flask) -> Flask:
    trial.install(app_context)
    return app_context


def carry_due() -> int:
    """What relay and workers would do now."""
    with transaction():
        ids = [job.id for job in relay.due()]
    for identity in ids:
        worker.carry_one(identity)
    return len(ids)


def test_a_case_runs_through_call_message_and_task_to_its_end():
    identity = trial.begin()
    assert [w.kind for w in waits.of("trial", "T1")] == ["call"]
    carry_due()
    assert sorted(w.kind for w in waits.of("trial", "T1")) == ["message", "timer"]
    trial.tell("T1", amount="1.00")
    (task,) = trial.rows(UserTask)
    assert (task.name, task.due_at - task.created_at) == ("approve", timedelta(days=1))
    with transaction():
        commands.complete(task.id, {"comment": "同意"}, by=trial.CLERK)
    (case,) = trial.rows(Instance)
    assert (case.id, case.status) == (identity, ENDED)
    assert trial.noted == [("T1", "同意")]
    assert not trial.rows(UserTask)
    assert case.listens == "[]"
    assert {job.state for job in trial.rows(Job)} == {"done"}


def test_the_timer_fires_only_when_it_is_due():
    trial.begin()
    carry_due()
    assert carry_due() == 0
    with later(minutes=31):
        carry_due()
    assert trial.noted == [("T1", "cancelled")]
    assert trial.rows(Instance)[0].status == ENDED


def test_a_message_that_is_already_there_wins_over_a_late_timer():
    trial.begin()
    carry_due()
    with transaction():
        runtime.receive("trial", "T1", "payment", {}, request_id="r1", sender="bank")
    with later(minutes=31):
        carry_due()
    assert [task.element for task in trial.rows(UserTask)] == ["approve"]


def test_a_message_before_anybody_waits_is_kept_and_taken_later():
    trial.begin()
    trial.tell("T1")
    assert trial.rows(InboxMessage)[0].delivered_at is None
    carry_due()
    assert [task.element for task in trial.rows(UserTask)] == ["approve"]
    assert trial.rows(InboxMessage)[0].delivered_at is not None


def test_a_message_before_its_case_starts_is_taken_by_the_start():
    trial.tell("T9")
    trial.begin("T9")
    carry_due()
    assert [task.key for task in trial.rows(UserTask)] == ["T9"]


def test_the_same_message_told_twice_is_kept_once():
    trial.begin()
    assert trial.tell("T1", request_id="same") == trial.tell("T1", request_id="same")


def test_a_task_is_completed_once():
    trial.begin()
    carry_due()
    trial.tell("T1")
    (task,) = trial.rows(UserTask)
    with transaction():
        commands.complete(task.id, {"comment": "a"}, by=trial.CLERK)
    with pytest.raises(Conflict), transaction():
        commands.complete(task.id, {"comment": "b"}, by=trial.CLERK)
    assert trial.noted == [("T1", "a")]


def test_an_operation_that_raises_leaves_the_task_open_and_nothing_behind():
    trial.begin()
    carry_due()
    trial.tell("T1")
    (task,) = trial.rows(UserTask)
    lines = len(trial.rows(History))
    with pytest.raises(Unavailable), transaction():
        commands.complete(task.id, {"comment": "fail"}, by=trial.CLERK)
    assert [left.id for left in trial.rows(UserTask)] == [task.id]
    assert len(trial.rows(History)) == lines


def test_a_call_that_can_not_be_made_is_tried_again_with_the_same_key_and_then_is_an_incident():
    trial.answers["T1"] = Unavailable("连接不上")
    trial.begin()
    carry_due()
    with later(minutes=5):
        carry_due()
        (incident,) = trial.rows(Incident)
        assert (incident.kind, incident.element, incident.key) == ("call", "ask", "T1")
        assert [attempt for _, attempt in trial.asked] == [1, 2]
        assert len({key for key, _ in trial.asked}) == 1
        del trial.answers["T1"]
        with transaction():
            incidents.retry(incident.id, by=trial.CLERK)
        carry_due()
    assert "message" in [w.kind for w in waits.of("trial", "T1")]


def test_an_operator_answers_for_a_call_by_hand():
    trial.answers["T1"] = ValueError("broken")
    trial.begin()
    carry_due()
    (incident,) = trial.rows(Incident)
    with transaction():
        incidents.skip(incident.id, {"grade": 0}, by=trial.CLERK, note="电话确认")
    carry_due()
    assert trial.noted == [("T1", "refused")]


def test_a_condition_that_is_neither_true_nor_false_is_an_incident_and_the_answer_is_not_lost():
    trial.answers["T1"] = {"other": 1}
    trial.begin()
    carry_due()
    (incident,) = trial.rows(Incident)
    assert (incident.kind, incident.element) == ("step", "passed")
    assert len(trial.asked) == 1
    with transaction():
        incidents.retry(incident.id, by=trial.CLERK)
    carry_due()
    assert len(trial.asked) == 1


def test_a_published_change_is_obeyed_by_new_cases_only():
    trial.begin("OLD")
    trial.publish("PT15M")
    trial.begin("NEW")
    carry_due()
    with later(minutes=16):
        carry_due()
    assert trial.noted == [("NEW", "cancelled")]


def test_a_case_moves_to_a_new_version_and_its_timer_keeps_its_time():
    trial.begin()
    carry_due()
    due = waits.due("trial", "T1", "late")
    trial.publish("PT15M")
    newest = trial.rows(PolicyVersion)[-1].id
    with transaction():
        commands.migrate("trial", "T1", newest, by=trial.CLERK)
    assert waits.due("trial", "T1", "late") == due
    assert trial.rows(Instance)[0].version_id == newest


def test_a_cancelled_case_waits_for_nothing():
    trial.begin()
    carry_due()
    with transaction():
        commands.cancel("trial", "T1", by=trial.CLERK, note="测试")
    assert waits.of("trial", "T1") == []
    trial.tell("T1")
    assert [i.kind for i in trial.rows(Incident)] == ["message"]


def test_a_message_to_an_ended_case_is_let_go_when_a_person_has_dealt_with_it():
    trial.begin()
    carry_due()
    with transaction():
        commands.cancel("trial", "T1", by=trial.CLERK, note="测试")
    message = trial.tell("T1")
    (incident,) = trial.rows(Incident)
    with transaction():
        incidents.resolve(incident.id, by=trial.CLERK, note="已与机构核实")
    inbox.redeliver(message)
    assert [i.status for i in trial.rows(Incident)] == ["resolved"]


def test_a_leased_call_is_not_made_by_two_workers():
    trial.begin()
    (job,) = trial.rows(Job)
    with transaction():
        assert queue.claim(job.id) is not None
    with transaction():
        assert queue.claim(job.id) is None


def test_an_answer_from_a_lost_lease_is_dropped():
    trial.begin()
    (job,) = trial.rows(Job)
    with transaction():
        first = queue.claim(job.id)
        attempt = first.attempt
    with later(minutes=5):
        with transaction():
            assert queue.claim(job.id) is not None
        with transaction():
            assert queue.answered(job.id, attempt, {"grade": 1}) is False
