"""Invoices are played on the stage of the orders."""

from collections.abc import Callable

import pytest

from tests.invoices.counting import Books
from tests.orders.scene import Scene


@pytest.fixture
def books(scene: Scene) -> Books:
    return Books(scene)


@pytest.fixture
def issued(scene: Scene) -> Callable[..., str]:
    """issued(lot=…, who=…): the number of an order with a guarantee in force."""

    def buy(**how: object) -> str:
        no = scene.apply(**how)
        scene.passes(no)
        scene.paid(no)
        scene.issues(no)
        return no

    return buy
