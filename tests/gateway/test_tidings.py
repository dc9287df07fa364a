"""A12 and A14: institutions hear of a lot without learning which of their orders are of one; is anybody there."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app import clock
from app.db import db, transaction
from app.errors import Unavailable
from app.gateway import tidings
from app.institutions import Institution
from app.protocol.calls import C2
from app.protocol.codes import Code
from app.runtime.operations import OpContext
from tests.gateway import placed
from tests.gateway.teller import Teller, Told


@pytest.fixture
def teller(app, bank):
    counter = Teller(bank.key)
    with app.app_context(), transaction():
        db.session.scalars(select(Institution).where(Institution.code == "BANK01")).one().endpoint_url = counter.url
    yield counter
    counter.close()


@pytest.fixture
def orders(app, lot):
    with app.app_context():
        return [placed.order(f"DD{number}", lot, bidder=number) for number in (1, 2)]


def about(lot):
    return OpContext(key=lot, policy="lot_change", now=clock.now(), element="tell", idempotency="lot_change:LOT-1:4")


def test_before_opening_every_order_is_told_of_apart_under_its_own_pseudonym(app, lot, orders, teller):
    teller.answer("/v1/lots/events", Told({"received_at": "2026-11-28T09:00:00+08:00"}))
    with app.app_context():
        said = tidings.lot_news(about(lot), "SUSPENDED", clock.now().isoformat(), "收到异议")
    assert said == {"told": 2}
    bodies = [asked["body"] for asked in teller.asked]
    assert sorted(body["orders"] for body in bodies) == [["DD1"], ["DD2"]]
    assert len({body["lot_ref"] for body in bodies}) == 2
    assert lot not in str(bodies)


def test_after_opening_the_lot_has_its_name(app, lot, lot_values, orders, trading, teller):
    teller.answer("/v1/lots/events", Told({"received_at": "2026-11-28T09:00:00+08:00"}))
    opening = lot_values["opening_at"]
    with time_machine.travel(opening + timedelta(minutes=1)):
        trading.say(C2, {"event_id": "E1", "event": "OPENED", "at": opening}, lot_id=lot)
        with app.app_context():
            tidings.lot_news(about(lot), "OPENED", opening.isoformat())
    assert {asked["body"]["lot_ref"] for asked in teller.asked} == {lot}


def test_one_that_is_away_is_told_again_under_the_same_request(app, lot, orders, teller):
    teller.answer("/v1/lots/events", Told(code=Code.RETRY_LATER))
    with app.app_context(), pytest.raises(Unavailable):
        tidings.lot_news(about(lot), "RESUMED", clock.now().isoformat())
    teller.answer("/v1/lots/events", Told({"received_at": "2026-11-28T09:00:00+08:00"}))
    with app.app_context():
        tidings.lot_news(about(lot), "RESUMED", clock.now().isoformat())
    assert teller.asked[0]["request_id"] == teller.asked[1]["request_id"] != teller.asked[2]["request_id"]


def test_who_answers_a_ping_is_there(app, lot, orders, teller):
    teller.answer("/v1/ping", Told({"at": "2026-11-28T09:00:00+08:00", "accepting": False}))
    with app.app_context():
        assert tidings.ping(about(lot), "BANK01") == {"reached": True, "accepting": False, "reason": ""}
        teller.answer("/v1/ping", Told(code=Code.RETRY_LATER))
        assert tidings.ping(about(lot), "BANK01")["reached"] is False
