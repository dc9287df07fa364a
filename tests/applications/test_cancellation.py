"""申请注销 (manual 5.3.4)."""

import io
import re
from collections.abc import Callable
from typing import Any

import pytest

from app.protocol.calls import A9
from tests.applications.desk import Desk, words
from tests.orders.scene import XIANGJIAN, Scene

Issued = Callable[..., str]
Proof = Callable[[], dict[str, Any]]
YES = {"result": "APPROVED"}
NO = {"result": "REJECTED", "reject_code": "N02", "reason": "证明材料未载明中标结果"}
BACK = {"result": "NEED_DOCS", "reason": "请补充中标公示"}


@pytest.fixture
def proof(scene: Scene) -> Proof:
    """A document to hand in."""
    return lambda: {"evidence": (io.BytesIO(scene.papers["BANK01:unsigned"]), "中标公示.pdf")}


@pytest.fixture
def opened(scene: Scene, issued: Issued) -> str:
    """A guarantee whose lot was opened."""
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    return guarantee


@pytest.mark.both_databases
def test_approved_the_guarantee_has_lapsed(scene: Scene, desk: Desk, opened: str, proof: Proof) -> None:
    no = desk.applied(opened, "cancellation", **proof())
    assert desk.state(opened) == "注销中"
    (sent,) = scene.asked(no, A9)
    assert [(one["name"], one["content"]) for one in sent["evidence"]] == [
        ("中标公示.pdf", scene.papers["BANK01:unsigned"])
    ]
    desk.decide(no, **YES)
    assert desk.state(opened) == "已失效"
    assert "注销成功" in scene.told_of(f"/applications/{no}")


def test_refused_it_is_in_force_again(desk: Desk, opened: str, proof: Proof) -> None:
    no = desk.applied(opened, "cancellation", **proof())
    desk.decide(no, **NO)
    assert desk.state(opened) == "生效中"
    assert "证明材料未载明中标结果" in desk.page(f"/applications/{no}")


def test_returned_it_is_corrected_and_sent_again(scene: Scene, desk: Desk, opened: str, proof: Proof) -> None:
    no = desk.applied(opened, "cancellation", **proof())
    desk.decide(no, **BACK)
    assert "请补充中标公示" in desk.page(f"/applications/{no}")
    (task,) = [one for one in scene.tasks_of(no) if one.role == "bidder"]
    sent = scene.client(XIANGJIAN).post(f"/applications/{no}/tasks/{task.id}", data=proof())
    assert sent.status_code == 302
    desk.decide(no, **YES)
    assert desk.state(opened) == "已失效"


def test_not_corrected_within_seven_days_it_ends(scene: Scene, desk: Desk, opened: str, proof: Proof) -> None:
    no = desk.applied(opened, "cancellation", **proof())
    desk.decide(no, **BACK)
    scene.wait(days=7, minutes=1)
    assert desk.state(opened) == "生效中"
    assert "逾期未补正材料" in desk.page(f"/applications/{no}")


def test_before_opening_it_is_closed_and_says_until_when(desk: Desk, issued: Issued, proof: Proof) -> None:
    guarantee = issued()
    page = desk.page(f"/guarantees/{guarantee}")
    assert "项目尚未开标，开标后可以申请注销" in page
    assert "起可以办理" in page
    assert desk.apply(guarantee, "cancellation", **proof()).status_code == 409


def test_an_insurers_guarantee_is_not_discharged(scene: Scene, desk: Desk, issued: Issued, proof: Proof) -> None:
    guarantee = issued(product="INS01-TB")
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    answer = desk.apply(guarantee, "cancellation", **proof())
    assert (answer.status_code, "保险公司出具的保函不办理注销" in words(answer)) == (409, True)


def test_without_proof_it_is_not_sent(desk: Desk, opened: str) -> None:
    answer = desk.apply(opened, "cancellation")
    assert (answer.status_code, "请上传证明材料" in words(answer)) == (422, True)


def test_the_institutions_reviewer_reads_what_was_sent_and_nobody_elses_does(
    scene: Scene, desk: Desk, opened: str, proof: Proof
) -> None:
    no = desk.applied(opened, "cancellation", **proof(), note="未中标，中标结果已公示")
    (task,) = [one for one in scene.tasks_of(no) if one.role == "institution_reviewer"]
    reviewer = desk.reviewer("BANK01")
    page = reviewer.get(f"/desk/tasks/{task.id}").text
    assert "未中标，中标结果已公示" in page
    (address,) = set(re.findall(rf"/applications/{no}/papers/\d+", page))
    assert reviewer.get(address).data == scene.papers["BANK01:unsigned"]
    assert desk.reviewer("INS01").get(address).status_code == 404
    desk.decide(no, **NO)
