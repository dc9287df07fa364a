"""B5–B9: an institution's own system decides as its reviewer would on the desk; whichever is first."""

import hashlib
import threading
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from app import clock, files
from app.audit import AuditLine
from app.db import db, transaction
from app.files import StoredFile
from app.gateway.fetching import AwaitedDocument
from app.institutions import Institution
from app.jobs.models import Job
from app.protocol.calls import B5, B6, B7, B8, B9
from app.protocol.digests import sm3_hex
from app.runtime.models import InboxMessage, Incident, Instance, UserTask
from app.worker import carry_one
from tests.gateway import applications, placed
from tests.gateway.party import Party
from tests.gateway.teller import Teller
from tests.support import papers
from tests.support.people import login_as as sign_in

pytestmark = pytest.mark.both_databases
PDF = papers.pdf("voucher")


@pytest.fixture
def task(app, demo):
    with app.app_context():
        applications.install(app)
        return applications.begin("TB1")


@pytest.fixture
def approved():
    return {
        "refund_no": "TB1", "guarantee_no": "BH1", "result": "APPROVED", "amount": 180_000, "repay_txn_no": "R-7",
        "repaid_at": datetime(2026, 11, 23, 2, tzinfo=UTC),
    }  # fmt: skip


@pytest.fixture
def rejected():
    return {
        "refund_no": "TB1", "guarantee_no": "BH1", "result": "REJECTED", "reject_code": "N01", "reason": "已开标",
    }  # fmt: skip


def file_of(content, **changes):
    return {
        "format": "PDF", "content": content, "sm3": sm3_hex(content), "sha256": hashlib.sha256(content).hexdigest(),
        "name": "退款凭证.pdf",
    } | changes  # fmt: skip


def open_tasks(app):
    with app.app_context():
        return placed.fresh(select(UserTask.key))


def test_a_callback_completes_the_reviewers_task_with_the_forms_values(app, bank, task, approved):
    assert bank.say(B6, approved).code == 0
    (decision,) = applications.kept
    assert (decision["result"], decision["amount"]) == ("APPROVED", "1800.00")
    assert decision["repaid_at"].startswith("2026-11-23T02:00:00")
    assert "repay_txn_no" not in decision, "the form does not ask for it"
    assert open_tasks(app) == []
    with app.app_context():
        lines = placed.fresh(select(AuditLine).where(AuditLine.subject == "TB1", AuditLine.text == "办理：机构审核"))
        assert [line.actor for line in lines] == ["institution:BANK01"]


def test_a_field_may_have_a_name_of_its_own(app, bank, task, rejected):
    assert bank.say(B6, rejected).code == 0
    assert (applications.kept[0]["code"], applications.kept[0]["reason"]) == ("N01", "已开标")
    with app.app_context():
        assert placed.fresh(select(Instance.status)) == ["ended"]


def test_what_the_form_does_not_take_is_refused_in_the_interfaces_words(app, bank, task, rejected):
    answer = bank.say(B6, rejected | {"reject_code": "X99"})
    assert (answer.status, answer.code, list(answer.fields)) == (422, 2002, ["reject_code"])
    assert (applications.kept, open_tasks(app)) == ([], ["TB1"])
    assert bank.say(B6, rejected).code == 0


def test_the_second_decision_is_a_state_conflict(app, bank, task, approved, rejected):
    assert bank.say(B6, rejected).code == 0
    answer = bank.say(B6, approved)
    assert (answer.status, answer.code) == (409, 3002)
    assert [decision["result"] for decision in applications.kept] == ["REJECTED"]


def test_the_same_request_again_is_answered_the_same(app, bank, task, rejected):
    assert bank.say(B6, rejected, request_id="R-1").code == 0
    assert bank.say(B6, rejected, request_id="R-1").code == 0
    assert len(applications.kept) == 1


@pytest.mark.parametrize("change", [{"refund_no": "TB404"}, {"guarantee_no": "BH2"}])
def test_an_unknown_number_and_another_guarantee_are_unknown(app, bank, task, approved, change):
    answer = bank.say(B6, approved | change)
    assert (answer.status, answer.code, list(answer.fields)) == (404, 3001, list(change))
    assert open_tasks(app) == ["TB1"]


def test_another_institutions_application_is_unknown(app, insurer, task, approved):
    answer = insurer.say(B6, approved)
    assert (answer.code, list(answer.fields)) == (3001, ["refund_no"])
    assert open_tasks(app) == ["TB1"]


def test_the_desk_first_then_the_callback_is_3002(app, client, bank, task, approved):
    other = client.application.test_client()
    sign_in(other, "institution_reviewer", institution="BANK01")
    assert other.post(f"/desk/tasks/{task}", data={"result": "REJECTED", "code": "N99"}).status_code == 303
    assert bank.say(B6, approved).code == 3002
    assert [decision["result"] for decision in applications.kept] == ["REJECTED"]


def test_the_callback_first_then_the_desk_is_told_who_decided(app, client, bank, task, rejected):
    other = client.application.test_client()
    sign_in(other, "institution_reviewer", institution="BANK01")
    assert other.post(f"/desk/tasks/{task}/claim").status_code == 303
    assert bank.say(B6, rejected).code == 0, "the institution decides, whoever of it has taken the task"
    sent = {"result": "APPROVED", "policy": "refund", "key": "TB1", "element": "review", "form": "refund/decide"}
    answer = other.post(f"/desk/tasks/{task}", data=sent)
    assert answer.status_code == 409
    assert "云麓商业银行股份有限公司 已办理" in answer.text


def test_both_doors_at_once_decide_once(app, client, bank, task, approved):
    with app.app_context():
        tasks = {f"TB{number}": applications.begin(f"TB{number}") for number in range(2, 8)}
    for number, open_task in tasks.items():
        person = app.test_client()
        sign_in(person, "institution_reviewer", institution="BANK01")
        system = Party(app.test_client(), bank.app_id, bank.key, bank.believed)
        start, said = threading.Barrier(2), {}

        def desk(person=person, task=open_task, start=start, said=said):
            start.wait()
            said["desk"] = person.post(f"/desk/tasks/{task}", data={"result": "REJECTED", "code": "N99"}).status_code

        def callback(system=system, number=number, start=start, said=said):
            start.wait()
            said["callback"] = system.say(B6, approved | {"refund_no": number}).code

        threads = [threading.Thread(target=desk), threading.Thread(target=callback)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert (said["desk"], said["callback"]) in {(303, 3002), (409, 0)}
    assert len(applications.kept) == len(tasks)


def test_how_it_goes_on_is_told_to_the_case_that_waits_for_it(app, bank, demo):
    with app.app_context():
        applications.install(app, "claim")
        applications.begin("LP1", policy="claim")
    claim = {"claim_no": "LP1", "guarantee_no": "BH1"}
    paid = claim | {"result": "PAID", "paid_at": clock.now(), "voucher": file_of(PDF)}
    assert bank.say(B9, paid).code == 3002, "nobody has approved it"
    assert bank.say(B9, claim | {"result": "ACCEPTED"}).code == 3002, "the form knows no such result"
    assert bank.say(B9, claim | {"result": "APPROVED", "approved_amount": 50_000_000}).code == 0
    for _ in range(2):
        assert bank.say(B9, paid).code == 0, "told twice, it is one piece of news"
    approved, told = applications.kept
    assert (approved["result"], told["result"]) == ("APPROVED", "PAID")
    with app.app_context():
        assert files.content(told["file_id"]) == PDF
        assert placed.fresh(select(Instance.status)) == ["ended"]
        assert len(placed.fresh(select(InboxMessage))) == 1


@pytest.mark.parametrize(
    ("call", "policy", "body"),
    [
        (B5, "extension", {"extension_no": "N1", "guarantee_no": "BH1"}),
        (B7, "cancellation", {"cancellation_no": "N1", "guarantee_no": "BH1"}),
        (B8, "invoice", {"invoice_no": "N1", "order_no": "DD1", "tax_invoice_no": "2643", "courier_no": "SF1"}),
        (B8, "credit_note", {"invoice_no": "N1", "order_no": "DD1", "tax_invoice_no": "2643", "courier_no": "SF1"}),
    ],
)
def test_every_kind_of_application_has_the_same_door(app, bank, demo, call, policy, body):
    with app.app_context():
        applications.install(app, policy)
        applications.begin("N1", policy=policy)
    assert bank.say(call, body | {"result": "APPROVED"}).code == 0
    assert [decision["result"] for decision in applications.kept] == ["APPROVED"]


def test_a_document_is_stored_and_only_its_number_enters_the_case(app, bank, task, approved):
    assert bank.say(B6, approved | {"file": file_of(PDF, sm3="0" * 64)}).fields == {"file.sm3": "与文件内容不符"}
    with app.app_context():
        assert placed.fresh(select(StoredFile)) == []
    assert bank.say(B6, approved | {"file": file_of(PDF)}).code == 0
    (entry,) = applications.kept[0]["file"]
    with app.app_context():
        assert files.content(entry["file"]) == PDF


@pytest.fixture
def counter(app, bank):
    teller = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = teller.url
    yield teller
    teller.close()


def carry(app):
    with app.app_context():
        for identity in placed.fresh(select(Job.id).where(Job.name == "gateway/fetch")):
            carry_one(identity)


def by_address(counter):
    counter.files["/bank/files/v.pdf"] = PDF
    told = file_of(PDF) | {"url": counter.url + "/files/v.pdf"}
    del told["content"]
    return told


def test_a_document_told_of_by_address_decides_once_it_is_fetched(app, bank, task, approved, counter):
    assert bank.say(B6, approved | {"file": by_address(counter)}).code == 0
    assert (applications.kept, open_tasks(app)) == ([], ["TB1"])
    carry(app)
    assert [decision["result"] for decision in applications.kept] == ["APPROVED"]
    with app.app_context():
        assert placed.fresh(select(AwaitedDocument)) == []


def test_a_decision_that_came_too_late_with_its_document_is_shown_to_an_operator(
    app, bank, task, approved, rejected, counter
):
    assert bank.say(B6, approved | {"file": by_address(counter)}).code == 0
    assert bank.say(B6, rejected).code == 0
    carry(app)
    assert [decision["result"] for decision in applications.kept] == ["REJECTED"]
    with app.app_context():
        (incident,) = placed.fresh(select(Incident))
        assert (incident.policy, incident.key) == ("refund", "TB1")
        assert placed.fresh(select(AwaitedDocument)) == []


def test_a_drawing_that_can_not_go_on_takes_nothing_and_is_an_incident(app, bank, demo, approved):
    with app.app_context():
        applications.install(app, condition="decision.nothing > 1")
        applications.begin("TB1")
    assert bank.say(B6, approved, request_id="R-1").code == 5001
    assert open_tasks(app) == ["TB1"]
    with app.app_context():
        (incident,) = placed.fresh(select(Incident))
        assert (incident.kind, incident.key, incident.element) == ("step", "TB1", "which")
