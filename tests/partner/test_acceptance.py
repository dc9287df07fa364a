"""A played institution passes the acceptance test, run as the platform runs it."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from app import acceptance, clock
from app.audit import SYSTEM
from app.db import db, transaction
from app.institutions import Institution, InstitutionState
from app.institutions.keys import ApiKey
from app.partner import card
from app.partner.play import Institution as Played
from app.protocol.signing import Algorithm, new_sm2_key
from tests.partner.conftest import CODE, PRODUCT
from tests.support.ports import free_port


@pytest.fixture
def play(app: Flask, parties: dict[str, Any], tmp_path: Path) -> Iterator[Any]:
    """play(card's entries) starts BANK01 from a script and registers its address and certificate at the platform."""
    running: list[Played] = []

    def begin(**entries: Any) -> None:
        port = free_port()
        card.save(tmp_path / "partner.yaml", card.of_demo(tmp_path / "demo.json", CODE) | entries)
        script = {"name": "潇湘试点银行", "uscc": "91430100MA8XJY0152", "listen": f"127.0.0.1:{port}", "path": "/b",
                  "delay": 0.01, "products": [PRODUCT]}  # fmt: skip
        (tmp_path / "play.yaml").write_text(yaml.safe_dump(script, allow_unicode=True))
        running.append(Played(card.load(tmp_path / "partner.yaml"), tmp_path / "play.yaml", lambda _line: None))
        threading.Thread(target=running[-1].serve, daemon=True).start()
        with app.app_context(), transaction():
            row = db.session.scalars(db.select(Institution).where(Institution.code == CODE)).one()
            row.state, row.endpoint_url = InstitutionState.ACCEPTANCE_PENDING, f"http://127.0.0.1:{port}/b"
            row.signer_certificate = (tmp_path / "partner.cert.pem").read_text()
            pairs = ApiKey.app_id == CODE, ApiKey.algorithm == Algorithm.SM2_SM3
            db.session.execute(db.delete(ApiKey).where(*pairs))  # the demo's, of which we have no private part

    yield begin
    for one in running:
        one.stop()


def report(app: Flask) -> tuple[dict[str, str], dict[str, str]]:
    """(what failed, what was not applicable), number → text."""
    with app.app_context():
        run = acceptance.run(CODE, key="acceptance:1", cause=acceptance.Cause.ACCEPTANCE, by=SYSTEM)
        found = [(one.no, one.outcome, one.text) for one in run.checks]
    failed = {no: text for no, outcome, text in found if outcome in ("failed", "unreached")}
    return failed, {no: text for no, outcome, text in found if outcome == "not_applicable"}


def test_nothing_of_it_fails(app: Flask, play: Any) -> None:
    play()
    failed, beside = report(app)
    assert failed == {}
    assert set(beside) == {"SM2-1", "SM2-2"}


def test_nothing_of_it_fails_with_a_pair_of_its_own(app: Flask, play: Any) -> None:
    pair = new_sm2_key("BANK01-OWN")
    play(sm2_key={"id": pair.id, "private_key": pair.secret, "public_key": pair.public})
    with app.app_context(), transaction():
        db.session.add(
            ApiKey(app_id=CODE, key_id=pair.id, env="test", algorithm=pair.algorithm, public=pair.public,
                   valid_from=clock.now())
        )  # fmt: skip
    assert report(app) == ({}, {})
