"""Policies that come with new code are proposed, never put over what operators published."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.audit import SYSTEM
from app.db import transaction
from app.runtime import definitions
from app.studio import drafts, seeds
from tests.studio.trial import ROOT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The repository after an upgrade: 45 minutes."""
    shutil.copytree(ROOT, tmp_path / "root")
    drawing = tmp_path / "root/workflows/trial/process.bpmn"
    drawing.write_text(drawing.read_text().replace("PT30M", "PT45M"))
    return tmp_path / "root"


def propose(app: Flask, root: Path) -> list[str]:
    with app.app_context(), transaction():
        return seeds.propose(root, by=SYSTEM)


def test_a_changed_seed_becomes_a_draft_that_two_people_publish(
    app: Flask, root: Path, login_as: Callable[..., Any]
) -> None:
    assert propose(app, root) == ["trial"]
    with app.app_context():
        assert definitions.live("trial").number == 1
    client = app.test_client()
    login_as("operator", client=client, sub="staff-1")
    assert client.post("/studio/trial/submit", data={"revision": 1, "words": "随系统升级"}).status_code == 302
    login_as("publisher", client=client, sub="staff-2")
    assert client.post("/studio/trial/approve", data={"revision": 1}).status_code == 302
    with app.app_context():
        assert "PT45M" in definitions.live("trial").files["process.bpmn"]
    assert propose(app, root) == []


def test_the_same_seed_is_proposed_once_even_if_nobody_wanted_it(app: Flask, root: Path) -> None:
    assert propose(app, ROOT) == []
    propose(app, root)
    with app.app_context(), transaction():
        drafts.discard("trial", by=SYSTEM)
    assert propose(app, root) == []


def test_who_is_drafting_is_not_disturbed(
    app: Flask, root: Path, login_as: Callable[..., Any], client: FlaskClient
) -> None:
    login_as("operator")
    files = {name: text for name, text in definitions.seeds(ROOT)["trial"].items() if not name.endswith(".yaml")}
    client.post("/studio/trial/draft", json={"revision": 0, "files": files})
    assert propose(app, root) == []
    client.post("/studio/trial/discard")
    assert propose(app, root) == ["trial"]
