"""The demo's parties, as `python -m app.sandbox init` makes them, and entered into an installation."""

import copy
from typing import Any

import pytest
from flask import Flask

from app import gateway
from app.db import transaction
from app.sandbox import demo as sandbox
from app.sandbox.demo import Demo


@pytest.fixture(scope="session")
def _demo_made(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """With the private keys of its institutions, so that a test may sign for them."""
    return sandbox.create(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def demo(app: Flask, _demo_made: Demo) -> dict[str, Any]:
    """The content of var/demo.json; its institutions, keys and trading platform are known to `app`."""
    document = copy.deepcopy(_demo_made.content)
    with app.app_context(), transaction():
        gateway.seed_demo(document)
    return document
