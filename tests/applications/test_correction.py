"""退回补正: what is missing is told, everything is filled in already, and the institution has the corrected papers."""

import io
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from app.protocol.calls import A9, A10, B9
from tests.applications.desk import Desk, words
from tests.applications.test_claim import LUGU, Beneficiary
from tests.orders.scene import XIANGJIAN, Scene

Issued = Callable[..., str]
NO = {"result": "REJECTED", "reject_code": "N02", "reason": "材料不符合保函约定"}
BACK = {"result": "NEED_DOCS", "reason": "请补充中标通知书，收款账号与户名不符"}


@pytest.fixture
def opened(scene: Scene, issued: Issued) -> str:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    return guarantee


@pytest.fixture
def tenderer(scene: Scene) -> Beneficiary:
    return Beneficiary(scene, "tenderer", LUGU)


def paper(scene: Scene, name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO(scene.papers["BANK01:unsigned"]), name


def task_of(scene: Scene, no: str, role: str) -> str:
    (task,) = [one for one in scene.tasks_of(no) if one.role == role]
    return f"/applications/{no}/tasks/{task.id}"


def corrects(client: FlaskClient, path: str, **said: object) -> None:
    answer = client.post(path, data=said)
    assert answer.status_code == 302, words(answer)


def test_a_returned_claim_is_filled_in_and_its_papers_are_still_there(
    scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str
) -> None:
    no = tenderer.claims(opened)
    desk.decide(no, **BACK)
    path = task_of(scene, no, "tenderer")
    page = tenderer.client.get(path).text
    assert "请补充中标通知书，收款账号与户名不符" in page
    for kept in ("6222020200012345678", "周敏", "13900000021", "中标人无正当理由不与招标人订立合同", "索赔函.pdf"):
        assert kept in page
    wrong = tenderer.client.post(path, data={"account": "", "contact": "周敏"})
    assert (wrong.status_code, "请输入收款账号" in words(wrong)) == (422, True)


@pytest.mark.both_databases
def test_the_institution_is_told_again_with_old_and_new_papers(
    scene: Scene, desk: Desk, tenderer: Beneficiary, opened: str
) -> None:
    no = tenderer.claims(opened)
    told = {"claim_no": no, "guarantee_no": opened}
    assert desk.tells(B9, told | BACK).code == 0
    said = {"account": "6222020200099999999", "contact": "周敏", "contact_phone": "13900000021", "reason": "拒签合同"}
    more = {"evidence": paper(scene, "中标通知书.pdf"), "correction": "已更正账号"}
    corrects(tenderer.client, task_of(scene, no, "tenderer"), **said, **more)
    scene.work()
    first, second = scene.asked(no, A10)
    assert [one["name"] for one in first["evidence"]] == ["索赔函.pdf"]
    assert [one["name"] for one in second["evidence"]] == ["索赔函.pdf", "中标通知书.pdf"]
    assert (second["payee"]["account"], second["reason"]) == ("6222020200099999999", "拒签合同")
    page = tenderer.page(f"/applications/{no}")
    for step in ("审核中 → 待补正", "待补正 → 审核中", "理赔中", "已更正账号"):
        assert step in page
    (task,) = [one for one in scene.tasks_of(no) if one.role == "institution_reviewer"]
    reviewed = words(desk.reviewer("BANK01").get(f"/desk/tasks/{task.id}"))
    for seen in ("已更正账号", "中标通知书.pdf", "索赔函.pdf"):
        assert seen in reviewed
    desk.decide(no, **NO)


def test_papers_may_be_replaced(scene: Scene, desk: Desk, opened: str) -> None:
    no = desk.applied(opened, "cancellation", evidence=paper(scene, "错.pdf"), note="未中标")
    desk.decide(no, **BACK)
    path, client = task_of(scene, no, "bidder"), scene.client(XIANGJIAN)
    assert "未中标" in client.get(path).text
    corrects(client, path, evidence=paper(scene, "对.pdf"), renewed="true", note="未中标，公示已附")
    scene.work()
    assert [[one["name"] for one in sent["evidence"]] for sent in scene.asked(no, A9)] == [["错.pdf"], ["对.pdf"]]
    page = desk.page(f"/applications/{no}")
    assert "对.pdf" in page
    assert "错.pdf" not in page
    assert "未中标，公示已附" in page
    desk.decide(no, **NO)


def test_it_may_be_returned_more_than_once(scene: Scene, desk: Desk, opened: str) -> None:
    no = desk.applied(opened, "cancellation", evidence=paper(scene, "一.pdf"))
    for name in ("二.pdf", "三.pdf"):
        desk.decide(no, **BACK)
        corrects(scene.client(XIANGJIAN), task_of(scene, no, "bidder"), evidence=paper(scene, name))
        scene.work()
    assert [one["name"] for one in scene.asked(no, A9)[-1]["evidence"]] == ["一.pdf", "二.pdf", "三.pdf"]
    desk.decide(no, result="APPROVED")
    assert desk.state(opened) == "已失效"
