from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from app import clock, projects
from app.audit import Actor
from app.db import transaction
from app.projects import Lot

TRADING = Actor("trading:TRADING", "公共资源交易平台")


@pytest.fixture
def told(app: Flask) -> Callable[..., Lot]:
    """Tell of a lot: `told("L1", name="…", region="430100", days=3, …)`."""

    def tell(no: str, *, days: float = 10, project: Any = "某某工程", **values: Any) -> Lot:
        deadline = clock.now() + timedelta(days=days)
        message = {
            "version": 1,
            "lot_no": f"A-{no}",
            "name": f"{no}标段",
            "project": {"project_no": f"P-{project}", "name": project} if isinstance(project, str) else project,
            "region": "430100",
            "category": "works",
            "estimate": 100_000_000,
            "bond_amount": 2_000_000,
            "bid_deadline": deadline,
            "opening_at": deadline,
            "bid_validity_days": 90,
            "tenderer": {"name": "某某公司", "uscc": "91430100MA8LGT0785"},
        }
        with app.app_context(), transaction():
            return projects.upsert(no, message | values, by=TRADING)

    return tell
