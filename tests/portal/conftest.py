"""A small application with the frame, the public pages' menus, and pages that show every part (show.py)."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Blueprint, Flask, g, render_template
from flask.testing import FlaskClient
from flask_wtf import CSRFProtect
from jinja2 import ChoiceLoader, FileSystemLoader
from werkzeug.serving import make_server

import app as package
from app import portal, web
from tests.portal import show

HERE = Path(__file__).parent


@dataclass
class Person:
    name: str
    roles: tuple[str, ...]
    role: str


BIDDER = Person("湖南省湘江新区建设工程有限公司", ("bidder", "tenderer", "tender_agent"), "bidder")
MENUS = {
    "orders": ("index",),
    "applying": ("types", "lot"),
    "guarantees": ("index",),
    "verification": ("verify",),
    "complaints": ("new", "mine"),
    "institutions": ("entry",),
    "accounts": ("login", "register", "profile", "role", "logout"),
    "notices": ("index",),
    "desk": ("index",),
}


def small_app(user: Person | None = None) -> Flask:
    flask = Flask("app", root_path=str(Path(package.__file__).parent))
    flask.config.update(SECRET_KEY="x" * 40, TESTING=True, WTF_CSRF_ENABLED=False)
    CSRFProtect(flask)
    flask.jinja_loader = ChoiceLoader([FileSystemLoader(flask.root_path + "/templates"), FileSystemLoader(HERE)])
    flask.before_request(lambda: setattr(g, "user", user))
    web.init(flask)
    portal.init(flask)
    flask.register_blueprint(show.bp)
    for name, endpoints in MENUS.items():
        flask.register_blueprint(_feature(name, endpoints))
    return flask


def _feature(name: str, endpoints: tuple[str, ...]) -> Blueprint:
    """Pages other features bring, so that the menus have somewhere to lead."""
    bp = Blueprint(name, __name__, url_prefix=f"/{name}")
    for endpoint in endpoints:
        page = lambda: render_template("parts.html", **show.parts_of())
        bp.add_url_rule(f"/{endpoint}", endpoint, page, methods=["GET", "POST"])
    return bp


@pytest.fixture
def parts() -> FlaskClient:
    """A bidder before the page that shows every part; other features' pages are stand-ins."""
    return small_app(BIDDER).test_client()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The same, served on the loopback for a browser; its address."""
    server = make_server("127.0.0.1", 0, small_app(BIDDER), threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
