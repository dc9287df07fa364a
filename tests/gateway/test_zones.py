"""A database server that speaks another zone than UTC."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from app import worker
from app.db import db
from app.jobs.models import Job
from app.protocol.calls import C1
from app.runtime.models import Instance
from tests.gateway import placed
from tests.support.time import later

pytestmark = pytest.mark.postgresql


def test_a_moved_bid_deadline_is_told_in_its_time(app, trading, lot, lot_values):
    with app.app_context():
        placed.order("DD1", lot)
        placed.waiting_for("DD1", "lot_deadline")
        with db.engine.connect() as connection:
            connection.execute(text(f"ALTER DATABASE {connection.engine.url.database} SET timezone = 'Asia/Shanghai'"))
            connection.commit()
        db.session.remove()
        db.engine.dispose()
        moved = lot_values["bid_deadline"] - timedelta(days=1)
        assert trading.say(C1, lot_values | {"version": 2, "bid_deadline": moved}, lot_id="LOT-1").code == 0
        with later(days=9, minutes=1):
            for job in placed.fresh(select(Job.id)):
                worker.carry_one(job)
        assert placed.fresh(select(Instance.status)) == ["ended"]
