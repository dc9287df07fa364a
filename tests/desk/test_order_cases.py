"""An order on the desk: whom to call about it is shown, whose it is and for which lot is not."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, projects, runtime
from app.accounts.user import User
from app.db import db, transaction
from app.runtime import definitions
from app.runtime.models import UserTask
from tests.gateway import placed
from tests.runtime.engine import bpmn

CHASE = Path(__file__).parents[2] / "forms/order/chase.json"


@pytest.fixture
def task(app: Flask, demo: dict[str, Any]) -> int:
    """An order whose guarantee does not come; an operator is to chase it."""
    deadline = clock.now() + timedelta(days=10)
    lot = {
        "version": 1, "lot_no": "A4301-2026-0107-02", "name": "湘江新区梅溪湖二期市政道路工程施工第二标段",
        "project": {"project_no": "P4301-2026-0107", "name": "湘江新区梅溪湖二期市政道路工程"}, "region": "430102",
        "category": "works", "estimate": 3_200_000_000, "bond_amount": 60_000_000, "bid_deadline": deadline,
        "opening_at": deadline, "bid_validity_days": 90,
        "tenderer": {"name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"},
    }  # fmt: skip
    diagram = bpmn.process(
        bpmn.start(), bpmn.user("chase", form="order/chase", name="催办出函"), bpmn.end("over"),
        flows="start > chase > over",
    )  # fmt: skip
    with app.app_context():
        with transaction():
            projects.upsert("LOT-1", lot, by=placed.BIDDER)
        placed.order("DD1", "LOT-1")
        with transaction():
            files = {"process.bpmn": diagram.decode(), "forms/chase.json": CHASE.read_text()}
            definitions.publish("order", files, by=placed.BIDDER)
        with transaction():
            runtime.start("order", key="DD1", data={}, by=placed.BIDDER, region="430100", institution="BANK01")
        return db.session.scalars(db.select(UserTask.id)).one()


def test_an_operator_sees_whom_to_call_and_not_who_bids(
    client: FlaskClient, login_as: Callable[..., User], task: int
) -> None:
    login_as("operator")
    page = client.get(f"/desk/tasks/{task}").text
    for shown in ("DD1", "核保中", "云麓商业银行股份有限公司", "催办出函", "/orders/DD1"):
        assert shown in page
    for hidden in ("湘建一川", "梅溪湖", "A4301-2026-0107-02", "LOT-1", "刘思齐", "600,000", "60000000", "1,800"):
        assert hidden not in page
