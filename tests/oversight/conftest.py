"""An order on a lot that is still open, a case that hides nothing, and the auditor who reads."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import clock, projects
from app.accounts.user import User
from app.db import transaction
from tests.desk import trial
from tests.gateway import placed

LOT = "A4301-2026-0107-02"


@pytest.fixture
def order(app: Flask, demo: dict[str, Any]) -> str:
    """DD1 on LOT, whose opening is in ten days."""
    deadline = clock.now() + timedelta(days=10)
    lot = {
        "version": 1, "lot_no": LOT, "name": "梅溪湖二期市政道路工程施工第二标段",
        "project": {"project_no": "P4301-2026-0107", "name": "梅溪湖二期市政道路工程"}, "region": "430102",
        "category": "works", "estimate": 3_200_000_000, "bond_amount": 60_000_000, "bid_deadline": deadline,
        "opening_at": deadline, "bid_validity_days": 90,
        "tenderer": {"name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"},
    }  # fmt: skip
    with app.app_context():
        with transaction():
            projects.upsert("LOT-1", lot, by=placed.BIDDER)
        placed.order("DD1", "LOT-1")
        placed.waiting_for("DD1", "payment")
    return "DD1"


@pytest.fixture
def free_case(app: Flask) -> str:
    """A case of an institution's, whose subject hides nothing."""
    with app.app_context():
        trial.install(app)
        trial.publish(policy="offline")
        trial.begin("BANK01", policy="offline", institution="BANK01")
    return "BANK01"


@pytest.fixture
def opened(app: Flask, order: str) -> Callable[[], None]:
    """Ten days later the lot is opened."""

    def open_lot() -> None:
        with app.app_context(), transaction():
            projects.apply_event("LOT-1", event_id="E1", kind="OPENED", at=clock.now(), by=placed.BIDDER)

    return open_lot


@pytest.fixture
def auditor(client: FlaskClient, login_as: Callable[..., User], order: str, free_case: str) -> User:
    return login_as("auditor", name="范仲安")
