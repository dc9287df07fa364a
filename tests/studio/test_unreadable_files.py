"""Drawings, tables and forms nobody can read: said in words at the file, never published, and no page breaks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.runtime import definitions
from tests.studio import trial
from tests.studio.test_commands import folder, policy

__all__ = ["folder"]
pytestmark = pytest.mark.both_databases

DOCTYPE = '<?xml version="1.0"?><!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><d>&e;</d>'
UNREADABLE = [
    ("process.bpmn", "", "process.bpmn"),
    ("process.bpmn", "这不是流程图", "不是有效的 XML"),
    ("process.bpmn", "<bpmn:definitions", "不是有效的 XML"),
    ("process.bpmn", "<html><body/></html>", "process.bpmn"),
    ("process.bpmn", DOCTYPE, "含有 DOCTYPE 或实体声明"),
    ("process.bpmn", "<d>" * 3000 + "</d>" * 3000, "不是有效的 XML"),
    ("fee.dmn", "<decisionTable>", "不是有效的 DMN 文件"),
    ("fee.dmn", DOCTYPE, "含有 DOCTYPE 或实体声明"),
    ("forms/check.json", "{", "forms/check.json"),
    ("forms/check.json", '{"components": "none"}', "forms/check.json"),
    ("forms/check.json", "[" * 5000, "forms/check.json"),
]


@pytest.fixture
def operator(app: Flask, login_as: Callable[..., Any]) -> FlaskClient:
    client = app.test_client()
    login_as("operator", client=client, sub="staff-1", name="李运营")
    return client


@pytest.mark.parametrize(("name", "text", "told"), UNREADABLE)
def test_the_studio_says_what_is_wrong_with_which_file(
    app: Flask, operator: FlaskClient, name: str, text: str, told: str
) -> None:
    files = {**trial.files(), name: text}
    answer = operator.post("/studio/trial/check", json={"files": files})
    assert answer.status_code == 200
    findings = [one for one in answer.json["findings"] if one["severity"] == "error"]
    assert [one for one in findings if told in str(one)], findings
    assert operator.post("/studio/trial/draft", json={"revision": 0, "files": files}).status_code == 200
    for page in (
        "/studio/trial/",
        "/studio/trial/document",
        "/studio/trial/submit",
        "/studio/trial/review",
        "/studio/",
    ):
        assert operator.get(page).status_code == 200, page
    refused = operator.post("/studio/trial/submit", data={"revision": 1, "words": "试试"})
    assert refused.status_code == 409
    assert "不能发布" in refused.text
    with app.app_context():
        assert definitions.live("trial").number == 1


@pytest.mark.parametrize(("name", "text", "told"), UNREADABLE)
def test_the_command_line_says_it_too(app: Flask, folder: Path, name: str, text: str, told: str) -> None:
    place = folder / "workflows/trial" / name
    if name.startswith("forms/"):
        place = folder / "forms/trial" / name.removeprefix("forms/")
    place.write_text(text)
    said = policy(app, "publish", "trial", "--root", str(folder))
    assert said.exit_code == 1, said.output
    assert told.removeprefix("forms/") in said.output
    with app.app_context():
        assert definitions.live("trial").number == 1


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"null", b'{"files": null}', b'{"files": []}', b'{"files": {"process.bpmn": 1}}',
        b'{"files": {"process.bpmn": "\\u0000"}, "revision": 0}', b'{"files": {"process.bpmn": ""}, "revision": "x"}',
        b'{"files": {"process.bpmn": ""}, "revision": true}', b'{"files": {"process.bpmn": ""}, "revision": 1e400}',
        b"\xff\xfe",
    ],
)  # fmt: skip
@pytest.mark.parametrize("door", ["check", "draft", "preview"])
def test_what_is_no_folder_is_refused_or_shown_to_be_wrong(operator: FlaskClient, door: str, body: bytes) -> None:
    answer = operator.post(f"/studio/trial/{door}", data=body, content_type="application/json")
    assert answer.status_code in (200, 400, 409, 422)
    assert operator.get("/studio/trial/document").json["revision"] == 0
