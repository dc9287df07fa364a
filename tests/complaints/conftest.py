"""The complaint policy as it ships; a complainant, the centre, and time."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock, worker
from app.audit import SYSTEM
from app.db import db, transaction
from app.jobs.models import DUE, Job
from app.notices import telling
from app.notices.models import Notice
from app.runtime import definitions
from app.runtime.models import Incident, UserTask
from app.settings import ROOT
from tests.support.people import login_as

CONTENT = "保费已支付三天，机构一直不出函，客服电话无人接听，请核实处理。"


class Stage:
    def __init__(self, app: Flask, demo: dict[str, Any]):
        self.app, self.demo = app, demo
        self.bank = next(one for one in demo["institutions"] if one["code"] == "BANK01")

    def client(self, role: str = "bidder", **who: Any) -> FlaskClient:
        client = self.app.test_client()
        login_as(client, role, **who)
        return client

    def said(self, **changes: str) -> dict[str, str]:
        return {
            "institution": "BANK01", "content": CONTENT, "name": "王小明", "phone": "13900000001", "code": "123456",
        } | changes  # fmt: skip

    def file(self, client: FlaskClient | None = None, **changes: str) -> str:
        """A complaint filed; its number."""
        answer = (client or self.client()).post("/complaints/new", data=self.said(**changes))
        assert answer.status_code == 302, re.findall(r'<p class="error"[^>]*>(.*?)</p>', answer.text)
        return answer.location.rsplit("/", 1)[1]

    def page(self, no: str) -> str:
        return self.client().get(f"/complaints/{no}").text

    def decide(self, no: str, **said: str) -> TestResponse:
        """A centre reviewer does the complaint's open task on the desk."""
        client = self.client("centre_reviewer")
        with self.app.app_context():
            task = db.session.scalars(select(UserTask.id).where(UserTask.key == no)).one()
        client.post(f"/desk/tasks/{task}/claim")
        answer = client.post(f"/desk/tasks/{task}", data=said)
        self.work()
        return answer

    def accept(self, no: str) -> None:
        assert self.decide(no, outcome="accept").status_code == 303

    def work(self) -> None:
        """Workers do everything that is due; SMS have no provider here."""
        for _ in range(50):
            due = select(Job.id).where(Job.state == DUE, Job.run_at <= clock.now(), Job.name != "notices/sms")
            with self.app.app_context():
                jobs = list(db.session.scalars(due))
            for job in jobs:
                with self.app.app_context():
                    worker.carry_one(job)
            if not jobs:
                return
        raise AssertionError("the work never ends")

    def wait(self, **gap: float) -> None:
        clock.shift(clock.offset() + timedelta(**gap))
        self.work()

    def texts(self, no: str) -> list[str]:
        with self.app.app_context():
            found = db.session.scalars(select(Notice).order_by(Notice.id))
            return [one.body["text"] for one in found if one.link == f"/complaints/{no}"]

    def incidents(self, no: str) -> list[str]:
        with self.app.app_context():
            return list(db.session.scalars(select(Incident.message).where(Incident.key == no)))


@pytest.fixture
def stage(app: Flask, demo: dict[str, Any]) -> Iterator[Stage]:
    with app.app_context():
        with transaction():
            telling.seed_texts(ROOT / "config/messages.yaml")
        with transaction():
            definitions.seed(ROOT, by=SYSTEM)
    before = clock.offset()
    yield Stage(app, demo)
    clock.shift(before)
