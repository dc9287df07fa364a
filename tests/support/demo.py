"""The demo's parties, as `python -m app.sandbox init` makes them, and entered into an installation."""

import copy
from typing import Any

import pytest
from flask import Flask

from app import gateway
from app.db import transaction
from app.sandbox import demo as sandbox


@pytest.fixture(scope="session")
def _demo_made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return sandbox.create(tmp_path_factory.mktemp("demo")).content


@pytest.fixture
def demo(app: Flask, _demo_made: dict[str, Any]) -> dict[str, Any]:
    """The content of var/demo.json; its institutions, keys and trading platform are known to `app`."""
    document = copy.deepcopy(_demo_made)
    with app.app_context(), transaction():
        gateway.seed_demo(document)
    return document
