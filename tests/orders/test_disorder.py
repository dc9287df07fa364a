"""Messages in every order, twice, or not at all: the order ends as if they had come as they should."""

from itertools import permutations

import pytest
from sqlalchemy import select

from app.protocol.calls import B1, B2, B3, B11
from app.runtime.models import History, InboxMessage
from tests.orders.scene import PREMIUM, Scene


@pytest.mark.both_databases
@pytest.mark.parametrize("turns", list(permutations(["passes", "paid", "issues"])), ids="-".join)
def test_news_in_any_order_lead_to_the_guarantee(scene: Scene, turns: tuple[str, ...]) -> None:
    no = scene.apply()
    for turn in turns:
        getattr(scene, turn)(no)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.told(no) == ["核保通过，等待支付", "支付成功，出函中", "成功出函"]
    assert scene.incidents(no) == []
    assert scene.quiet(no)


@pytest.mark.parametrize("lost", ["passes", "paid", "issues"])
def test_one_lost_message_is_found_by_asking(scene: Scene, lost: str) -> None:
    no = scene.apply()
    for turn in ("passes", "paid", "issues"):
        getattr(scene, turn)(no, tell=turn != lost)
    scene.wait(hours=25)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert scene.quiet(no)


def test_all_messages_lost_are_found_by_asking(scene: Scene) -> None:
    no = scene.apply()
    for turn in ("passes", "paid", "issues"):
        getattr(scene, turn)(no, tell=False)
    scene.wait(hours=25)
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}


def test_news_told_again_by_a_query_are_no_news(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.wait(minutes=5)
    messages = scene.rows(select(InboxMessage).where(InboxMessage.key == no))
    assert sorted(message.name for message in messages) == ["payment", "underwriting"]
    scene.issues(no)


@pytest.mark.both_databases
def test_every_message_told_twice_counts_once(scene: Scene) -> None:
    no = scene.apply()
    books = scene.counter.order(no)
    scene.passes(no)
    scene.say(B1, no, books.verdict)
    scene.paid(no)
    scene.say(B2, no, books.payments[0])
    scene.issues(no)
    scene.say(B3, no, books.issuance)
    extra = scene.paid(no)
    scene.say(B2, no, books.payments[1])
    scene.repays(no, extra)
    scene.say(B11, no, books.repayments[0])
    assert scene.state(no) == "成功出函"
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert len(scene.payments(no)) == 2
    assert len(scene.texts(no)) == 3
    assert scene.incidents(no) == []
    assert scene.quiet(no)


def test_the_same_payment_told_with_another_channel_is_the_same_payment(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.say(B2, no, scene.counter.order(no).payments[0] | {"channel": "扫码支付"})
    assert len(scene.payments(no)) == 1
    scene.issues(no)


def test_the_same_transaction_told_with_another_amount_is_an_incident_and_books_nothing(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.paid(no)
    scene.issues(no)
    scene.say(B2, no, scene.counter.order(no).payments[0] | {"amount": PREMIUM + 100})
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert len(scene.incidents(no)) == 1
    assert scene.quiet(no)


def test_a_repayment_told_before_its_payment_is_entered_with_it(scene: Scene) -> None:
    no = scene.apply()
    scene.passes(no)
    scene.wait(minutes=30)
    txn = scene.paid(no, tell=False, issues="NONE")
    scene.repays(no, txn)
    scene.say(B2, no, scene.counter.order(no).payments[0])
    assert scene.state(no) == "已取消"
    assert scene.ledger(no) == {}
    assert scene.payments(no)[0].repaid_txn_no == f"R-{txn}"
    assert scene.incidents(no) == []
    assert scene.quiet(no)


def test_a_message_nobody_waits_for_yet_leaves_no_steps_behind(scene: Scene) -> None:
    no = scene.apply()
    scene.paid(no)
    before = len(scene.rows(select(History)))
    scene.wait(minutes=30)
    assert len(scene.rows(select(History))) == before
    scene.passes(no)
    scene.issues(no)
    assert scene.state(no) == "成功出函"


def test_news_after_everything_is_over_is_an_incident(scene: Scene) -> None:
    no = scene.apply()
    scene.rejects(no)
    scene.wait(days=31)
    scene.paid(no)
    assert scene.incidents(no) == ["流程已经结束，仍收到消息“payment”"]
    scene.settle(no)
    assert scene.incidents(no) == []
