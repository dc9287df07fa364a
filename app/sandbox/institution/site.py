"""The institutions' web application and its outbox."""

from __future__ import annotations

import os
from pathlib import Path

from flask import Flask

from app.sandbox.demo import Demo
from app.sandbox.institution import control, counter, door, issuing
from app.sandbox.institution.ledger import Ledger
from app.sandbox.institution.office import Office
from app.sandbox.institution.outbox import Outbox
from app.sandbox.institution.paper import Press

STATIC = Path(__file__).parent.parent / "static"


def build(config: Demo) -> tuple[Flask, Outbox]:
    """The application and its outbox, not started. SANDBOX_PRESIGN is "500" (each institution) or "BANK01:500,…"."""
    press = Press(config.own, f"{config['platform']['base_url']}/verify")
    office = Office(config, Ledger(config.own / "institution.sqlite"), press, config.address("institution"))
    for code, wanted in _pools(config).items():
        issuing.presign(office, code, wanted)
    app = Flask(__name__, template_folder="templates", static_folder=str(STATIC))
    for part in (control, counter, door):
        app.register_blueprint(part.blueprint(office))
    sm2 = frozenset(filter(None, os.environ.get("SANDBOX_SM2", "").split(",")))
    threads = int(os.environ.get("SANDBOX_SENDERS") or 4)
    return app, Outbox(office, threads=threads, sm2=sm2)


def _pools(config: Demo) -> dict[str, int]:
    said = os.environ.get("SANDBOX_PRESIGN") or "0"
    if said.isdigit():
        return {one["code"]: int(said) for one in config["institutions"]}
    pairs = (pair.partition(":") for pair in said.split(","))
    return {code: int(number) for code, _, number in pairs}
