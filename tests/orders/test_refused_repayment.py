"""The institution refuses to give a payment back: it has issued for it, and the news of that was lost."""

import pytest

from app.protocol.calls import A4, A15
from app.protocol.codes import Code, Refusal
from tests.orders.scene import PREMIUM, Scene

both = pytest.mark.both_databases

EARNED = {"bidder": -PREMIUM, "earned": PREMIUM}
WINS = "订单已结束或正在退款，机构仍然出函，以保函为准"
EXTRA = "重复支付已退款"


@pytest.fixture
def no(scene: Scene) -> str:
    """An order paid by P1, not issued yet."""
    no = scene.apply()
    scene.passes(no)
    scene.paid(no, txn="P1")
    return no


def asked_back(scene: Scene, no: str) -> list[tuple[str, str]]:
    return [(body["pay_txn_no"], body["reason"]) for body in scene.asked(no, A15)]


@both
def test_the_guarantee_is_found_at_once_and_wins(scene: Scene, no: str) -> None:
    scene.issues(no, on="P1", tell=False)
    scene.lot_event("TERMINATED")
    assert asked_back(scene, no) == [("P1", "TERMINATED")]
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == [WINS]
    assert scene.ledger(no) == EARNED
    assert EXTRA not in scene.told(no)
    assert scene.quiet(no)


@both
def test_the_other_payment_goes_back_when_the_second_is_the_one_issued_for(scene: Scene, no: str) -> None:
    scene.issues(no, on="P2", tell=False)
    scene.paid(no, txn="P2")
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == []
    assert asked_back(scene, no) == [("P2", "DUPLICATE"), ("P1", "DUPLICATE")]
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM, "earned": PREMIUM, "repaying": PREMIUM}
    scene.repays(no, "P1")
    assert scene.ledger(no) == EARNED
    assert scene.told(no)[-2:] == ["成功出函", EXTRA]
    assert scene.tasks(no) == []
    assert scene.quiet(no)


@both
def test_the_other_payment_goes_back_although_the_guarantee_was_entered_for_it(scene: Scene, no: str) -> None:
    scene.issues(no, on="P2")
    assert scene.ledger(no) == EARNED
    scene.paid(no, txn="P2")
    assert asked_back(scene, no) == [("P2", "DUPLICATE"), ("P1", "DUPLICATE")]
    scene.repays(no, "P1")
    assert [payment.repaid_txn_no for payment in scene.payments(no)] == ["R-P1", ""]
    assert scene.ledger(no) == EARNED
    assert scene.incidents(no) == []
    assert scene.told(no).count(EXTRA) == 1
    assert scene.quiet(no)


def test_the_first_payment_that_is_repaid_already_stays_repaid(scene: Scene, no: str) -> None:
    scene.issues(no, on="P2", tell=False)
    scene.lot_event("TERMINATED")
    assert scene.state(no) == "退款中"
    scene.paid(no, txn="P2")
    assert asked_back(scene, no) == [("P1", "TERMINATED"), ("P2", "DUPLICATE")]
    assert scene.state(no) == "成功出函"
    assert scene.incidents(no) == [WINS]
    scene.repays(no, "P1")
    assert scene.ledger(no) == EARNED
    assert scene.told(no)[-2:] == ["成功出函", EXTRA]
    assert scene.quiet(no)


def test_what_is_repaid_after_the_end_is_told_once(scene: Scene, no: str) -> None:
    """Entered by hand first, then told by the institution: that is no second repayment."""
    scene.refuses_issue(no)
    scene.wait(hours=24)
    scene.decide(no, outcome="offline", repay_txn_no="HAND-1")
    scene.repays(no, "P1")
    assert scene.state(no) == "已退款"
    assert EXTRA not in scene.told(no)
    assert scene.ledger(no) == {}


def test_a_guarantee_that_is_not_good_leaves_the_repayment_to_an_operator(scene: Scene, no: str) -> None:
    scene.issues(no, on="P1", tell=False, paper="tampered")
    scene.lot_event("TERMINATED")
    assert scene.state(no) == "退款中"
    assert scene.incidents(no) == ["保函文件不合格：电子签名无效，文件可能被改动"]
    scene.wait(hours=24)
    assert scene.tasks(no) == ["处理未退款项"]
    scene.decide(no, outcome="offline", repay_txn_no="HAND-1")
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}


def test_a_payment_refused_for_another_reason_waits_for_its_repayment(scene: Scene, no: str) -> None:
    scene.counter.manners["A15"] = Refusal(Code.UNKNOWN)
    scene.refuses_issue(no)
    assert len(scene.asked(no, A4)) == 1
    assert scene.state(no) == "退款中"
    del scene.counter.manners["A15"]
    scene.repays(no, "P1", tell=False)
    scene.wait(hours=1)
    assert scene.state(no) == "已退款"
    assert scene.ledger(no) == {}
