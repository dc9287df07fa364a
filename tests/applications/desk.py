"""Both sides of an application on a guarantee: the bidder's pages, the institution's desk and its signed calls."""

import html
import re
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.applications.models import Application
from app.guarantees.models import Guarantee, GuaranteeState
from app.protocol.calls import Call
from tests.gateway.party import Answer
from tests.orders.scene import XIANGJIAN, Bidder, Scene
from tests.support.people import login_as


class Desk:
    def __init__(self, scene: Scene):
        self.scene = scene

    def apply(self, guarantee: str, kind: str, *, who: Bidder = XIANGJIAN, **said: Any) -> TestResponse:
        answer = self.scene.client(who).post(f"/guarantees/{guarantee}/apply/{kind}", data=said)
        self.scene.work()
        return answer

    def applied(self, guarantee: str, kind: str, **said: Any) -> str:
        """An application that was taken in; its number."""
        answer = self.apply(guarantee, kind, **said)
        assert answer.status_code == 302, words(answer)
        number: str = answer.location.rsplit("/", 1)[1]
        return number

    def page(self, path: str, *, who: Bidder = XIANGJIAN) -> str:
        return words(self.scene.client(who).get(path))

    def decide(self, no: str, code: str = "BANK01", **said: Any) -> TestResponse:
        """The institution's reviewer does the open task."""
        (task,) = [one for one in self.scene.tasks_of(no) if one.role == "institution_reviewer"]
        return self.decides(task.id, code, **said)

    def decides(self, task: int, code: str = "BANK01", **said: Any) -> TestResponse:
        answer = self.reviewer(code).post(f"/desk/tasks/{task}", data=said)
        self.scene.work()
        return answer

    def reviewer(self, code: str) -> FlaskClient:
        """The institution's reviewer, signed in just now."""
        client = self.scene.app.test_client()
        login_as(client, "institution_reviewer", institution=code)
        return client

    def tells(self, call: Call, body: dict[str, Any], code: str = "BANK01") -> Answer:
        """The institution decides by its signed call."""
        answer = self.scene.parties[code].say(call, body)
        self.scene.work()
        return answer

    def application(self, no: str) -> Application:
        return self.scene.rows(select(Application).where(Application.no == no))[0]

    def state(self, guarantee: str) -> str:
        """The guarantee's label people read."""
        row = self.scene.rows(select(Guarantee).where(Guarantee.no == guarantee))[0]
        return GuaranteeState(row.state).label


def words(answer: TestResponse) -> str:
    """The page's text without its tags."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.text)))
