"""The order policy as it ships, on a stage where the test plays everybody outside."""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app import clock, gateway
from app.audit import SYSTEM
from app.db import transaction
from app.notices import telling
from app.runtime import definitions
from app.sandbox import demo as sandbox
from app.sandbox.demo import Demo
from app.sandbox.institution.paper import Press, Terms
from app.settings import ROOT
from tests.orders.counter import Counter
from tests.orders.scene import Scene, staged
from tests.support.installation import Installation


@pytest.fixture(scope="session")
def _counter() -> Iterator[Counter]:
    counter = Counter()
    yield counter
    counter.close()


@pytest.fixture(scope="session")
def papers(_demo_made: Demo) -> dict[str, bytes]:
    """`CODE:kind` → a guarantee signed by that institution, and some that are not what they should be."""
    press = Press(_demo_made.own, "http://127.0.0.1/verify")
    now = clock.now()
    terms = Terms("BH-1", "80514427", "DD-1", None, 60_000_000, now, now, now)
    found = {}
    for code in ("BANK01", "INS01", "GUA01"):
        institution = _demo_made.institution(code)
        assert institution is not None
        unsigned = press.print(institution, terms)
        good = press.sign(code, unsigned)
        at = good.index(b"stream") + 40
        found |= {
            f"{code}:good": good,
            f"{code}:hash": good,
            f"{code}:tampered": good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :],
            f"{code}:appended": good + b"\n%appended\n",
            f"{code}:unsigned": unsigned,
            f"{code}:appendix": press.sign(code, press.print(institution, replace(terms, verify_code="80514428"))),
            f"{code}:foreign": press.sign("BANK02", unsigned),
        }
    return found


@pytest.fixture
def stage(
    app: Flask, installation: Installation, _counter: Counter, _demo_made: Demo, papers: dict[str, bytes]
) -> Iterator[Scene]:
    """A scene on which nothing has happened, and which is left as it is."""
    document: dict[str, Any] = copy.deepcopy(_demo_made.content)
    for one in document["institutions"]:
        one["endpoint_url"] = f"{_counter.url}/{one['code']}"
    document["trading"]["endpoint_url"] = f"{_counter.url}/TRADING"
    keys = {one["code"]: sandbox.key(one["key"]) for one in document["institutions"]}
    _counter.reset({**keys, "TRADING": sandbox.key(document["trading"]["key"])})

    def set_up() -> None:
        with app.app_context():
            with transaction():
                gateway.seed_demo(document)
                telling.seed_texts(ROOT / "config/messages.yaml")
            with transaction():
                definitions.seed(ROOT, by=SYSTEM)

    installation.after("stage", app, set_up)
    app.config["SMS_URL"] = f"{_counter.url}/sms"
    with staged(app, _counter, document, papers) as scene:
        yield scene


@pytest.fixture
def scene(stage: Scene) -> Iterator[Scene]:
    """Lot LOT-1 is open; when the test is over, time goes on until every case has ended."""
    stage.lot()
    yield stage
    stage.play_out()
