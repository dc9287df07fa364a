"""C1–C3: the trading platform's feed."""

from datetime import timedelta

import orjson
import pytest
import time_machine
from sqlalchemy import func, select, text

from app import clock, projects, worker
from app.db import db
from app.jobs.models import Job
from app.protocol.calls import C1, C2, C3
from app.protocol.messages.message import write
from app.protocol.messages.parties import LOT_CATEGORIES
from app.runtime.models import Instance
from tests.gateway import placed

pytestmark = pytest.mark.both_databases


def held(app, no="LOT-1"):
    with app.app_context():
        return projects.get(no)


def test_a_lot_is_known_as_it_was_told(app, trading, lot_values):
    answer = trading.say(C1, lot_values, lot_id="LOT-1")
    assert (answer.code, answer.data) == (0, {"lot_id": "LOT-1", "version": 1})
    lot = held(app)
    assert (lot.number, lot.region, lot.prefecture, lot.state) == ("A4301-2026-0107-02", "430102", "430100", "open")
    assert (lot.estimate_fen, lot.bond_fen, lot.bid_deadline) == (3_200_000_000, 60_000_000, lot_values["bid_deadline"])
    assert (lot.project.no, lot.tenderer_uscc) == ("P4301-2026-0107", "91430100MA8LGT0785")


def test_a_newer_version_replaces_an_older_one_and_never_the_other_way(app, trading, lot_values):
    trading.say(C1, lot_values | {"version": 5}, lot_id="LOT-1")
    later = lot_values["opening_at"] + timedelta(days=3)
    assert trading.say(C1, lot_values | {"version": 7, "opening_at": later}, lot_id="LOT-1").data["version"] == 7
    stale = trading.say(C1, lot_values | {"version": 6, "name": "旧名"}, lot_id="LOT-1")
    assert (stale.code, stale.data["version"]) == (0, 7)
    assert (held(app).opening_at, held(app).name) == (later, lot_values["name"])


def test_a_version_told_twice_is_one_and_with_another_content_a_conflict(app, trading, lot_values):
    assert trading.say(C1, lot_values, lot_id="LOT-1").code == 0
    assert trading.say(C1, lot_values, lot_id="LOT-1").code == 0
    answer = trading.say(C1, lot_values | {"name": "另一个名字"}, lot_id="LOT-1")
    assert (answer.status, answer.code) == (409, 3003)
    assert held(app).name == lot_values["name"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"estimate": None}, 2001, "estimate"),
        ({"bond_amount": "600000"}, 2002, "bond_amount"),
        ({"category": "magic"}, 2002, "category"),
        ({"version": 0}, 2002, "version"),
        ({"region": "110000"}, 2002, "region"),
        ({"bid_deadline": "2026-12-01 09:00"}, 2002, "bid_deadline"),
        ({"tenderer": {"name": "甲", "uscc": "91430100IIIIIIIIII"}}, 2005, "tenderer.uscc"),
        ({"project": {"name": "无编号"}}, 2001, "project.project_no"),
    ],
)
def test_a_wrong_lot_is_refused_naming_the_field_and_nothing_is_kept(app, trading, lot_values, changes, code, field):
    body = write(C1.body, lot_values) | changes
    answer = trading.send("PUT", C1.at(lot_id="LOT-1"), orjson.dumps({k: v for k, v in body.items() if v is not None}))
    assert (answer.code, list(answer.fields)) == (code, [field])
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(projects.Lot)) == 0
        assert db.session.scalar(select(func.count()).select_from(projects.Project)) == 0


def test_an_opening_before_the_deadline_is_refused(trading, lot_values):
    early = lot_values | {"opening_at": lot_values["bid_deadline"] - timedelta(hours=1)}
    assert list(trading.say(C1, early, lot_id="LOT-1").fields) == ["opening_at"]


def test_suspension_and_resumption_move_the_lot_and_tell_who_listens(app, trading, lot, monkeypatch):
    told = []
    monkeypatch.setattr(projects, "on_event", projects.on_event)
    projects.on_event.append(lambda lot, event: told.append((lot.no, lot.state, event.kind)))
    try:
        suspended = {"event_id": "E1", "event": "SUSPENDED", "at": clock.now(), "reason": "收到质疑"}
        assert trading.say(C2, suspended, lot_id=lot).code == 0
        assert (held(app).state, held(app).state_reason) == ("suspended", "收到质疑")
        assert trading.say(C2, {"event_id": "E2", "event": "RESUMED", "at": clock.now()}, lot_id=lot).code == 0
    finally:
        projects.on_event.pop()
    assert held(app).state == "open"
    assert told == [("LOT-1", "suspended", "SUSPENDED"), ("LOT-1", "open", "RESUMED")]


@pytest.mark.both_databases
def test_no_row_tells_without_a_key_which_orders_are_of_a_lot(app, trading, lot):
    with app.app_context():
        for number, bidder in (("DD1", 1), ("DD2", 2)):
            placed.order(number, lot, bidder=bidder)
            placed.waiting_for(number, "lot_suspended")
    trading.say(C2, {"event_id": "E1", "event": "SUSPENDED", "at": clock.now(), "reason": "投诉处理"}, lot_id="LOT-1")
    with app.app_context():
        for job in placed.fresh(select(Job.id)):
            worker.carry_one(job)
        assert set(placed.fresh(select(Instance.status))) == {"ended"}
        rows = [
            str(row)
            for table in db.metadata.sorted_tables
            for row in db.session.execute(text(f"SELECT * FROM {table.name}"))
        ]
        assert any("DD2" in row for row in rows)
        assert not [row for row in rows if "LOT-1" in row and ("DD1" in row or "DD2" in row)]


def test_an_event_told_twice_happens_once(app, trading, lot):
    event = {"event_id": "E1", "event": "TERMINATED", "at": clock.now().replace(microsecond=0), "reason": "政策调整"}
    assert trading.say(C2, event, lot_id=lot).code == 0
    assert trading.say(C2, event, lot_id=lot).code == 0
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(projects.LotEvent)) == 1
    assert trading.say(C2, event | {"event": "FAILED"}, lot_id=lot).code == 3003
    assert held(app).state == "terminated"


def test_an_event_that_cannot_follow_the_lots_state_is_refused(app, trading, lot):
    answer = trading.say(C2, {"event_id": "E1", "event": "RESUMED", "at": clock.now()}, lot_id=lot)
    assert (answer.status, answer.code) == (409, 3002)
    trading.say(C2, {"event_id": "E2", "event": "FAILED", "at": clock.now(), "reason": "不足三家"}, lot_id=lot)
    assert trading.say(C2, {"event_id": "E3", "event": "OPENED", "at": clock.now()}, lot_id=lot).code == 2002
    assert held(app).state == "failed"


def test_a_suspension_without_a_reason_is_refused(trading, lot):
    answer = trading.say(C2, {"event_id": "E1", "event": "SUSPENDED", "at": clock.now()}, lot_id=lot)
    assert (answer.code, list(answer.fields)) == (2001, ["reason"])


def test_events_of_an_unknown_lot_and_of_a_version_not_told_yet_are_refused(trading, lot):
    event = {"event_id": "E1", "event": "CHANGED", "at": clock.now(), "version": 2}
    assert trading.say(C2, event, lot_id="LOT-404").code == 3001
    assert trading.say(C2, event, lot_id=lot).code == 3002


def test_an_opening_unlocks_only_after_the_bid_deadline(app, trading, lot, lot_values):
    answer = trading.say(C2, {"event_id": "E1", "event": "OPENED", "at": clock.now()}, lot_id=lot)
    assert (answer.code, list(answer.fields)) == (2002, ["at"])
    assert held(app).opened_at is None
    with time_machine.travel(lot_values["opening_at"] + timedelta(minutes=5)):
        early = {"event_id": "E2", "event": "OPENED", "at": lot_values["bid_deadline"] - timedelta(minutes=1)}
        assert trading.say(C2, early, lot_id=lot).code == 2002
        opened = {"event_id": "E3", "event": "OPENED", "at": lot_values["opening_at"]}
        assert trading.say(C2, opened, lot_id=lot).code == 0
        assert (held(app).state, held(app).opened_at) == ("opened", lot_values["opening_at"])
        changed = trading.say(C1, lot_values | {"version": 2}, lot_id=lot)
        assert (changed.status, changed.code) == (409, 3007)


def test_who_is_guaranteed_is_told_to_nobody_before_opening(trading, lot):
    for known_or_not in (lot, "LOT-404"):
        answer = trading.say(C3, lot_id=known_or_not)
        assert (answer.status, answer.code, answer.data) == (403, 4003, {})


def test_an_address_that_nothing_can_have_is_unknown(trading, lot_values):
    answer = trading.send("PUT", "/openapi/v1/lots/%00", orjson.dumps(write(C1.body, lot_values)))
    assert (answer.status, answer.code) == (404, 3001)


@pytest.mark.parametrize("number", ["%F0%9F%92%A9", "a" * 65, "..", "a b", "-"])
def test_a_malformed_number_in_the_address_is_named(trading, lot_values, number):
    answer = trading.send("PUT", f"/openapi/v1/lots/{number}", orjson.dumps(write(C1.body, lot_values)))
    assert (answer.code, list(answer.fields)) == (2002, ["lot_id"])


def test_every_category_of_the_interface_has_its_word():
    assert {category.value for category in projects.LotCategory} == set(LOT_CATEGORIES)


def test_an_address_nobody_serves_is_answered_signed(trading):
    answer = trading.client.get("/openapi/v1/nothing")
    assert (answer.status_code, answer.json["code"]) == (404, 3001)
    assert answer.headers["X-Sign"]
    wrong_method = trading.client.get(C1.at(lot_id="L1"))
    assert (wrong_method.status_code, set(wrong_method.headers["Allow"].split(", "))) == (405, {"OPTIONS", "PUT"})
    assert wrong_method.headers["X-Sign"]
