"""A run is one run: heard only while it is open, one at a time, begun again when its worker dies."""

import signal
from datetime import timedelta

import pytest
from orjson import dumps
from sqlalchemy import func, select

from app import acceptance, institutions
from app.acceptance import patrol, running
from app.acceptance.checks import Outcome
from app.acceptance.models import Callback, Found, Run
from app.acceptance.running import Superseded
from app.acceptance.script import SCRIPT
from app.db import db, transaction
from app.errors import Unavailable
from app.institutions import InstitutionState
from app.jobs.models import Job
from app.ledger import LedgerEntry
from app.orders.models import Order
from app.protocol.calls import B1
from app.protocol.messages.message import write
from app.runtime.models import InboxMessage
from app.sandbox import demo as sandbox
from tests.acceptance.conftest import OPERATOR
from tests.gateway.party import Party
from tests.support.waiting import until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def party(client, bank) -> Party:
    entry = bank.config.institution("BANK01")
    own, platform = sandbox.key(entry["test_key"]), sandbox.key(bank.config["platform"]["sm2"])
    return Party(client, entry["app_id"], own, [own, platform])


def verdict(number: str) -> dict:
    return {"order_no": number, "result": "PASS", "premium": 20000}


def rows(app, query):
    with app.app_context():
        return list(db.session.scalars(query))


def begun(app, key="k1") -> Run:
    with app.app_context():
        return running._begin("BANK01", key=key, cause=acceptance.Cause.DEMAND, by=OPERATOR)


def say(party: Party, number: str, **how):
    return party.send(B1.method, B1.at(), dumps(write(B1.body, verdict(number))), env="test", **how)


def test_the_whole_test_leaves_no_trace_in_the_business(app, tested):
    tested()
    for table in (Order, LedgerEntry, InboxMessage, Callback):
        assert rows(app, select(table)) == []


def test_nobody_is_heard_while_no_run_is_open(app, bank, party):
    answer = say(party, "TEST-X-1-PAID")
    assert (answer.status, answer.code, answer.message) == (403, 3002, "没有进行中的接口验收")
    assert rows(app, select(Callback)) == []


def test_an_open_run_hears_its_own_numbers_and_answers_as_in_business(app, bank, party):
    run = begun(app)
    number = f"TEST-{run.prefix}-PAID"
    first = say(party, number, request_id="r1")
    assert (first.status, first.code) == (200, 0)
    assert say(party, number, request_id="r1").data == first.data
    assert say(party, f"TEST-{run.prefix}-CLOSED", request_id="r1").code == 3003
    assert party.again().code == 1003
    assert say(party, "TEST-OTHER-1-PAID").code == 3001
    assert [one.number for one in rows(app, select(Callback))] == [number]


def test_a_callback_to_be_sent_again_is_answered_5001_once(app, bank, party):
    number = f"TEST-{begun(app).prefix}-AGAIN"
    assert [say(party, number, request_id="r1").code for _ in range(3)] == [5001, 0, 0]
    assert [one.again for one in rows(app, select(Callback).order_by(Callback.id))] == [True, False]


def test_what_could_not_be_taken_is_kept_for_the_report(app, bank, party):
    begun(app)
    forged = party.with_key(sandbox.key(bank.config.institution("INS01")["test_key"] | {"key_id": party.key.id}))
    assert say(forged, "TEST-X").code == 1001
    assert party.send(B1.method, B1.at(), b"{}", env="test").code == 2001
    kept = rows(app, select(Callback).order_by(Callback.id))
    assert [(one.call, one.refused[:4]) for one in kept] == [("B1", "1001"), ("B1", "2001")]


def test_a_test_key_opens_no_business_and_a_business_key_no_test(app, client, bank, party):
    begun(app)
    assert party.say(B1, verdict("DD1")).code == 1004
    business = sandbox.key(bank.config.institution("BANK01")["key"])
    assert say(Party(client, party.app_id, business, party.believed), "TEST-X").code == 1004


def test_asked_again_a_finished_run_is_the_same_report(app, tested):
    first = tested()
    assert (tested().no, len(rows(app, select(Run)))) == (first.no, 1)


def test_an_institution_has_one_run_at_a_time(app, tested):
    run = begun(app, key="other")
    with pytest.raises(Unavailable):
        tested()
    with app.app_context(), transaction():
        db.session.get_one(Run, run.id).beat_at -= timedelta(minutes=6)
    assert tested().state == "passed"
    assert {one.no: one.state for one in rows(app, select(Run))}[run.no] == "broken"


def test_a_run_whose_worker_died_is_begun_again_under_other_numbers(app, tested):
    lost = begun(app, key="acceptance:BANK01:1")
    with app.app_context():
        running._record(lost, 0, SCRIPT[0], Outcome.PASSED, "", 1, [])
    run = tested()
    assert (run.no, run.round, run.state, len(run.checks)) == (lost.no, 2, "passed", len(SCRIPT))
    with app.app_context(), pytest.raises(Superseded):
        running._record(lost, 1, SCRIPT[1], Outcome.PASSED, "", 1, [])
    assert len(rows(app, select(Found))) == len(SCRIPT)


def test_a_worker_killed_in_the_middle_is_followed_by_another_that_ends_the_run(app, bank, start):
    online(app)
    with app.app_context(), transaction():
        patrol.demand("BANK01", by=OPERATOR)
    relay = start("app.jobs.relay", LEASE_SECONDS="2", REOFFER_AFTER="1", RELAY_EVERY="0.3")
    worker = start("app.worker", LEASE_SECONDS="2")
    until(lambda: rows(app, select(func.count()).select_from(Found))[0] > 20, 40, what="the run is under way")
    worker.signal(signal.SIGKILL)
    start("app.worker", LEASE_SECONDS="2")
    (run,) = until(lambda: rows(app, select(Run).where(Run.state != "running")), 90, what="the run is over")
    assert (run.state, run.round, run.passed) == ("passed", 2, len(SCRIPT))
    assert relay.alive
    (job,) = rows(app, select(Job).where(Job.name == "acceptance/patrol"))
    until(lambda: rows(app, select(Job.state).where(Job.id == job.id)) == ["done"], what="the errand is done")


def online(app):
    with app.app_context(), transaction():
        institutions.get("BANK01").state = InstitutionState.ONLINE
