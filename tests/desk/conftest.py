"""An application with the trial policy; `begin(key, …)` makes a case that waits for a reviewer."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from tests.desk import trial


@pytest.fixture(autouse=True)
def policy(app: Flask) -> None:
    with app.app_context():
        trial.install(app)


@pytest.fixture
def begin(app: Flask) -> Callable[..., int]:
    def start(key: str, **more: Any) -> int:
        with app.app_context():
            return trial.begin(key, **more)

    return start
