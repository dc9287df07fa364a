"""What happens to a lot while an order for it is being placed."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select, text

from app import clock, worker
from app.jobs.models import Job
from app.orders import placing
from app.protocol.calls import C2
from app.runtime.models import InboxMessage
from tests.gateway import placed
from tests.support.waiting import until

pytestmark = pytest.mark.postgresql


def test_an_order_placed_while_its_lot_is_terminated_hears_of_it(app, trading, lot, monkeypatch):
    written, commit = Event(), Event()
    open_order = placing.open_order

    def slowly(context):
        open_order(context)
        written.set()
        commit.wait(20)

    def place():
        with app.app_context():
            placed.order("DD1", lot)

    def terminate():
        event = {"event_id": "E1", "event": "TERMINATED", "at": clock.now(), "reason": "招标人终止招标"}
        return trading.say(C2, event, lot_id="LOT-1").code

    def carry():
        with app.app_context():
            for job in placed.fresh(select(Job.id)):
                worker.carry_one(job)

    def held_up():
        with app.app_context():
            waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
            return placed.fresh(waiting) == [1]

    monkeypatch.setattr(placing, "open_order", slowly)
    with ThreadPoolExecutor(2) as pool:
        order = pool.submit(place)
        assert written.wait(20)
        event = pool.submit(terminate)
        until(lambda: event.done() or held_up())
        if event.done():
            carry()
        commit.set()
        order.result(20)
        assert event.result(20) == 0
    carry()
    with app.app_context():
        assert [message.key for message in placed.fresh(select(InboxMessage))] == ["DD1"]
