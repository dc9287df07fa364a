"""Applications on guarantees are played on the stage of the orders."""

from collections.abc import Callable

import pytest

from tests.applications.desk import Desk
from tests.orders.scene import Scene


@pytest.fixture
def desk(scene: Scene) -> Desk:
    return Desk(scene)


@pytest.fixture
def issued(scene: Scene) -> Callable[..., str]:
    """issued(lot=…, who=…): the number of a guarantee in force."""

    def buy(**how: object) -> str:
        no = scene.apply(**how)
        scene.passes(no)
        scene.paid(no)
        scene.issues(no)
        guarantee = scene.guarantee(no)
        assert guarantee is not None
        return guarantee.no

    return buy
