"""A small application to draw forms in, and form-js documents as operators draw them."""

from pathlib import Path

import pytest
from flask import Flask
from flask_wtf import CSRFProtect

import app as package
from app import portal, web


@pytest.fixture(scope="session")
def flask_app():
    flask = Flask("app", root_path=str(Path(package.__file__).parent))
    flask.config.update(SECRET_KEY="x" * 40, TESTING=True)
    CSRFProtect(flask)
    web.init(flask)
    portal.init(flask)
    return flask


@pytest.fixture(autouse=True)
def in_a_request(flask_app):
    with flask_app.test_request_context("/?lang=zh"):
        yield


def document(*components):
    return {"type": "default", "schemaVersion": 17, "components": list(components)}
