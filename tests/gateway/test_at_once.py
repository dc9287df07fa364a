"""Many calls at the same moment, and what is remembered of them for how long."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
import time_machine
from sqlalchemy import func, select
from werkzeug.test import Client

from app import clock, projects
from app.db import db
from app.gateway import door
from app.gateway.forgetting import forget
from app.gateway.models import AnsweredRequest, SeenNonce
from app.protocol.calls import B2, C1
from app.protocol.messages.message import write
from app.runtime.models import InboxMessage, Instance
from tests.gateway import placed

pytestmark = pytest.mark.both_databases


def at_once(send, times, threads=12):
    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(send, range(times)))


def fresh(party):
    """The same party over a client of its own: a test client keeps one context."""
    return type(party)(party.client.application.test_client(), party.app_id, party.key, party.believed)


def count(app, model):
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def test_sixty_notices_of_one_payment_at_once_have_one_effect(app, bank, lot):
    with app.app_context():
        placed.order("DD1", lot)
        placed.waiting_for("DD1", "payment")
    payment = {
        "order_no": "DD1", "pay_txn_no": "T1", "amount": 180_000, "channel": "网银", "paid_at": clock.now(),
        "status": "SUCCESS",
    }  # fmt: skip
    answers = at_once(lambda number: fresh(bank).say(B2, payment, request_id=f"R-{number}"), 60)
    assert {answer.code for answer in answers} == {0}
    assert count(app, InboxMessage) == 1
    with app.app_context():
        assert placed.fresh(select(Instance.status)) == ["ended"]


def test_one_request_sent_many_times_at_once_is_answered_the_same_and_done_once(app, trading, lot_values):
    raw = orjson.dumps(write(C1.body, lot_values))
    path = C1.at(lot_id="L1")
    answers = at_once(lambda _: fresh(trading).send("PUT", path, raw, request_id="R-1"), 24)
    assert {(answer.code, answer.data["version"]) for answer in answers} == {(0, 1)}
    assert (count(app, AnsweredRequest), count(app, projects.Lot)) == (1, 1)


def test_versions_that_arrive_in_any_order_end_with_the_newest(app, trading, lot_values):
    numbers = [7, 2, 9, 4, 1, 8, 3, 6, 5]

    def send(at):
        values = lot_values | {"version": numbers[at], "name": f"第{numbers[at]}版"}
        return fresh(trading).say(C1, values, lot_id="L1")

    assert {answer.code for answer in at_once(send, len(numbers), threads=9)} == {0}
    with app.app_context():
        assert (projects.get("L1").version, projects.get("L1").name) == (9, "第9版")


def test_one_nonce_sent_twice_at_once_is_taken_once(app, trading, lot_values):
    trading.say(C1, lot_values, lot_id="L1")
    sent = trading.sent[-1]
    trading.say(C1, lot_values | {"version": 2}, lot_id="L1")
    sent = trading.sent[-1]
    with app.app_context():
        before = count(app, SeenNonce)

    def replay(_):
        party = fresh(trading)
        party.sent.append(sent)
        return party.again().code

    assert set(at_once(replay, 8)) == {1003}
    assert count(app, SeenNonce) == before


def test_nonces_and_old_answers_are_forgotten_in_time(app, trading, lot_values):
    trading.say(C1, lot_values, lot_id="L1")
    with app.app_context():
        assert forget() == 0
        with time_machine.travel(clock.now() + timedelta(minutes=11)):
            assert forget() == 1
        assert (count(app, SeenNonce), count(app, AnsweredRequest)) == (0, 1)
        with time_machine.travel(clock.now() + timedelta(days=31)):
            assert forget() == 1
        assert count(app, AnsweredRequest) == 0


def test_a_call_now_and_then_forgets_what_is_old_once_it_is_answered(app, trading, lot_values, monkeypatch):
    monkeypatch.setattr(door, "FORGET_EVERY", 1)
    server = replace(trading, client=Client(app))  # keeps no context between two calls, as a real server
    assert server.say(C1, lot_values, lot_id="L1").code == 0
    with time_machine.travel(clock.now() + timedelta(days=31)):
        server.say(C1, lot_values | {"version": 2}, lot_id="L1")
    assert (count(app, SeenNonce), count(app, AnsweredRequest)) == (1, 1)
