"""Reconciliation: the day before is compared with each institution's books, and every difference is a person's task."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.audit import AuditLine
from app.db import db, transaction
from app.gateway import differences, reconciling
from app.gateway.differences import BookDifference
from app.gateway.reconciling import ComparedDay
from app.guarantees.models import Guarantee
from app.institutions import Institution
from app.institutions.seeds import seed_lists
from app.jobs import relay
from app.jobs.models import Job
from app.ledger import LedgerEntry
from app.orders.models import Order, Payment
from app.protocol.codes import Code
from app.runtime import definitions
from app.runtime.models import Incident, UserTask
from app.settings import ROOT
from app.studio.findings import check
from app.studio.folders import Folder
from app.worker import carry_one
from tests.gateway import placed
from tests.gateway.teller import Teller, Told
from tests.support.people import login_as as sign_in
from tests.support.time import later

pytestmark = pytest.mark.both_databases
SHANGHAI_EVENING = timedelta(hours=13)  # 21:00 there


@pytest.fixture
def day():
    return clock.today() - timedelta(days=1)


@pytest.fixture
def counter(app, bank, day):
    teller = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = teller.url
        seed_lists()
        definitions.seed(ROOT, by=placed.BIDDER)
    yield teller
    teller.close()


@pytest.fixture
def books(app, lot, counter, day):
    """Yesterday: two payments, one of them repaid, one guarantee; the institution says the same."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) + SHANGHAI_EVENING - timedelta(hours=8)
    with app.app_context():
        for number, bidder in (("DD1", 1), ("DD2", 2)):
            placed.order(number, lot, bidder=bidder)
        placed.guarantee("BH1", "DD1", lot)
        with transaction():
            for order in db.session.scalars(select(Order)):
                order.created_at = at - timedelta(hours=1)
            db.session.scalars(select(Guarantee)).one().issued_at = at
            paid = {"amount": 180_000, "channel": "网银", "paid_at": at}
            db.session.add(Payment(order_no="DD1", txn_no="T1", **paid))
            db.session.add(Payment(order_no="DD2", txn_no="T2", repaid_txn_no="R2", repaid_at=at, **paid))
    when = clock.local(at).isoformat(timespec="seconds")
    entries = [
        {"order_no": "DD1", "kind": "PAYMENT", "txn_no": "T1", "amount": "1800.00", "at": when},
        {"order_no": "DD2", "kind": "PAYMENT", "txn_no": "T2", "amount": "1800.00", "at": when},
        {"order_no": "DD2", "kind": "REPAYMENT", "txn_no": "R2", "amount": "1800.00", "at": when},
        {"order_no": "DD1", "kind": "ISSUANCE", "guarantee_no": "BH1", "amount": "600000.00", "at": when},
    ]
    say(counter, day, entries)
    return entries


def say(counter, day, entries, **told):
    told = {"data": {"date": day.isoformat(), "entries": entries}} | told
    counter.answer(f"/v1/reconciliations/{day}", Told(**told))


def tonight(app):
    """The round, and whatever it sets going."""
    with app.app_context():
        reconciling.begin({"date": clock.today().isoformat()}, key="x")
        carry()


def carry():
    for identity in placed.fresh(select(Job.id).where(Job.state == "due", Job.kind != "timer").order_by(Job.id)):
        carry_one(identity)


def found(app):
    with app.app_context():
        rows = placed.fresh(select(BookDifference).order_by(BookDifference.id))
        return [(row.what, row.kind, row.reference, row.amounts["ours"], row.amounts["theirs"]) for row in rows]


def tasks(app):
    with app.app_context():
        return placed.fresh(select(UserTask).where(UserTask.policy == "reconciliation").order_by(UserTask.id))


def money(app):
    with app.app_context():
        return [(one.order_no, one.txn_no, one.amount, one.repaid_txn_no) for one in placed.fresh(select(Payment))] + [
            one.key for one in placed.fresh(select(LedgerEntry))
        ]


def test_books_that_agree_are_nobodys_task(app, books, counter, day):
    tonight(app)
    assert [asked["path"] for asked in counter.asked] == [f"/v1/reconciliations/{day}"]
    assert (found(app), tasks(app)) == ([], [])
    with app.app_context():
        assert [row.compared_at is not None for row in placed.fresh(select(ComparedDay))] == [True]


@pytest.mark.parametrize(
    ("lie", "expected"),
    [
        (lambda entries: entries[1:], ("MISSING", "PAYMENT", "T1", 180_000, None)),
        (lambda entries: entries[:3], ("MISSING", "ISSUANCE", "BH1", 60_000_000, None)),
        (
            lambda entries: [*entries, entries[0] | {"txn_no": "T9"}],
            ("EXTRA", "PAYMENT", "T9", None, 180_000),
        ),
        (
            lambda entries: [*entries[:2], entries[2] | {"amount": "1799.00"}, entries[3]],
            ("AMOUNT", "REPAYMENT", "R2", 180_000, 179_900),
        ),
    ],
    ids=["missing payment", "missing guarantee", "extra payment", "other amount"],
)
def test_every_difference_is_one_task_and_nothing_is_mended(app, books, counter, day, lie, expected):
    before = money(app)
    say(counter, day, lie(books))
    tonight(app)
    tonight(app)
    assert found(app) == [expected]
    (task,) = tasks(app)
    assert (task.name, task.role, task.due_at is not None) == ("核对差异", "operator", True)
    assert money(app) == before


def test_several_differences_are_several_tasks(app, books, counter, day):
    say(counter, day, [books[0] | {"amount": "1.00"}, books[3] | {"guarantee_no": "BH9"}])
    tonight(app)
    assert sorted(what for what, *_ in found(app)) == ["AMOUNT", "EXTRA", "MISSING", "MISSING", "MISSING"]
    assert len(tasks(app)) == 5


def test_the_operator_sees_both_sides_and_says_what_it_was(app, client, books, counter, day):
    say(counter, day, [books[0] | {"amount": "1900.00"}, *books[1:]])
    tonight(app)
    (task,) = tasks(app)
    sign_in(client, "operator")
    page = client.get(f"/desk/tasks/{task.id}").text
    for shown in ("金额不一致", "DD1", "T1", "1,800.00", "1,900.00", "云麓商业银行股份有限公司"):
        assert shown in page
    refused = client.post(f"/desk/tasks/{task.id}", data={"outcome": "explained", "note": "x"})
    assert (refused.status_code, "请选择差异原因" in refused.text) == (422, True)
    said = {"outcome": "explained", "reason": "D03", "note": "机构财务确认登记有误，当日已更正"}
    assert client.post(f"/desk/tasks/{task.id}", data=said).status_code == 303
    with app.app_context():
        (row,) = placed.fresh(select(BookDifference))
        assert (row.state, row.reason_code, row.note) == ("explained", "D03", said["note"])
        assert "待核对 → 已查明" in placed.fresh(select(AuditLine.text).where(AuditLine.subject == row.no))
    tonight(app)
    assert tasks(app) == []


def test_comparing_again_closes_what_agrees_and_comes_back_with_what_does_not(app, client, books, counter, day):
    say(counter, day, books[1:])
    tonight(app)
    sign_in(client, "operator")
    again = {"outcome": "again", "note": "机构已补记"}
    assert client.post(f"/desk/tasks/{tasks(app)[0].id}", data=again).status_code == 303
    with app.app_context():
        carry()
    (task,) = tasks(app)
    say(counter, day, books)
    assert client.post(f"/desk/tasks/{task.id}", data=again).status_code == 303
    with app.app_context():
        carry()
        assert placed.fresh(select(BookDifference.state)) == ["agreed"]
    assert tasks(app) == []


def test_an_institution_out_of_reach_is_asked_again_and_in_the_end_is_a_task(app, books, counter, day):
    say(counter, day, [], code=Code.RETRY_LATER)
    tonight(app)
    assert (found(app), tasks(app)) == ([], [])
    for hours in range(1, 8):
        with app.app_context(), later(hours=hours):
            carry()
    assert [what for what, *_ in found(app)] == ["UNREACHABLE"]
    assert [task.name for task in tasks(app)] == ["核对差异"]
    assert len(counter.asked) == reconciling.TRIES
    with app.app_context():
        assert placed.fresh(select(Incident)) == [], "a task, not an incident beside it"


def test_an_institution_that_comes_back_is_compared_after_all(app, books, counter, day):
    unavailable = Told(code=Code.IN_PROGRESS)
    good = Told(data={"date": day.isoformat(), "entries": books})
    counter.answer(f"/v1/reconciliations/{day}", unavailable, good)
    tonight(app)
    with app.app_context(), later(hours=1):
        carry()
    assert (len(counter.asked), found(app)) == (2, [])


@pytest.mark.parametrize("told", [{"raw": b'{"code":0,"message":"","data":{}}'}, {"code": Code.UNKNOWN}])
def test_an_answer_that_is_none_is_a_task_at_once(app, books, counter, day, told):
    say(counter, day, [], **told)
    tonight(app)
    assert [what for what, *_ in found(app)] == ["UNREACHABLE"]


def test_books_of_another_day_are_not_believed(app, books, counter, day):
    other = {"date": (day - timedelta(days=1)).isoformat(), "entries": books}
    counter.answer(f"/v1/reconciliations/{day}", Told(data=other))
    tonight(app)
    assert [what for what, *_ in found(app)] == ["UNREACHABLE"]


def test_a_premium_given_back_with_its_guarantee_is_no_difference(app, books, counter, day):
    with app.app_context(), transaction():
        db.session.add(
            LedgerEntry(at=clock.now(), order_no="DD1", key="refunded:BH1", account="bidder", amount=180_000)
        )
    refund = books[2] | {"order_no": "DD1", "txn_no": "R7"}
    say(counter, day, [*books, refund, refund | {"txn_no": "R8", "amount": "5.00"}])
    tonight(app)
    assert found(app) == [("EXTRA", "REPAYMENT", "R8", None, 500)]


def test_days_on_which_nothing_ran_are_made_up_for(app, books, counter, day):
    with later(days=3):
        tonight(app)
    days = [asked["path"].rpartition("/")[2] for asked in counter.asked]
    assert days == [(day + timedelta(days=n)).isoformat() for n in range(4)]


def test_the_relay_begins_it_every_night(app, books, day):
    with app.app_context():
        relay.sweep()
        with later(days=1, hours=3):
            relay.sweep()
            (job,) = placed.fresh(select(Job).where(Job.name == reconciling.ROUND))
    assert date.fromisoformat(job.key.rpartition(":")[2]) > day


def test_amounts_and_notes_are_sealed(app, books, counter, day):
    say(counter, day, books[1:])
    tonight(app)
    with app.app_context():
        raw = db.session.execute(db.text("SELECT amounts FROM book_difference")).scalar_one()
        assert b"180000" not in bytes(raw)
        assert differences.find(placed.fresh(select(BookDifference.no))[0]).amounts["ours"] == 180_000


def test_the_policy_has_no_findings(app):
    with app.test_request_context("/"):
        assert check(Folder("reconciliation", definitions.seeds(ROOT)["reconciliation"])) == []
