"""B1–B4 and B11: an institution's news reaches the case it is for, once, and nothing else."""

import hashlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest
import time_machine
from sqlalchemy import func, select

from app import clock, files, projects
from app.db import db, transaction
from app.files import StoredFile
from app.gateway.fetching import AwaitedDocument
from app.institutions import Institution
from app.jobs.models import Job
from app.protocol.calls import B1, B2, B3, B4, B11, C2
from app.protocol.digests import sm3_hex
from app.protocol.messages.message import write
from app.runtime import deliver
from app.runtime.models import History, InboxMessage, Instance
from app.worker import carry_one
from tests.gateway import placed
from tests.gateway.teller import Teller

pytestmark = pytest.mark.both_databases
WHEN = "2026-11-23T10:00:00+08:00"
PDF = b"%PDF-1.7\n" + b"guarantee " * 2000


def file_of(content, **changes):
    return {
        "format": "PDF", "content": content, "sm3": sm3_hex(content), "sha256": hashlib.sha256(content).hexdigest(),
    } | changes  # fmt: skip


@pytest.fixture
def order(app, lot):
    with app.app_context():
        return placed.order("DD1", lot)


@pytest.fixture
def payment(order):
    return {
        "order_no": order, "pay_txn_no": "T1", "amount": 180_000, "channel": "网银",
        "paid_at": datetime(2026, 11, 23, 2, tzinfo=UTC), "status": "SUCCESS",
    }  # fmt: skip


@pytest.fixture
def issuance(order):
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        "order_no": order, "result": "ISSUED", "guarantee_no": "BH1", "verify_code": "V123", "issued_at": now,
        "valid_from": now, "valid_to": now + timedelta(days=100), "amount": 60_000_000, "mode": "SEALED",
        "kind": "INDEPENDENT", "file": file_of(PDF),
    }  # fmt: skip


def inbox(app):
    with app.app_context():
        return placed.fresh(select(InboxMessage).order_by(InboxMessage.id))


def count(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def test_a_payment_reaches_its_case_before_the_institution_is_answered(app, bank, payment):
    with app.app_context():
        placed.waiting_for("DD1", "payment")
    assert bank.say(B2, payment).code == 0
    with app.app_context():
        assert placed.fresh(select(Instance.status)) == ["ended"]
        assert "云麓商业银行股份有限公司" in placed.fresh(select(History.actor_label))
        (message,) = placed.fresh(select(InboxMessage))
    assert message.delivered_at is not None
    assert message.payload == {
        "order_no": "DD1", "pay_txn_no": "T1", "amount": "1800.00", "channel": "网银",
        "paid_at": "2026-11-23T10:00:00+08:00", "status": "SUCCESS",
    }  # fmt: skip


def test_news_that_come_before_anybody_waits_for_them_are_kept(app, bank, payment):
    assert bank.say(B2, payment).code == 0
    (message,) = inbox(app)
    assert (message.policy, message.key, message.name, message.delivered_at) == ("order", "DD1", "payment", None)
    with app.app_context():
        placed.waiting_for("DD1", "payment")
        deliver(message.id)
        assert placed.fresh(select(Instance.status)) == ["ended"]


def test_one_payment_told_in_two_requests_is_one_message_and_another_transaction_another(app, bank, payment):
    for _ in range(2):
        assert bank.say(B2, payment).code == 0
    assert bank.say(B2, payment | {"channel": "快捷支付"}).code == 0
    assert len(inbox(app)) == 1
    assert bank.say(B2, payment | {"pay_txn_no": "T2"}).code == 0
    assert bank.say(B2, payment | {"amount": 1}).code == 0
    assert len(inbox(app)) == 3


def test_a_payment_that_failed_is_no_payment(app, bank, payment):
    with app.app_context():
        placed.waiting_for("DD1", "payment")
    assert bank.say(B2, payment | {"status": "FAILED"}).code == 0
    assert [(message.name, message.optional) for message in inbox(app)] == [("payment_failed", True)]
    with app.app_context():
        assert placed.fresh(select(Instance.status)) == ["active"]
    assert bank.say(B2, payment).code == 0
    with app.app_context():
        assert placed.fresh(select(Instance.status)) == ["ended"]


def test_money_names_its_transaction_so_that_the_right_wait_takes_it(app, bank, payment):
    bank.say(B2, payment)
    assert [message.correlation for message in inbox(app)] == ["T1"]


def test_a_failing_step_does_not_take_the_news_back(app, bank, payment):
    with app.app_context():
        placed.waiting_for("DD1", "payment")
        with transaction():
            case = db.session.scalars(select(Instance)).one()
            case.state = b"no state at all"
    assert bank.say(B2, payment).code == 0
    (message,) = inbox(app)
    assert message.delivered_at is None


@pytest.mark.parametrize("number", ["DD-404", "DD1"])
def test_an_unknown_order_and_another_institutions_are_both_unknown(app, insurer, payment, number):
    answer = insurer.say(B2, payment | {"order_no": number})
    assert (answer.status, answer.code, list(answer.fields)) == (404, 3001, ["order_no"])
    assert inbox(app) == []


@pytest.mark.parametrize(
    ("call", "body", "code", "field"),
    [
        (B1, {"result": "PASS"}, 2001, "premium"),
        (B1, {"result": "REJECT", "reason": "无"}, 2001, "reject_code"),
        (B1, {"result": "MAYBE"}, 2002, "result"),
        (B2, {"amount": 12.5}, 2001, "pay_txn_no"),
        (B3, {"result": "ISSUED"}, 2001, "guarantee_no"),
        (B11, {"result": "FAILED", "pay_txn_no": "T", "amount": "1.00", "at": WHEN}, 2001, "reason"),
    ],
)  # fmt: skip
def test_incomplete_news_are_refused_naming_the_field_and_nothing_is_kept(app, bank, order, call, body, code, field):
    answer = bank.send("POST", call.path, orjson.dumps({"order_no": order, **body}))
    assert (answer.code, field in answer.fields) == (code, True)
    assert inbox(app) == []


def test_underwriting_and_repayment_are_kept_with_what_was_said(app, bank, order):
    assert bank.say(B1, {"order_no": order, "result": "PASS", "premium": 180_000}).code == 0
    rejected = {"order_no": order, "result": "REJECT", "reject_code": "U03", "reason": "授信不足"}
    assert bank.say(B1, rejected).code == 0
    repaid = {
        "order_no": order, "pay_txn_no": "T1", "repay_txn_no": "R1", "amount": 180_000, "at": clock.now(),
        "result": "DONE",
    }  # fmt: skip
    assert bank.say(B11, repaid).code == 0
    assert bank.say(B11, repaid | {"at": clock.now() + timedelta(seconds=5)}).code == 0
    kept = [(message.name, message.payload["result"]) for message in inbox(app)]
    assert kept == [("underwriting", "PASS"), ("underwriting", "REJECT"), ("repayment", "DONE")]


def test_the_document_is_stored_and_only_its_number_goes_on(app, bank, issuance):
    assert bank.say(B3, issuance).code == 0
    (message,) = inbox(app)
    told = message.payload
    assert "file" not in told
    assert (told["guarantee_no"], told["amount"], told["sm3"]) == ("BH1", "600000.00", sm3_hex(PDF))
    with app.app_context():
        assert files.content(told["file_id"]) == PDF


def test_the_same_document_again_is_stored_once_and_a_corrected_one_anew(app, bank, issuance):
    for _ in range(2):
        assert bank.say(B3, issuance).code == 0
    assert (len(inbox(app)), count(app, StoredFile)) == (1, 1)
    assert bank.say(B3, issuance | {"file": file_of(PDF + b"corrected")}).code == 0
    assert (len(inbox(app)), count(app, StoredFile)) == (2, 2)


@pytest.mark.parametrize(
    ("file", "field"),
    [
        (file_of(PDF, sm3="0" * 64), "file.sm3"),
        (file_of(PDF, sha256="0" * 64), "file.sha256"),
        (file_of(b"MZ executable"), "file.base64"),
        (file_of(PDF, format="ZIP"), "file.format"),
        ({"format": "PDF", "url": "http://example.com/x.pdf", "sm3": "0" * 64, "sha256": "0" * 64}, "file.url"),
        ({"format": "PDF", "url": "http://169.254.169.254/x", "sm3": "0" * 64, "sha256": "0" * 64}, "file.url"),
        ({"format": "PDF", "sm3": "0" * 64, "sha256": "0" * 64}, "file.base64"),
    ],
)
def test_a_wrong_document_is_refused_naming_the_field(app, bank, issuance, file, field):
    answer = bank.say(B3, issuance | {"file": file})
    assert list(answer.fields) == [field]
    assert (inbox(app), count(app, StoredFile), count(app, Job)) == ([], 0, count(app, Job))


def test_a_document_above_the_limit_is_refused(app, bank, issuance):
    answer = bank.say(B3, issuance | {"file": file_of(PDF + b"x" * (10 * 1024 * 1024))})
    assert (answer.code, list(answer.fields)) == (2002, ["file.base64"])
    body = orjson.dumps(write(B3.body, issuance)) + b" " * (15 * 1024 * 1024)
    assert bank.send("POST", B3.path, body).status == 413
    assert count(app, StoredFile) == 0


def in_store(app):
    with app.app_context():
        return {name for name, _ in files.store().names()}


def test_what_is_refused_repeated_or_not_believed_leaves_nothing_in_the_store(app, bank, insurer, issuance):
    before = in_store(app)
    assert insurer.say(B3, issuance).code == 3001
    assert bank.say(B3, issuance | {"file": file_of(PDF, sm3="0" * 64)}).code == 2002
    assert in_store(app) == before
    assert bank.say(B3, issuance, request_id="R-1").code == 0
    (name,) = in_store(app) - before
    assert bank.again().code == 1003
    assert bank.say(B3, issuance, request_id="R-1").code == 0
    other = issuance | {"file": file_of(PDF + b"other")}
    assert bank.say(B3, other, request_id="R-1").code == 3003
    assert in_store(app) - before == {name}


def test_others_can_write_while_a_document_is_written(app, bank, issuance, counter, watched):
    assert bank.say(B3, issuance).code == 0
    corrected = PDF + b"corrected"
    counter.files["/bank/files/BH1.pdf"] = corrected
    file = {name: value for name, value in file_of(corrected).items() if name != "content"}
    assert bank.say(B3, issuance | {"file": file | {"url": counter.url + "/files/BH1.pdf"}}).code == 0
    carry(app)
    assert watched.asked == 2


def test_a_refused_issuance_needs_no_document(app, bank, order):
    refused = {"order_no": order, "result": "REFUSED", "reject_code": "I03", "reason": "系统出函失败"}
    assert bank.say(B3, refused).code == 0
    assert inbox(app)[0].payload["reason"] == "系统出函失败"


@pytest.fixture
def counter(app, bank):
    teller = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = teller.url
    yield teller
    teller.close()


def carry(app):
    with app.app_context():
        for identity in placed.fresh(select(Job.id).where(Job.state == "due")):
            carry_one(identity)


def test_a_document_told_of_by_address_is_fetched_by_a_job(app, bank, issuance, counter):
    counter.files["/bank/files/BH1.pdf"] = PDF
    file = file_of(PDF) | {"url": counter.url + "/files/BH1.pdf"}
    del file["content"]
    assert bank.say(B3, issuance | {"file": file}).code == 0
    assert (inbox(app), count(app, AwaitedDocument)) == ([], 1)
    carry(app)
    (message,) = inbox(app)
    with app.app_context():
        assert files.content(message.payload["file_id"]) == PDF
    assert count(app, AwaitedDocument) == 0


def test_an_address_that_gives_another_document_ends_as_a_failed_job(app, bank, issuance, counter):
    counter.files["/bank/files/BH1.pdf"] = PDF + b"other"
    file = file_of(PDF) | {"url": counter.url + "/files/BH1.pdf"}
    del file["content"]
    assert bank.say(B3, issuance | {"file": file}).code == 0
    carry(app)
    assert inbox(app) == []
    with app.app_context():
        job = placed.fresh(select(Job).where(Job.name == "gateway/fetch"))[0]
        assert (job.state, "sm3" in job.error) == ("failed", True)


def test_no_name_and_no_code_of_a_guarantee_stands_in_a_job(app, bank, issuance):
    file = {key: value for key, value in file_of(PDF).items() if key != "content"}
    with app.app_context():
        endpoint = db.session.scalar(select(Institution.endpoint_url).where(Institution.code == "BANK01"))
    assert bank.say(B3, issuance | {"file": file | {"url": endpoint + "/BH1.pdf"}}).code == 0
    with app.app_context():
        jobs = placed.fresh(select(Job.payload))
    assert not [payload for payload in jobs if "V123" in payload or "BH1" in payload]


def test_an_unsealed_guarantee_is_taken_only_after_opening(app, bank, insurer, trading, lot, lot_values, order):
    with app.app_context():
        placed.guarantee("BH1", order, lot)
    plain = {"guarantee_no": "BH1", "file": file_of(PDF + b"plain"), "replaces_sm3": sm3_hex(PDF)}
    assert bank.say(B4, plain).code == 3008
    with time_machine.travel(lot_values["opening_at"] + timedelta(minutes=1)):
        opened = {"event_id": "E1", "event": "OPENED", "at": lot_values["opening_at"]}
        assert trading.say(C2, opened, lot_id=lot).code == 0
        with app.app_context():
            assert projects.get(lot).opened_at is not None
        assert insurer.say(B4, plain).code == 3001
        assert bank.say(B4, plain).code == 0
    (message,) = [one for one in inbox(app) if one.name == "unsealed"]
    assert (message.key, message.payload["replaces_sm3"]) == ("BH1", sm3_hex(PDF))
