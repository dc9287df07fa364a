"""紧急启封: two persons with reason, never one, let one of them read before opening who bids for a lot; audited."""

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app import clock
from app.audit import AuditLine
from app.db import db
from app.runtime.models import UserTask
from tests.orders.scene import YANCHI, Scene
from tests.support.papers import pdf
from tests.support.people import login_as
from tests.support.work import work

both_databases = pytest.mark.both_databases
ASKS = {"sub": "operator-1", "name": "沈知微", "handler": {"phone": "13700000040"}}
ALLOWS = {"sub": "publisher-1", "name": "苏慕白", "handler": {"phone": "13700000042"}}
WATCHES = {"sub": "auditor-1", "name": "范仲安", "handler": {"phone": "13700000044"}}
BOTH = {**ASKS, "roles": ("operator", "publisher")}
PDF = pdf("调查通知书")
REASON = "群众举报该标段投标人串通，开标前须核对名单并固定证据"


class House:
    """Two who work in it, and one who watches."""

    def __init__(self, scene: Scene):
        self.scene = scene
        self.watcher = self.client("auditor", **WATCHES)
        self.approver = self.client("publisher", **ALLOWS)
        self.requester = self.client("operator", **ASKS)

    def client(self, role: str, **who: Any) -> FlaskClient:
        client = self.scene.app.test_client()
        login_as(client, role, **who)
        return client

    def asked(self, client: FlaskClient, **changes: Any) -> TestResponse:
        said = {
            "lot": "A4301-2026-LOT-1", "basis": "supervision", "document_no": "湘发改查〔2026〕17号", "reason": REASON,
            "document": (io.BytesIO(PDF), "调查通知书.pdf"),
        } | changes  # fmt: skip
        answer = client.post("/work/early-access/new", data=said, content_type="multipart/form-data")
        work(self.scene.app)
        return answer

    def ask(self, client: FlaskClient | None = None) -> str:
        answer = self.asked(client or self.requester)
        assert answer.status_code == 303, re.findall(r'class="error"[^>]*>(.*?)<', answer.text)
        found = re.search(r"QF\d{16}", answer.location)
        assert found is not None
        return found.group()

    def task(self, no: str) -> int:
        with self.scene.app.app_context():
            return db.session.scalars(select(UserTask.id).where(UserTask.key == no)).one()

    def decide(self, no: str, result: str = "agree", *, client: FlaskClient | None = None) -> TestResponse:
        said = {"result": result, "opinion": "文书属实，已电话核对"}
        answer = (client or self.approver).post(f"/desk/tasks/{self.task(no)}", data=said)
        work(self.scene.app)
        return answer

    def granted(self) -> str:
        no = self.ask()
        assert self.decide(no).status_code == 303
        return no

    def read(self, no: str, client: FlaskClient | None = None) -> TestResponse:
        return (client or self.requester).get(f"/work/early-access/{no}/bidders")

    def page(self, no: str, client: FlaskClient | None = None) -> str:
        return (client or self.watcher).get(f"/work/early-access/{no}").text

    def wait(self, **gap: float) -> None:
        clock.shift(clock.offset() + timedelta(**gap))
        work(self.scene.app)

    def texts(self, phone: str) -> list[str]:
        return [one["text"] for one in self.scene.counter.texts if one["phone"] == phone]

    def trail(self, no: str) -> list[tuple[str, str]]:
        with self.scene.app.app_context():
            found = select(AuditLine.actor_label, AuditLine.text).where(AuditLine.subject == no).order_by(AuditLine.id)
            return [(row[0], row[1]) for row in db.session.execute(found)]


@pytest.fixture
def house(stage: Scene) -> Iterator[House]:
    """An order stands on a lot that is not opened; nobody may know."""
    before = clock.offset()
    stage.lot()
    stage.apply()
    yield House(stage)
    clock.shift(before)


@both_databases
def test_two_persons_open_one_lot_to_the_one_who_asked(house: House) -> None:
    no = house.ask()
    assert house.read(no).status_code == 403
    assert house.decide(no).status_code == 303
    page = house.read(no).text
    assert "湘建一川建设集团有限公司" in page
    assert "刘思齐" not in page  # the handler is no part of it
    for other in (house.approver, house.watcher, house.client("operator", sub="operator-2", name="顾长风")):
        assert house.read(no, other).status_code in (403, 404)
        assert "湘建一川" not in house.page(no, other)


def test_one_person_alone_can_not(house: House) -> None:
    """Neither by asking, nor by approving in another role of the same person."""
    one = house.client("operator", **BOTH)
    no = house.ask(one)
    assert house.read(no, one).status_code == 403
    again = house.client("publisher", **BOTH)
    refused = house.decide(no, client=again)
    assert refused.status_code == 403
    assert "申请人不能审批自己的申请" in refused.text
    assert "文书属实，已电话核对" in refused.text
    assert house.decide(no, "refuse", client=again).status_code == 403
    assert house.read(no, house.client("operator", **BOTH)).status_code == 403
    assert house.decide(no).status_code == 303


def test_an_operator_can_not_approve(house: House) -> None:
    no = house.ask()
    other = house.client("operator", sub="operator-2", name="顾长风")
    assert house.decide(no, client=other).status_code in (403, 404)
    assert house.read(no).status_code == 403


@both_databases
def test_it_ends_by_itself_whether_or_not_the_timer_was_carried(house: House) -> None:
    no = house.granted()
    assert house.read(no).status_code == 200
    clock.shift(clock.offset() + timedelta(hours=8, seconds=1))  # the timer's job has not run
    late = house.read(no, house.client("operator", **ASKS))
    assert late.status_code == 403
    assert "查阅时限已过" in late.text
    house.wait(minutes=1)
    assert "已结束" in house.page(no, house.client("auditor", **WATCHES))


def test_it_is_ended_early_by_the_reader_or_by_a_colleague(house: House) -> None:
    mine, theirs = house.granted(), house.granted()
    assert house.requester.post(f"/work/early-access/{mine}/end").status_code == 303
    other = house.client("operator", sub="operator-2", name="顾长风")
    assert other.post(f"/work/early-access/{theirs}/end").status_code == 303
    assert house.watcher.post(f"/work/early-access/{theirs}/end").status_code == 403
    for no in (mine, theirs):
        assert house.read(no).status_code == 403
        assert "可查阅 → 已结束" in [text for _who, text in house.trail(no)]
    assert house.requester.post(f"/work/early-access/{mine}/end").status_code == 403


def test_what_is_refused_or_withdrawn_or_left_lying_opens_nothing(house: House) -> None:
    refused, withdrawn, left = house.ask(), house.ask(), house.ask()
    assert house.decide(refused, "refuse").status_code == 303
    assert house.requester.post(f"/work/early-access/{withdrawn}/end").status_code == 303
    house.wait(hours=8, seconds=1)
    reader, watcher = house.client("operator", **ASKS), house.client("auditor", **WATCHES)
    for no, state in ((refused, "不同意"), (withdrawn, "已撤回"), (left, "逾期失效")):
        assert house.read(no, reader).status_code == 403
        assert state in house.page(no, watcher)


def test_everybody_who_should_know_is_alarmed(house: House) -> None:
    no = house.granted()
    for who in (ASKS, ALLOWS, WATCHES):
        texts = [text for text in house.texts(who["handler"]["phone"]) if no in text]
        assert len(texts) == 2, who
        assert "等待第二人审批" in texts[0]
        assert "已由第二人批准" in texts[1]
    notices = house.watcher.get("/work/notices/").text
    assert "报警：已紧急启封" in notices
    assert f"/work/early-access/{no}" in notices
    for client in (house.watcher, house.requester):
        assert no in client.get("/desk/incidents/").text


@both_databases
def test_the_trail_names_both_and_every_look(house: House) -> None:
    no = house.granted()
    house.read(no)
    house.read(no)
    trail = house.trail(no)
    assert ("沈知微", "申请紧急启封") in trail
    assert ("苏慕白", "批准紧急启封") in trail
    assert trail.count(("沈知微", "查阅标段投标人名单")) == 2
    shown = house.watcher.get(f"/work/oversight/trail?no={no}").text
    for word in ("沈知微", "苏慕白", "申请紧急启封", "查阅标段投标人名单"):
        assert word in shown


def test_reason_and_document_are_asked_for_and_shown_to_whoever_decides(house: House) -> None:
    bare = house.asked(house.requester, reason="", document_no="", document=(io.BytesIO(b""), ""))
    assert bare.status_code == 422
    for word in ("申请理由", "文书文号", "依据文书"):
        assert word in bare.text
    no = house.ask()
    task = house.task(no)
    page = house.approver.get(f"/desk/tasks/{task}").text
    for word in (REASON, "湘发改查〔2026〕17号", "沈知微", "行政监督部门查处举报、投诉"):
        assert word in page
    (paper,) = set(re.findall(rf"/desk/tasks/{task}/files/\d+", page))
    assert house.approver.get(paper).data == PDF


def test_a_lot_that_nobody_knows_or_that_is_opened_or_elsewhere_is_refused(house: House) -> None:
    assert "没有这个标段" in house.asked(house.requester, lot="A4301-NONE").text
    elsewhere = house.client("centre_reviewer", sub="centre-430400", name="龙一鸣", regions=("430400",))
    assert "不在您负责的地区" in house.asked(elsewhere).text
    house.wait(days=10, hours=1, seconds=1)
    house.scene.lot_event("OPENED")
    assert "已开标，无需启封" in house.asked(house.client("operator", **ASKS)).text


def test_everything_else_stays_sealed(house: House) -> None:
    house.scene.lot("LOT-2")
    no = house.granted()
    other = house.scene.apply("LOT-2", who=YANCHI)
    page = house.read(no).text
    assert other not in page
    assert house.watcher.get("/work/oversight/cases?lot=A4301-2026-LOT-1").status_code == 403
