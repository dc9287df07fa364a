"""The platform served on the loopback, and the demo's institutions as a process of their own beside it."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import make_server

from app import acceptance, gateway
from app.acceptance.models import Run
from app.audit import Actor
from app.db import db, transaction
from app.institutions import Institution, InstitutionState
from app.sandbox.demo import Demo
from tests.sandbox.conftest import Sandbox
from tests.sandbox.receiver import Platform

OPERATOR = Actor("staff:1", "业务运营 沈知微")


class Address(Platform):
    """Where a platform is to be found, without one that answers: the application under test is put there."""

    def __init__(self) -> None:
        self.config: Demo | None = None
        self.app: Any = None
        self._server = make_server("127.0.0.1", 0, self._hand_on, threaded=True)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _hand_on(self, environ: Any, start_response: Any) -> Any:
        return self.app(environ, start_response)


@pytest.fixture(scope="session")
def institutions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    address = Address()
    sandbox = Sandbox(Path(tmp_path_factory.mktemp("acceptance")), "institution", address, SANDBOX_DELAY="0.01")
    sandbox.start()
    yield sandbox
    sandbox.stop()
    address.stop()


@pytest.fixture
def bank(app: Flask, institutions: Sandbox) -> Sandbox:
    """The sandbox, well-mannered; BANK01 has applied for acceptance at the platform, which is `app`."""
    institutions.platform.app = app
    institutions.misbehave(clear=True)
    with app.app_context(), transaction():
        gateway.seed_demo(institutions.config.content)
        row = db.session.scalars(db.select(Institution).where(Institution.code == "BANK01")).one()
        row.state = InstitutionState.ACCEPTANCE_PENDING
    return institutions


@pytest.fixture
def tested(app: Flask, bank: Sandbox) -> Callable[..., Run]:
    """tested() runs the test of BANK01 as a worker does; tested(ACCEPTANCE_CALLBACK=1) with less patience."""

    def go(key: str = "acceptance:BANK01:1", institution: str = "BANK01", **settings: Any) -> Run:
        app.config.update(settings)
        with app.app_context():
            run = acceptance.run(institution, key=key, cause=acceptance.Cause.ACCEPTANCE, by=OPERATOR)
            list(run.checks)
            db.session.expunge_all()
            return run

    return go


def found(run: Run, *outcomes: str) -> dict[str, str]:
    """number → text of the checks with these outcomes."""
    return {one.no: one.text for one in run.checks if one.outcome in outcomes}
