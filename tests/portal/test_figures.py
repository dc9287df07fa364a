"""What the public may count: nothing from which a lot's bidders follow."""

from datetime import UTC, datetime

import pytest
import time_machine

from app.db import db, transaction
from app.files import StoredFile
from app.guarantees.models import Guarantee
from app.orders.models import Order
from app.portal import figures
from app.regions import PROVINCE

NOVEMBER = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


@pytest.fixture
def issue(app_context):
    """Enter `count` guarantees issued at a moment."""
    entered = iter(range(10**6))
    app_context.extensions.pop("figures", None)  # a process counts a month long past once

    def enter(count, at):
        with transaction():
            file = StoredFile(name=f"f{next(entered)}", wrapped=b"", sha256="", size=1, media_type="", created_at=at)
            db.session.add(file)
            db.session.flush()
            for number in [next(entered) for _ in range(count)]:
                shared = {"institution": "I1", "bidder_index": "x", "sealed": b"", "lot_sealed": "L1"}
                order = Order(
                    no=f"DD{number}", state_since=at, product="p", lot_index=f"i{number}", created_at=at, **shared
                )
                db.session.add(order)
                db.session.flush()
                row = Guarantee(no=f"BH{number}", order_no=order.no, verify_code="1", file_id=file.id, mode="SEALED",
                                issued_at=at, received_at=at, **shared)  # fmt: skip
                db.session.add(row)

    return enter


def of_november(region=PROVINCE):
    with time_machine.travel(NOVEMBER, tick=False):
        return figures.of(region)


def test_counts_come_two_months_late_and_rounded_down(issue, app_context):
    for month in range(4, 10):
        issue(50 + month * 3, datetime(2026, month, 10, tzinfo=UTC))
    issue(400, datetime(2026, 10, 20, tzinfo=UTC))
    issue(400, NOVEMBER)
    with app_context.test_request_context("/"):
        told = of_november()
    assert told.months == [(f"2026-0{month}", 50) for month in range(4, 10)]
    assert "2026-09" in told.note


def test_a_small_month_keeps_the_whole_chart_untold(issue, app_context):
    for month in range(4, 10):
        issue(49 if month == 6 else 60, datetime(2026, month, 10, tzinfo=UTC))
    with app_context.test_request_context("/"):
        assert of_november().months == []


def test_a_prefecture_tells_no_counts_of_guarantees(issue, app_context):
    for month in range(4, 10):
        issue(60, datetime(2026, month, 10, tzinfo=UTC))
    with app_context.test_request_context("/"):
        assert of_november("430100").months == []


def test_months_begin_at_midnight_in_shanghai(issue, app_context):
    for month in range(4, 10):
        issue(50, datetime(2026, month, 10, tzinfo=UTC))
    issue(50, datetime(2026, 9, 30, 15, 59, tzinfo=UTC))
    issue(50, datetime(2026, 9, 30, 16, 0, tzinfo=UTC))
    with app_context.test_request_context("/"):
        assert of_november().months[-1] == ("2026-09", 100)
