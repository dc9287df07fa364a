"""A stage for institutions: applicants without a login, the centre's reviewers, operators, phones, a clock."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import clock
from app.accounts.models import Account
from app.audit import SYSTEM
from app.db import db, transaction
from app.institutions import Institution, InstitutionState, seed_lists
from app.institutions.catalogue import find_uscc
from app.jobs.models import ANSWERED, DUE, RUNNING, Job
from app.runtime import definitions
from app.runtime.models import UserTask
from app.runtime.replay import replay
from app.settings import ROOT
from tests.support import papers
from tests.support.people import login_as
from tests.support.phones import Phones
from tests.support.work import work

USCC = "91110214MAD1PRYJ31"
PHONE = "13298652152"
NAME = "世一保险集团有限责任公司"
APPLICATION = {"name": NAME, "uscc": USCC, "kind": "insurer", "intro": "全国性财产保险公司", "contact": "何静秋"}


class Stage:
    def __init__(self, app: Flask, phones: Phones):
        self.app, self.phones = app, phones
        self.client = app.test_client()

    # the applicant

    def code(self, purpose: str, phone: str = PHONE) -> str:
        """A code for this purpose; if one was asked for a moment ago, a minute passes first."""
        answer = self.client.post(
            "/codes", data={"phone": phone, "purpose": purpose}, headers={"Accept": "application/json"}
        )
        if answer.status_code == 429 and "retry_after" in answer.json:
            clock.shift(clock.offset() + timedelta(seconds=61))
            return self.code(purpose, phone)
        assert answer.status_code == 200, answer.text
        return re.findall(r"\d{6}", self.phones.texts(phone)[-1])[0]

    def apply(self, *, code: str = "", follow: bool = True, **changes: str) -> TestResponse:
        """【第一步 准入申请】"""
        said: dict[str, Any] = APPLICATION | {"phone": PHONE} | changes
        said["code"] = code or self.code("admission", said["phone"])
        said["attachments"] = (io.BytesIO(papers.pdf("授权书")), "授权书.pdf")
        return self.client.post("/institutions/join/admission", data=said, follow_redirects=follow)

    def ask(self, page: str, *, code: str = "", **changes: str) -> TestResponse:
        """【第二步 验收申请】 or 【查看准入进度】, the look-up."""
        said = {"name": NAME, "uscc": USCC, "phone": PHONE} | changes
        said["code"] = code or self.code(page, said["phone"])
        return self.client.post(f"/institutions/join/{page}", data=said, follow_redirects=True)

    def progress(self, **changes: str) -> str:
        return self.ask("progress", **changes).text

    def submit(self, **changes: Any) -> TestResponse:
        """The data page of 验收申请, after the look-up."""
        assert "接口地址" in self.ask("acceptance").text
        said = {
            "endpoint_url": "https://127.0.0.1:1/baohan",
            "logo": (io.BytesIO(papers.png()), "logo.png"),
            "attachments": (io.BytesIO(papers.pdf("验收报告")), "验收报告.pdf"),
            "code": self.code("acceptance_data"),
        } | changes
        answer = self.client.post("/institutions/join/acceptance/data", data=said, follow_redirects=True)
        work(self.app)
        return answer

    def correct(self, **said: Any) -> TestResponse:
        """补正 on the page of the progress."""
        answer = self.client.post("/institutions/join/progress/correct", data=said, follow_redirects=True)
        work(self.app)
        return answer

    # staff

    def staff(self, role: str = "centre_reviewer", **who: Any) -> FlaskClient:
        client = self.app.test_client()
        login_as(client, role, **({"regions": ("430000",)} if role == "centre_reviewer" else {}) | who)
        return client

    def reachable(self, phone: str, role: str = "centre_reviewer", **who: Any) -> FlaskClient:
        """Somebody whose phone the login platform has named."""
        client = self.staff(role, **who)
        with self.app.app_context(), transaction():
            account = db.session.scalars(select(Account).order_by(Account.id.desc())).first()
            assert account is not None
            account.handler = {"phone": phone}
        return client

    def decide(self, result: str, *, role: str = "centre_reviewer", **said: str) -> TestResponse:
        """The one open task of this role, decided on the desk."""
        work(self.app)
        client = self.staff(role)
        (task,) = self.tasks(role)
        if result in ("reject", "correct") and role == "centre_reviewer":
            said = {"reason_code": "A02" if task.policy == "admission" else "C01", "reason": "授权书没有盖章"} | said
        answer = client.post(f"/desk/tasks/{task.id}", data={"result": result, **said})
        assert answer.status_code == 303, re.findall(r'<p class="error"[^>]*>(.*?)</p>|<h1>(.*?)</h1>', answer.text)
        work(self.app)
        return answer

    def admitted(self) -> None:
        assert self.apply().status_code == 200
        self.decide("pass")

    def online(self) -> None:
        self.admitted()
        assert "提交成功" in self.submit().text
        self.decide("pass")

    def offline(self, reason: str = "接口连续三天不可用") -> TestResponse:
        """An operator's 【下线】."""
        answer = self.staff("operator").post(
            f"/institutions/manage/{self.row().code}/offline", data={"reason_code": "F01", "reason": reason}
        )
        work(self.app)
        return answer

    # what has become of it

    def row(self, uscc: str = USCC) -> Institution:
        with self.app.app_context():
            found = find_uscc(uscc)
            assert found is not None
            return found

    def state(self, uscc: str = USCC) -> str:
        return InstitutionState(self.row(uscc).state).label  # type: ignore[call-arg]

    def tasks(self, role: str) -> list[UserTask]:
        with self.app.app_context():
            return list(db.session.scalars(select(UserTask).where(UserTask.role == role)))

    def rows(self, query: Any) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(query))

    def replayed(self, policy: str, key: str = "") -> None:
        """From its history the case goes the same way to the same end."""
        with self.app.app_context():
            verdict = replay(policy, key or self.row().code)
            assert verdict.same, verdict.divergence

    def wait(self, **ahead: float) -> None:
        """Time passes; what falls due on the way is done when it falls due."""
        until = clock.now() + timedelta(**ahead)
        for _ in range(500):
            with self.app.app_context():
                due = db.session.scalar(select(func.min(Job.run_at)).where(Job.state.in_((DUE, RUNNING, ANSWERED))))
            if due is None or due > until:
                break
            clock.shift(clock.offset() + max(timedelta(), due - clock.now()) + timedelta(milliseconds=1))
            work(self.app)
        clock.shift(clock.offset() + max(timedelta(), until - clock.now()))
        work(self.app)


@contextmanager
def staged(app: Flask, phones: Phones) -> Iterator[Stage]:
    before = clock.offset()
    with app.app_context():
        with transaction():
            seed_lists()
        with transaction():
            definitions.seed(ROOT, by=SYSTEM)
    try:
        yield Stage(app, phones)
    finally:
        clock.shift(before)
