"""Files on their way in: as large as they may be, through the real web server, and what is left of a refused one."""

import io
import json
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient

from app import files, runtime
from app.accounts.user import User
from app.db import db, transaction
from app.processes import Process
from app.runtime import definitions
from app.runtime.models import UserTask
from tests.desk import trial
from tests.runtime.engine import bpmn
from tests.support.papers import Watched, packed, pdf
from tests.support.people import session_of
from tests.support.ports import free_ports
from tests.support.waiting import until

MB = 1024**2
Stored = Callable[[], set[str]]
PAPER = {"key": "paper", "type": "filepicker", "label": "审核材料", "multiple": True}


@pytest.fixture
def task(app: Flask) -> int:
    """A reviewer's task that asks for a document and nothing else."""
    diagram = bpmn.process(
        bpmn.start(), bpmn.user("review", form="papers/review"), bpmn.end("over"), flows="start > review > over",
        role="centre_reviewer",
    )  # fmt: skip
    papers = {"process.bpmn": diagram.decode(), "forms/review.json": json.dumps({"components": [PAPER]})}
    with app.app_context():
        with transaction():
            definitions.publish("papers", papers, by=trial.BIDDER)
        with transaction():
            runtime.start("papers", key="P1", data={}, by=trial.BIDDER, region="430100")
        return int(db.session.scalars(db.select(UserTask.id).where(UserTask.key == "P1")).one())


@pytest.fixture
def stored(app: Flask) -> Stored:
    """What has come into the store since the test began."""

    def names() -> set[str]:
        with app.app_context():
            return {name for name, _ in files.store().names()}

    before = names()
    return lambda: names() - before


class Reviewer:
    """A reviewer's browser, before a web server in a process of its own."""

    def __init__(self, url: str, task: int, cookies: dict[str, str]) -> None:
        self.page = f"{url}/desk/tasks/{task}"
        self.browser = requests.Session()
        self.browser.cookies.update(cookies)

    def send(self, name: str, content: bytes) -> requests.Response:
        token = re.findall(r'name="csrf_token"[^>]*value="([^"]+)"', self.browser.get(self.page, timeout=60).text)[0]
        sent: dict[str, Any] = {"paper": (name, content)}
        return self.browser.post(
            self.page, data={"csrf_token": token}, files=sent, timeout=60, allow_redirects=False
        )  # fmt: skip


@pytest.fixture
def server(app: Flask, start: Callable[..., Process]) -> tuple[str, Process]:
    (port,) = free_ports(1)
    process = start("gunicorn", "-c", "config/gunicorn.py", "wsgi:app", WEB_PORT=port, WEB_WORKERS=1)
    url = f"http://127.0.0.1:{port}"
    until(lambda: _answers(f"{url}/livez"), 60, what=process.tail())
    return url, process


def _answers(url: str) -> bool:
    try:
        return requests.get(url, timeout=5).ok
    except requests.ConnectionError:
        return False


def peak(process: Process) -> int:
    """The most memory a worker of this web server ever held, in MB."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return (
        max(int(re.findall(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[0]) for pid in children)
        // 1024
    )


def test_fifty_megabytes_come_in_without_filling_the_memory(
    app: Flask, server: tuple[str, Process], task: int, stored: Stored
) -> None:
    url, process = server
    reviewer = Reviewer(url, task, session_of(app, "centre_reviewer")[1])
    assert "不完整或已损坏" in reviewer.send("a.pdf", b"%PDF-1.7\n" + b"x" * MB).text
    assert "无法打开" in reviewer.send("a.zip", packed(("a", b"b" * 5000))[:-30]).text
    before = peak(process)

    over = reviewer.send("大.pdf", pdf(size=51 * MB))
    assert over.status_code == 422
    assert "审核材料“大.pdf”超过 50M，请压缩后重新上传" in over.text
    far_over = reviewer.send("更大.pdf", b"%PDF-" + b"x" * 60 * MB)
    assert far_over.status_code == 413
    assert "一次提交的文件合计不能超过 50M" in far_over.text
    scans = packed(("扫描件.pdf", os.urandom(49 * MB)), method=zipfile.ZIP_STORED)
    assert "审核材料“b.zip”内有可执行程序" in reviewer.send("b.zip", scans + packed(("b.exe", b"MZ"))).text
    assert stored() == set()

    paper = pdf(size=50 * MB)
    assert reviewer.send("正好.pdf", paper).status_code == 303
    assert peak(process) - before < 30, "megabytes"
    (name,) = stored()
    with app.app_context():
        row = db.session.scalars(db.select(files.StoredFile)).one()
        assert (row.name, row.size) == (name, 50 * MB)
        assert files.content(row.id) == paper


def test_others_can_write_while_a_document_is_written(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], task: int, watched: Watched
) -> None:
    login_as("centre_reviewer")
    sent = {"paper": [(io.BytesIO(pdf("one")), "一.pdf"), (io.BytesIO(pdf("two")), "二.pdf")]}
    assert client.post(f"/desk/tasks/{task}", data=sent).status_code == 303
    assert watched.asked == 2


def test_one_bad_document_keeps_the_good_ones_out_as_well(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], task: int, stored: Stored
) -> None:
    login_as("centre_reviewer")
    sent = {"paper": [(io.BytesIO(pdf()), "好.pdf"), (io.BytesIO(b"MZ" * 300), "坏.pdf")]}
    answer = client.post(f"/desk/tasks/{task}", data=sent)
    assert answer.status_code == 422
    assert "审核材料“坏.pdf”是可执行程序，不能上传" in answer.text
    assert stored() == set()


def test_the_documents_of_a_refused_decision_are_taken_away_again(
    app: Flask, client: FlaskClient, login_as: Callable[..., User], task: int, stored: Stored
) -> None:
    login_as("centre_reviewer")
    other = client.application.test_client()
    login_as("centre_reviewer", client=other, sub="other", name="孟晓岚")
    other.post(f"/desk/tasks/{task}/claim")
    answer = client.post(f"/desk/tasks/{task}", data={"paper": (io.BytesIO(pdf()), "好.pdf")})
    assert answer.status_code == 409
    assert stored() == set()
