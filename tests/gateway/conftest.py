from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.protocol.calls import C1
from app.sandbox import demo as sandbox
from tests.gateway.party import Party


@pytest.fixture
def platform(demo: dict[str, Any]):
    """The platform's public key, as every party knows it."""
    return sandbox.key(demo["platform"]["sm2"] | {"private_key": ""})


@pytest.fixture
def trading(client: FlaskClient, demo: dict[str, Any], platform) -> Party:
    own = sandbox.key(demo["trading"]["key"])
    return Party(client, demo["trading"]["app_id"], own, [own, platform])


@pytest.fixture
def bank(client: FlaskClient, demo: dict[str, Any], platform) -> Party:
    return institution(client, demo, platform, "BANK01")


@pytest.fixture
def insurer(client: FlaskClient, demo: dict[str, Any], platform) -> Party:
    return institution(client, demo, platform, "INS01")


def institution(client: FlaskClient, demo: dict[str, Any], platform, code: str) -> Party:
    entry = next(one for one in demo["institutions"] if one["code"] == code)
    own = sandbox.key(entry["key"])
    return Party(client, entry["app_id"], own, [own, platform])


@pytest.fixture
def lot_values() -> dict[str, Any]:
    """A message C1 as Python values."""
    deadline = datetime.now(UTC).replace(microsecond=0) + timedelta(days=10)
    return {
        "version": 1,
        "lot_no": "A4301-2026-0107-02",
        "name": "湘江新区梅溪湖二期市政道路工程施工第二标段",
        "project": {"project_no": "P4301-2026-0107", "name": "湘江新区梅溪湖二期市政道路工程"},
        "region": "430102",
        "category": "works",
        "estimate": 3_200_000_000,
        "bond_amount": 60_000_000,
        "opening_at": deadline + timedelta(hours=1),
        "bid_deadline": deadline,
        "bid_validity_days": 90,
        "tenderer": {"name": "湖南麓谷投资建设有限公司", "uscc": "91430100MA8LGT0785"},
    }


@pytest.fixture
def lot(app: Flask, trading: Party, lot_values: dict[str, Any]) -> str:
    assert trading.say(C1, lot_values, lot_id="LOT-1").code == 0
    return "LOT-1"
