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

from app import clock
from app.audit import SYSTEM
from app.calendar import working_days_after
from app.db import db, transaction
from app.runtime import definitions
from app.runtime.models import Incident, UserTask
from app.settings import ROOT
from tests.support.people import login_as
from tests.support.phones import Phones
from tests.support.work import work

CONTENT = "保费已支付三天，机构一直不出函，客服电话无人接听，请核实处理。"
PHONE = "13900000001"


class Stage:
    def __init__(self, app: Flask, demo: dict[str, Any], phones: Phones):
        self.app, self.demo, self.phones = app, demo, phones
        self.bank = next(one for one in demo["institutions"] if one["code"] == "BANK01")

    def client(self, role: str = "bidder", **who: Any) -> FlaskClient:
        client = self.app.test_client()
        login_as(client, role, **who)
        return client

    def said(self, **changes: str) -> dict[str, str]:
        return {
            "institution": "BANK01", "content": CONTENT, "name": "王小明", "phone": PHONE, "code": "000000",
        } | changes  # fmt: skip

    def filed(self, **changes: str) -> TestResponse:
        """在线投诉 with a code that was sent to the phone; the last answer."""
        self.wait(minutes=1)
        client = self.client()
        code = self.phones.code(client, changes.get("phone", PHONE), "complaint")
        return client.post("/complaints/new", data=self.said(code=code, **changes), follow_redirects=True)

    def file(self, **changes: str) -> str:
        """A complaint filed; its number."""
        answer = self.filed(**changes)
        found = re.search(r"TS\d{16}", answer.text)
        assert found is not None, re.findall(r'<p class="error"[^>]*>(.*?)</p>', answer.text)
        return found.group()

    def page(self, no: str) -> str:
        return self.client().get(f"/complaints/{no}").text

    def task(self, no: str) -> int:
        with self.app.app_context():
            return db.session.scalars(select(UserTask.id).where(UserTask.key == no)).one()

    def decide(self, no: str, **said: str) -> TestResponse:
        """A centre reviewer does the complaint's open task on the desk."""
        client, task = self.client("centre_reviewer"), self.task(no)
        client.post(f"/desk/tasks/{task}/claim")
        answer = client.post(f"/desk/tasks/{task}", data=said)
        work(self.app)
        return answer

    def accept(self, no: str) -> None:
        assert self.decide(no, outcome="accept").status_code == 303

    def wait(self, **gap: float) -> None:
        clock.shift(clock.offset() + timedelta(**gap))
        work(self.app)

    def wait_working_days(self, days: int) -> None:
        """So many working days from now, and a little."""
        self.wait(seconds=(working_days_after(clock.now(), days) - clock.now()).total_seconds() + 1)

    def texts(self, no: str) -> list[str]:
        """What SMS about the complaint said."""
        return [text for text in self.phones.texts(PHONE) if no in text]

    def incidents(self, no: str) -> list[str]:
        with self.app.app_context():
            query = select(Incident.message).where(Incident.key == no).order_by(Incident.id)
            return list(db.session.scalars(query))


@pytest.fixture
def stage(app: Flask, demo: dict[str, Any], phones: Phones) -> Iterator[Stage]:
    with app.app_context(), transaction():
        definitions.seed(ROOT, by=SYSTEM)
    before = clock.offset()
    yield Stage(app, demo, phones)
    clock.shift(before)
