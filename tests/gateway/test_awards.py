"""C6: who won a lot, told by the trading platform after opening."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from app import projects
from app.projects import LotAward, awards
from app.protocol.calls import C2, C6
from tests.gateway import placed

pytestmark = pytest.mark.both_databases


@pytest.fixture
def heard(monkeypatch):
    told = []
    monkeypatch.setattr(awards, "on_award", [lambda lot, award: told.append((lot.no, award.winner["name"]))])
    return told


@pytest.fixture
def winner(lot_values):
    return {
        "winner": {"name": "湘建一川建设集团有限公司", "uscc": "91430100MA8XJY0152"},
        "awarded_at": lot_values["opening_at"] + timedelta(days=3), "amount": 3_100_000_000,
    }  # fmt: skip


def test_before_opening_there_is_no_winner(app, trading, lot, winner, heard):
    assert trading.say(C6, winner, lot_id=lot).code == 3008
    with app.app_context():
        assert placed.fresh(select(LotAward)) == []
    assert heard == []


def test_an_award_is_entered_once_and_a_later_one_replaces_it(app, trading, lot, lot_values, winner, heard):
    opening = lot_values["opening_at"]
    with time_machine.travel(opening + timedelta(days=4)):
        assert trading.say(C2, {"event_id": "E1", "event": "OPENED", "at": opening}, lot_id=lot).code == 0
        for _ in range(2):
            assert trading.say(C6, winner, lot_id=lot).code == 0
        early = winner | {"awarded_at": opening - timedelta(minutes=1)}
        assert list(trading.say(C6, early, lot_id=lot).fields) == ["awarded_at"]
        assert heard == [("LOT-1", "湘建一川建设集团有限公司")]
        other = {"name": "麓山建工有限公司", "uscc": "91430100MA8LGT0785"}
        assert trading.say(C6, winner | {"winner": other}, lot_id=lot).code == 0
    assert [name for _, name in heard] == ["湘建一川建设集团有限公司", "麓山建工有限公司"]
    with app.app_context():
        row = projects.awards.of_lot("LOT-1")
        assert (row.winner["name"], row.amount) == ("麓山建工有限公司", 3_100_000_000)


def test_an_unknown_lot_and_an_institution_are_refused(trading, bank, lot, winner):
    assert trading.say(C6, winner, lot_id="LOT-404").code == 3001
    assert bank.say(C6, winner, lot_id=lot).status == 403
