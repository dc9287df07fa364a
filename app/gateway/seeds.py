"""The demo's parties: institutions, the trading platform, the platform's own key (var/demo.json)."""

from collections.abc import Mapping
from typing import Any

from app import institutions
from app.db import db
from app.gateway.models import TradingPlatform
from app.institutions.own_key import PLATFORM_APP
from app.institutions.seeds import enter_key


def seed_demo(document: Mapping[str, Any]) -> None:
    """In the caller's transaction; a second time refreshes addresses only."""
    institutions.seed_demo(document)
    trading, own = document["trading"], document["platform"]["sm2"]
    platform = db.session.get(TradingPlatform, trading["app_id"])
    if platform is None:
        platform = TradingPlatform(app_id=trading["app_id"], name="公共资源交易平台")
        db.session.add(platform)
    platform.endpoint_url = trading["endpoint_url"]
    enter_key(platform.app_id, trading["key"])
    enter_key(PLATFORM_APP, {**own, "algorithm": "SM2-SM3", "secret": own["private_key"]})
