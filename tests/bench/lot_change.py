"""What happens to a lot of a thousand guarantees: one change, until the last bidder is told.

One process carries the case's own rows in turn, as one worker would; the SMS that follow are not counted.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import clock, files, worker
from app.audit import SYSTEM
from app.db import db, transaction
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee
from app.jobs.models import DUE, Job
from app.notices.models import Notice
from app.orders import secrets as orders
from app.orders.models import Order, OrderState
from app.projects import feed
from tests.bench.place import AMOUNT, furnish, lot, places
from tests.bench.timing import counted, say

GUARANTEES = 1000
OWN = ("applications/lot_change", "lots/tell")
LOT = "BENCH-2"


def run(scale: float = 1.0) -> dict[str, Any]:
    number = max(60, int(GUARANTEES * scale))
    with places("postgresql") as installations:
        installation = installations["postgresql"]
        app = installation.fresh()
        furnish(app, installation.folder / "demo")
        with app.app_context():
            issued(LOT, number)
        seconds, sql = _change(app, number)
    say(f"lot_change: {number} guarantees told in {seconds:.2f} s, {sql / number:.2f} statements each")
    return {
        "guarantees": number,
        "seconds": round(seconds, 2),
        "ms_per_guarantee": round(seconds * 1e3 / number, 2),
        "sql_per_guarantee": round(sql / number, 2),
    }


def issued(lot_no: str, number: int) -> None:
    """`number` guarantees in force on a new lot."""
    now = clock.now()
    with transaction():
        lot(lot_no)
    written = files.write(b"%PDF-1.7", "application/pdf")
    with transaction():
        paper = files.keep(written).id
        for position, name in enumerate(orders.indexes(lot_no, 1, number), 1):
            _enter(lot_no, position, name, paper, now)


def _enter(lot_no: str, position: int, name: str, paper: int, now: datetime) -> None:
    """An order that led to a guarantee too short by ten days once its lot has changed."""
    order_no, bidder = f"BENCH-DD-{position}", f"bench-{position}"
    ends = (now + timedelta(days=100)).isoformat()
    bought = orders.Content(
        lot_no=lot_no,
        bidder_id=bidder,
        bidder_name="投标人",
        bidder_uscc="91430100MA4L1AB123",
        handler=orders.Handler("经办人", "430102197602110013", "13900000001"),
        amount=AMOUNT,
        premium=30_000,
        valid_from=now.isoformat(),
        valid_to=ends,
        bid_validity_days=90,
        region="430100",
    )
    db.session.add(
        Order(
            no=order_no,
            state=OrderState.ISSUED,
            state_since=now,
            institution="BANK01",
            product="BANK01-TB",
            bidder_index=orders.bidder_index(bidder),
            lot_index=name,
            lot_sealed=lot_no,
            sealed=orders.sealed(bought),
            created_at=now,
        )
    )
    db.session.flush()
    content = guarantees.Content(
        lot_no, bidder, "投标人", "91430100MA4L1AB123", AMOUNT, AMOUNT, 30_000, now.isoformat(), ends, "430100"
    )
    db.session.add(
        Guarantee(
            no=f"BENCH-BH-{position}",
            order_no=order_no,
            institution="BANK01",
            bidder_index=orders.bidder_index(bidder),
            lot_sealed=lot_no,
            sealed=guarantees.sealed(content),
            verify_code="00000000",
            file_id=paper,
            mode="SEALED",
            issued_at=now,
            received_at=now,
        )
    )


def _change(app: Flask, number: int) -> tuple[float, int]:
    with app.app_context():
        with transaction():
            feed.apply_event(LOT, event_id="E1", kind="CHANGED", at=clock.now(), by=SYSTEM)
        started = time.perf_counter()
        with counted() as found:
            while job := _next():
                worker.carry_one(job)
        seconds = time.perf_counter() - started
        told = db.session.scalar(select(func.count(Notice.id)).where(Notice.key.startswith("lot:")))
        assert told == number, told
        return seconds, found.sql


def _next() -> int | None:
    query = select(Job.id).where(Job.name.in_(OWN), Job.state == DUE).order_by(Job.id).limit(1)
    found = db.session.scalar(query)
    db.session.rollback()
    return found
