"""A guarantee whose validity is over."""

from typing import Any

import pytest

from app.guarantees import expiring
from tests.applications.conftest import desk, issued  # noqa: F401 - fixtures
from tests.applications.desk import Desk
from tests.orders.scene import Scene

pytestmark = pytest.mark.both_databases


def a_night_passes(scene: Scene) -> None:
    with scene.app.app_context():
        scene.app.extensions["handlers"][expiring.ROUND]({}, key="guarantees/expire:today")


def test_it_has_lapsed_the_night_after_and_says_why(scene: Scene, desk: Desk, issued: Any) -> None:  # noqa: F811
    guarantee = issued()
    a_night_passes(scene)
    assert desk.state(guarantee) == "生效中"
    scene.wait(days=101)
    a_night_passes(scene)
    assert desk.state(guarantee) == "已失效"
    assert "有效期届满" in desk.page(f"/guarantees/{guarantee}")
    assert "生效中 → 已失效" in scene.audit(guarantee)
