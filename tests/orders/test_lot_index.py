"""A lot's orders are numbered by keyed hashes, so that no column counts them."""

import pytest
from flask import Flask

from app import clock
from app.db import db, transaction
from app.orders import secrets
from app.orders.models import Order
from app.sealing import blind


def fill(lot_no: str, count: int) -> None:
    with transaction():
        for number in range(1, count + 1):
            db.session.add(
                Order(
                    no=f"{lot_no}-{number}",
                    state_since=clock.now(),
                    institution="BANK01",
                    product="P",
                    bidder_index="b",
                    lot_index=blind("order.lot", lot_no, number),
                    lot_sealed=lot_no,
                    sealed=b"",
                    created_at=clock.now(),
                )
            )


@pytest.mark.parametrize("count", [0, 1, 31, 32, 33, 64, 65, 300])
def test_the_next_order_of_a_lot_takes_the_first_free_index(app_context: Flask, count: int) -> None:
    fill("L1", count)
    fill("L2", 3)
    assert secrets.free_lot_index("L1") == blind("order.lot", "L1", count + 1)
    assert [order.no for order in secrets.of_lot("L1")] == [f"L1-{number}" for number in range(1, count + 1)]
