"""What a look at the rows costs while nothing is due."""

from flask import Flask

from app import clock
from app.db import db
from app.jobs import relay


def test_a_sweep_reads_no_row_whose_time_has_not_come(app_context: Flask) -> None:
    at = str(clock.now())
    sqlite = db.session.connection().connection.driver_connection
    assert sqlite is not None
    plan = sqlite.execute(f"EXPLAIN QUERY PLAN {relay.OFFER.sqlite}", {"now": at, "again": at, "limit": 1})
    assert any("ix_job_due (run_at<" in line[3] for line in plan), "a hundred thousand timers may be waiting"
