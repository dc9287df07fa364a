"""申请退保 (manual 5.3.3)."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from app import clock
from app.protocol.calls import A8, B6
from tests.applications.desk import Desk, words
from tests.orders.scene import LOT, PREMIUM, YANCHI, Scene

both = pytest.mark.both_databases
Issued = Callable[..., str]
WHY = {"reason_code": "R01", "note": "不再参加本项目投标"}
YES = {"result": "APPROVED", "amount": "1800.00", "repay_txn_no": "TK-1", "repaid_at": "2026-01-05T10:00"}
NO = {"result": "REJECTED", "reject_code": "N01", "reason": "不符合合同约定的退保条件"}


@both
def test_approved_the_guarantee_is_given_back_and_the_premium_with_the_bidder(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    assert desk.state(guarantee) == "退保中"
    assert "退保中" in desk.page(f"/applications/{no}")
    assert [(one["refund_no"], one["premium"]) for one in scene.asked(no, A8)] == [(no, PREMIUM)]
    assert desk.decide(no, **YES).status_code == 303
    assert desk.state(guarantee) == "已退保"
    assert scene.ledger(scene.order_of(guarantee)) == {}
    assert "退保成功" in scene.told_of(f"/applications/{no}")
    assert "已退保" in desk.page("/applications/?kind=refund")


def test_refused_it_is_in_force_again_and_the_bidder_is_told_why_by_sms(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    desk.decide(no, **NO)
    assert desk.state(guarantee) == "生效中"
    assert "不符合合同约定的退保条件" in desk.page(f"/applications/{no}")
    assert any("不符合合同约定的退保条件" in text and no in text for text in scene.texts(no))
    desk.decide(desk.applied(guarantee, "refund", **WHY), **YES)


def test_the_institution_must_say_why_it_refuses(scene: Scene, desk: Desk, issued: Issued) -> None:
    no = desk.applied(issued(), "refund", **WHY)
    answer = desk.decide(no, result="REJECTED")
    assert answer.status_code == 422
    assert "请选择拒绝原因" in words(answer)
    assert desk.application(no).state == "pending"
    desk.decide(no, **NO)


def test_more_than_the_premium_is_not_given_back(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    answer = desk.decide(no, **{**YES, "amount": "1800.01"})
    assert answer.status_code == 409
    assert "不超过已付保费" in words(answer)
    assert desk.state(guarantee) == "退保中"
    desk.decide(no, **YES)


@both
def test_a_second_application_is_refused_and_leaves_nothing_behind(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    answer = desk.apply(guarantee, "refund", **WHY)
    assert answer.status_code == 409
    assert desk.page("/applications/").count("退保中") == 1
    desk.decide(no, **NO)


def test_nobody_else_applies_for_it_or_sees_it(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    assert desk.apply(guarantee, "refund", who=YANCHI, **WHY).status_code == 404
    no = desk.applied(guarantee, "refund", **WHY)
    assert scene.client(YANCHI).get(f"/applications/{no}").status_code == 404
    desk.decide(no, **NO)


def test_after_opening_it_is_closed_with_the_tables_reason(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    assert "项目已开标，不能退保" in desk.page(f"/guarantees/{guarantee}")
    answer = desk.apply(guarantee, "refund", **WHY)
    assert (answer.status_code, "项目已开标，不能退保" in words(answer)) == (409, True)
    assert desk.state(guarantee) == "生效中"


def test_after_opening_a_failed_lot_lets_one_have_the_premium_back(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    scene.lot_event("FAILED")
    desk.decide(desk.applied(guarantee, "refund", **WHY), **YES)
    assert desk.state(guarantee) == "已退保"


@both
def test_an_undecided_one_ends_when_the_hour_of_opening_comes(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    scene.wait(days=10, hours=2)
    assert desk.state(guarantee) == "生效中"
    assert "项目已开标，不能退保" in desk.page(f"/applications/{no}")


def test_an_institution_that_does_not_decide_is_chased(scene: Scene, desk: Desk, issued: Issued) -> None:
    no = desk.applied(issued(), "refund", **WHY)
    scene.wait(days=3, minutes=1)
    assert sorted(scene.tasks(no)) == ["催办机构审核", "审核退保"]
    desk.decide(no, **NO)


def test_a_lot_that_was_put_off_keeps_the_refund_open(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    later = clock.now().replace(microsecond=0) + timedelta(days=20)
    scene.lot(LOT, version=2, bid_deadline=later)
    scene.wait(days=12)
    desk.decide(desk.applied(guarantee, "refund", **WHY), **NO)


@both
def test_the_institution_decides_by_its_signed_call_and_the_desk_comes_second(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    (task,) = [one for one in scene.tasks_of(no) if one.role == "institution_reviewer"]
    told = {
        "refund_no": no, "guarantee_no": guarantee, "result": "APPROVED", "amount": PREMIUM, "repay_txn_no": "TK-9",
        "repaid_at": clock.now().replace(microsecond=0),
    }  # fmt: skip
    assert desk.tells(B6, told).code == 0
    assert desk.state(guarantee) == "已退保"
    assert desk.decides(task.id, **NO).status_code == 409
    assert desk.tells(B6, {**told, "repay_txn_no": "TK-10"}).code == 3002
    assert scene.ledger(scene.order_of(guarantee)) == {}


def test_another_institutions_application_is_unknown_to_it(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = desk.applied(guarantee, "refund", **WHY)
    told = {"refund_no": no, "guarantee_no": guarantee, "result": "REJECTED", "reject_code": "N01", "reason": "不符合"}
    assert desk.tells(B6, told, "INS01").code == 3001
    assert desk.tells(B6, told).code == 0
    assert desk.state(guarantee) == "生效中"
