"""Every way in which an institution can misbehave, as the platform sees it."""

from __future__ import annotations

import time

import pytest
import requests

from app.protocol import documents
from app.protocol.calls import A2, A4, A5, A8, A15
from app.protocol.client import Refused, Unreachable, Untrusted
from app.protocol.codes import Code
from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import Platform, until
from tests.sandbox.test_institution import PREMIUM, issued, link, pay, place


@pytest.fixture
def pending(sandbox: Sandbox, order_no: str):
    """What is still to be sent or done for the order."""
    return lambda state="due": [c for c in sandbox.ledger(order_no)["chores"] if c["state"] == state]


def test_reject_says_no_with_a_reason(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds=["reject"])
    place(platform.client("BANK01"), order())
    verdict = platform.wait(order_no, "B1")[0].body
    assert (verdict["result"], verdict["reject_code"]) == ("REJECT", "R001")
    assert verdict["reason"]


def test_silent_about_underwriting_decides_nothing(platform, sandbox, order, order_no, pending):
    sandbox.misbehave(order_no, kinds=["silent"])
    client = platform.client("BANK01")
    place(client, order())
    until(lambda: not pending(), "the chore is over")
    assert client.call(A4, request_id="q", order_no=order_no)["underwriting_status"] == "PENDING"
    assert platform.of(order_no) == []


def test_silent_about_the_guarantee_still_tells_when_asked(platform, sandbox, order, order_no, pending):
    sandbox.misbehave(order_no, kinds=["silent_issuance"])
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    pay(link(client, order_no))
    until(lambda: pending("withheld"), "B3 is withheld")
    now = client.call(A4, request_id="q", order_no=order_no)
    assert (now["issue_status"], now["issuance"]["result"]) == ("ISSUED", "ISSUED")
    assert platform.of(order_no, "B3") == []


def test_silent_to_a_call_does_nothing_until_asked_again(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"silent": {"calls": ["A2"], "times": 1, "seconds": 0.1}})
    client = platform.client("BANK01")
    with pytest.raises(Untrusted):
        place(client, order())
    assert sandbox.ledger(order_no)["orders"] == []
    place(client, order())
    platform.wait(order_no, "B1")


def test_slow_has_done_it_before_the_caller_gives_up(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"slow": {"calls": ["A2"], "seconds": 1}})
    client = platform.client("BANK01", patience=0.3)
    with pytest.raises(Unreachable):
        place(client, order())
    assert len(sandbox.ledger(order_no)["orders"]) == 1
    client.call(A2, order(), request_id=f"A2-{order_no}")  # the kept answer comes at once
    assert len(sandbox.ledger(order_no)["orders"]) == 1


def test_slow_callbacks_come_late(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"slow": {"calls": ["B1"], "seconds": 0.5}})
    start = time.monotonic()
    place(platform.client("BANK01"), order())
    platform.wait(order_no, "B1")
    assert time.monotonic() - start >= 0.5


def test_duplicate_sends_each_message_thrice_as_two_requests(platform, sandbox, order, order_no, pending):
    sandbox.misbehave(order_no, kinds=["duplicate"])
    issued(platform, order())
    until(lambda: not pending(), "all is sent")
    assert sorted(message.call for message in platform.of(order_no)) == ["B1", "B1", "B2", "B2", "B3", "B3"]
    assert sorted(m.call for m in platform.repeats if m.body["order_no"] == order_no) == ["B1", "B2", "B3"]
    assert len({message.body["guarantee_no"] for message in platform.of(order_no, "B3")}) == 1
    assert len({message.body["pay_txn_no"] for message in platform.of(order_no, "B2")}) == 1


def close(client, order_no: str) -> None:
    client.call(A5, {"reason": "TIMEOUT"}, request_id=f"A5-{order_no}", order_no=order_no)


def test_late_money_comes_after_closing_and_is_still_good_before_opening(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"late": {"seconds": 0.1}})
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    close(client, order_no)
    assert platform.wait(order_no, "B2")[0].body["amount"] == PREMIUM
    platform.wait(order_no, "B3")


def test_late_money_buys_nothing_if_the_institution_does_not_agree(platform, sandbox, order, order_no, pending):
    sandbox.misbehave(order_no, kinds={"late": {"seconds": 0.1, "agree": False}})
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    close(client, order_no)
    paid = platform.wait(order_no, "B2")[0].body
    until(lambda: not pending(), "nothing more is to come")
    now = client.call(A4, request_id="q", order_no=order_no)
    assert (now["pay_status"], now["issue_status"]) == ("PAID", "NONE")
    asked = {"pay_txn_no": paid["pay_txn_no"], "amount": paid["amount"], "reason": "LATE"}
    client.call(A15, asked, request_id=f"A15-{order_no}", order_no=order_no)
    platform.wait(order_no, "B11")


def test_a_wrong_amount_is_told_and_not_issued_for(platform, sandbox, order, order_no, pending):
    sandbox.misbehave(order_no, kinds=["wrong_amount"])
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    pay(link(client, order_no))
    assert platform.wait(order_no, "B2")[0].body["amount"] == PREMIUM - 100
    until(lambda: not pending(), "nothing more is to come")
    assert client.call(A4, request_id="q", order_no=order_no)["issue_status"] == "NONE"


def test_a_bad_signature_is_refused_and_later_a_good_one_comes(platform, sandbox, order, order_no):
    platform.refused.clear()
    sandbox.misbehave(order_no, kinds={"bad_signature": {"calls": ["B1"], "times": 1}})
    place(platform.client("BANK01"), order())
    platform.wait(order_no, "B1")
    assert platform.refused == [Code.SIGNATURE]


def test_a_badly_signed_answer_is_not_believed(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"bad_signature": {"calls": ["A2"], "times": 1}})
    client = platform.client("BANK01")
    with pytest.raises(Untrusted):
        place(client, order())
    place(client, order())
    assert len(sandbox.ledger(order_no)["orders"]) == 1


@pytest.mark.parametrize(
    ("how", "flaws"),
    [
        ("tampered", {documents.Flaw.SIGNATURE}),
        ("appended", {documents.Flaw.COVERAGE}),
        ("truncated", {documents.Flaw.NOT_PDF}),
        ("unsigned", {documents.Flaw.UNSIGNED}),
        ("foreign", {documents.Flaw.SIGNER}),
        ("hash", {documents.Flaw.SM3}),
    ],
)
def test_a_bad_guarantee_is_found_out_and_a_good_one_follows(platform, sandbox, order, order_no, how, flaws):
    sandbox.misbehave(order_no, kinds={"bad_pdf": {"how": how, "again": 0.1}})
    issued(platform, order())
    bad, good = (message.body for message in platform.wait(order_no, "B3", 2))
    certificate = sandbox.config.institution("BANK01")["certificate_pem"]
    judged = [
        documents.verify(
            body["file"]["content"], certificate=certificate, sm3=body["file"]["sm3"], sha256=body["file"]["sha256"]
        )
        for body in (bad, good)
    ]
    assert (judged[0].flaw in flaws, judged[0].text != "", judged[1].ok) == (True, True, True), judged
    assert bad["guarantee_no"] == good["guarantee_no"]


def test_reorder_tells_the_guarantee_before_the_payment(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds=["reorder"])
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    pay(link(client, order_no))
    platform.wait(order_no, "B2")
    assert [message.call for message in platform.of(order_no)] == ["B1", "B3", "B2"]


def test_repeated_pays_a_second_time_and_gives_only_that_back(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"repeated": {"seconds": 0.1}})
    issued(platform, order())
    first, second = (message.body for message in platform.wait(order_no, "B2", 2))
    client = platform.client("BANK01")

    def give_back(paid: dict) -> None:
        asked = {"pay_txn_no": paid["pay_txn_no"], "amount": paid["amount"], "reason": "DUPLICATE"}
        client.call(A15, asked, request_id=f"A15-{paid['pay_txn_no']}", order_no=order_no)

    with pytest.raises(Refused) as refused:
        give_back(first)
    assert refused.value.code == Code.STATE_CONFLICT
    give_back(second)
    assert platform.wait(order_no, "B11")[0].body["pay_txn_no"] == second["pay_txn_no"]
    assert len(sandbox.ledger(order_no)["guarantees"]) == 1


def test_refuse_issue_keeps_the_money_until_asked_for_it(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds=["refuse_issue"])
    told = issued(platform, order())
    assert (told["result"], bool(told["reason"])) == ("REFUSED", True)
    now = platform.client("BANK01").call(A4, request_id="q", order_no=order_no)
    assert (now["pay_status"], now["issue_status"], now["issuance"]) == ("PAID", "REFUSED", told)


def test_reprice_asks_another_premium(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds={"reprice": {"factor": 1.5}})
    place(platform.client("BANK01"), order(premium=PREMIUM))
    assert platform.wait(order_no, "B1")[0].body["premium"] == PREMIUM * 3 // 2


def test_an_order_may_be_paid_without_a_bidder(platform, sandbox, order, order_no):
    sandbox.misbehave(order_no, kinds=["pays"])
    client = platform.client("BANK01")
    place(client, order())
    platform.wait(order_no, "B1")
    link(client, order_no)
    platform.wait(order_no, "B3")


def test_a_rule_for_an_order_goes_before_its_institutions_and_that_before_all(platform, sandbox, order, order_no):
    sandbox.misbehave(institution="INS02", kinds=["reject"])
    sandbox.misbehave(order_no, institution="INS02", kinds=[])
    place(platform.client("INS02"), order(product_code="INS02-TB"))
    assert platform.wait(order_no, "B1")[0].body["result"] == "PASS"
    other = order_no + "X"
    place(platform.client("INS02"), order(product_code="INS02-TB", order_no=other))
    assert platform.wait(other, "B1")[0].body["result"] == "REJECT"
    sandbox.misbehave(institution="INS02", kinds=[])


def test_a_mix_is_drawn_from_the_seed_and_the_order_number(platform, sandbox, order, order_no):
    def verdicts(institution: str, seed: int) -> list[str]:
        sandbox.misbehave(institution=institution, random={"seed": seed, "share": 0.5, "kinds": ["reject"]})
        client = platform.client(institution)
        numbers = [f"{order_no}-{n:02d}" for n in range(12)]
        for number in numbers:
            place(client, order(product_code=f"{institution}-TB", order_no=number))
        told = [
            until(
                lambda number=number: [m for m in platform.of(number, "B1") if m.key_id == f"{institution}-1"],
                f"B1 of {institution} for {number}",
            )[0].body["result"]
            for number in numbers
        ]
        sandbox.misbehave(institution=institution, kinds=[])
        return told

    drawn = verdicts("GUA01", 7)
    assert set(drawn) == {"PASS", "REJECT"}
    assert verdicts("BANK02", 7) == drawn
    assert verdicts("INS01", 8) != drawn


def test_an_unknown_kind_is_refused(sandbox):
    answer = requests.post(f"{sandbox.url('institution')}/misbehave", json={"kinds": ["fly"]}, timeout=5)
    assert (answer.status_code, "fly" in answer.json()["error"]) == (422, True)


def test_busy_platforms_are_tried_again(platform: Platform, sandbox, order, order_no):
    tries = iter([Code.RETRY_LATER, Code.IN_PROGRESS])
    platform.answers["B1"] = lambda message: next(tries, Code.OK) if message.body["order_no"] == order_no else Code.OK
    place(platform.client("BANK01"), order())
    until(lambda: not sandbox.ledger(order_no)["chores"], "B1 is taken")
    del platform.answers["B1"]
    assert len([m for m in platform.repeats if m.body["order_no"] == order_no]) == 2


def test_what_the_platform_refuses_is_not_sent_again(platform: Platform, sandbox, order, order_no, pending):
    platform.answers["B1"] = lambda message: Code.STATE_CONFLICT if message.body["order_no"] == order_no else Code.OK
    place(platform.client("BANK01"), order())
    (refused,) = until(lambda: pending("refused"), "B1 is refused")
    del platform.answers["B1"]
    assert refused["outcome"].startswith(str(int(Code.STATE_CONFLICT)))
    assert not [m for m in platform.repeats if m.body["order_no"] == order_no]


@pytest.mark.parametrize(("agrees", "result", "state"), [(1, "APPROVED", "REFUNDED"), (0, "REJECTED", "IN_FORCE")])
def test_an_institution_told_to_decide_says_the_same_by_its_call_and_through_its_reviewer(
    platform, sandbox, order, order_no, agrees, result, state
):
    sandbox.misbehave(order_no, kinds={"decides": {"agrees": agrees}})
    issued(platform, order())
    (guarantee,) = platform.wait(order_no, "B3")
    asked = {"refund_no": f"TB{order_no}", "reason_code": "R01", "reason": "不再参加投标", "premium": PREMIUM}
    number = guarantee.body["guarantee_no"]
    platform.client("BANK01").call(A8, asked, request_id=f"A8-{order_no}", guarantee_no=number)
    (told,) = until(lambda: [m for m in platform.messages if m.body.get("refund_no") == f"TB{order_no}"], "B6")
    said = sandbox.decides("BANK01", f"TB{order_no}")
    assert (told.body["result"], said["result"]) == (result, result)
    assert told.body.get("repay_txn_no") == said.get("repay_txn_no")
    books = sandbox.ledger(order_no)
    assert ([one["state"] for one in books["guarantees"]], [one["decided"] for one in books["applications"]]) == (
        [state],
        [result],
    )
