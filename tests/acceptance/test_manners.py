"""Each bad manner of an institution is found out by the checks that are there for it, and by no others."""

import pytest

from app.db import db, transaction
from app.institutions import ApiKey, Institution
from tests.acceptance.conftest import found


def misbehaved(bank, tested, kinds, **settings):
    bank.misbehave(institution="BANK01", kinds=kinds)
    run = tested(**settings)
    assert run.state == "failed"
    return run


@pytest.mark.parametrize(
    ("kinds", "failed"),
    [
        ({"wrong_amount": {"fen": -100}}, {"B2-2"}),
        ({"reprice": {"factor": 1.2}}, {"B1-2"}),
        ({"reject": {}}, {"B1-1", "A2-6"}),
        ({"refuse_issue": {}}, {"B3-1"}),
        ({"bad_pdf": {"how": "tampered", "again": 60}}, {"B3-2"}),
        ({"bad_pdf": {"how": "unsigned", "again": 60}}, {"B3-2"}),
        ({"bad_pdf": {"how": "hash", "again": 60}}, {"B3-2"}),
        ({"reorder": {"seconds": 0.3}}, {"B2-3"}),
        ({"duplicate": {"calls": ["B1"]}}, {"Z-2"}),
        ({"bad_signature": {"calls": ["B1"], "times": 1}}, {"Z-1"}),
        ({"bad_signature": {"calls": ["A13"], "times": 9}}, {"A13-1", "A13-2"}),
        ({"by_url": {}}, set()),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else "",
)
def test_what_an_institution_does_wrong_is_found_and_nothing_else(bank, tested, kinds, failed):
    bank.misbehave(institution="BANK01", kinds=kinds)
    run = tested()
    assert (set(found(run, "failed")), run.state) == (failed, "failed" if failed else "passed"), found(run, "failed")


def test_money_taken_twice_for_an_order_is_found(bank, tested):
    run = misbehaved(bank, tested, {"repeated": {"seconds": 0}})
    failed = set(found(run, "failed"))
    assert {"A4-3", "A4-4", "Z-4"} <= failed
    assert failed <= {"A4-3", "A4-4", "Z-4", "A15-3"}, "the guarantee may rest on either payment"


def test_money_taken_for_a_closed_order_is_found(bank, tested):
    run = misbehaved(bank, tested, {"late": {"seconds": 0, "agree": False}})
    failed = set(found(run, "failed"))
    assert "Z-5" in failed
    assert failed <= {"Z-5", "A4-2", "A3-2"}, "the query after closing may already know of the money"


def test_verdicts_that_never_come_are_missed(bank, tested):
    run = misbehaved(bank, tested, {"silent": {"calls": ["B1"]}}, ACCEPTANCE_CALLBACK=3)
    failed = found(run, "failed")
    assert set(failed) == {"B1-1", "B1-3", "A2-6", "B1-4"}
    assert failed["B1-1"] == "3秒内应收到1条B1，未收到"
    assert {"A3-3", "B3-1", "B6-2"} <= set(found(run, "unreached"))


def test_a_call_answered_with_nothing_fails_alone(bank, tested):
    run = misbehaved(bank, tested, {"silent": {"calls": ["A12"], "seconds": 0}})
    assert set(found(run, "failed")) == {"A12-1"}
    assert set(found(run, "unreached")) == {"A12-重复", "A12-换内容"}


def test_answers_that_take_too_long_are_told(bank, tested):
    run = misbehaved(bank, tested, {"slow": {"calls": ["A13"], "seconds": 3.1}})
    assert set(found(run, "failed")) == {"Z-6"}
    assert "A13" in found(run, "failed")["Z-6"]


def test_an_institution_that_is_away_is_asked_once(bank, tested, app):
    with app.app_context(), transaction():
        row = db.session.scalars(db.select(Institution).where(Institution.code == "BANK01")).one()
        row.endpoint_url = "http://127.0.0.1:1/BANK01"
    run = tested()
    assert found(run, "failed") == {"A14-1": "无法连接"}
    assert (run.failed, run.passed) == (1, 0)
    assert run.unreached == len(run.checks) - 1


def test_an_endpoint_inside_a_house_is_not_called(bank, tested, app):
    with app.app_context(), transaction():
        row = db.session.scalars(db.select(Institution).where(Institution.code == "BANK01")).one()
        row.endpoint_url = "https://10.0.0.1/BANK01"
    assert found(tested(), "failed") == {"A14-1": "该地址指向内部网络，不能作为接口地址"}


def test_without_a_test_key_nothing_is_asked(bank, tested, app):
    with app.app_context(), transaction():
        db.session.execute(db.delete(ApiKey).where(ApiKey.app_id == "BANK01", ApiKey.env == "test"))
    run = tested()
    assert found(run, "failed") == {"A14-1": "没有有效的接口密钥"}
