"""Entries always sum to zero, whatever happens to an order and its guarantee; a check finds what does not."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update

from app.db import transaction
from app.funds import checking
from app.ledger import Account, LedgerEntry, Parcel
from app.ledger import db as database
from tests.applications.desk import Desk
from tests.applications.test_claim import Beneficiary, paid
from tests.applications.test_refund import NO, WHY, YES
from tests.orders.scene import BOND, PREMIUM, Scene

pytestmark = pytest.mark.both_databases
Issued = Callable[..., str]


@pytest.fixture(autouse=True)
def whole(scene: Scene) -> Any:
    """After every kind of life every booking sums to zero and each parcel is where the entries say."""
    yield
    report = checked(scene)
    assert report.bookings
    assert (report.total, report.faults) == (0, {})


def checked(scene: Scene) -> checking.Report:
    with scene.app.app_context():
        return checking.check()


def command(scene: Scene) -> tuple[int, str]:
    answer = scene.app.test_cli_runner().invoke(args=["money", "check"])
    return answer.exit_code, answer.output


def ordered(scene: Scene) -> str:
    no = scene.apply()
    scene.passes(no)
    return no


def test_bought(scene: Scene, issued: Issued) -> None:
    no = scene.order_of(issued())
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}


def test_cancelled_and_paid_late(scene: Scene) -> None:
    no = ordered(scene)
    scene.wait(minutes=31)
    assert scene.state(no) == "已取消"
    scene.wait(days=10, hours=1)
    late = scene.paid(no)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "repaying": PREMIUM}
    scene.repays(no, late)
    assert scene.ledger(no) == {}


def test_paid_twice_and_the_wrong_amount(scene: Scene, issued: Issued) -> None:
    no = scene.order_of(issued())
    second, wrong = scene.paid(no), scene.paid(no, 1)
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM - 1, "earned": PREMIUM, "repaying": PREMIUM + 1}
    scene.repays(no, second)
    scene.repays(no, second)
    scene.repays(no, wrong)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}


def test_refused_and_repaid(scene: Scene) -> None:
    no = ordered(scene)
    txn = scene.paid(no)
    scene.refuses_issue(no)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "repaying": PREMIUM}
    scene.repays(no, txn)
    assert scene.ledger(no) == {}


def test_the_lot_was_terminated_after_paying(scene: Scene) -> None:
    no = ordered(scene)
    txn = scene.paid(no)
    scene.lot_event("TERMINATED")
    assert scene.ledger(no) == {"bidder": -PREMIUM, "repaying": PREMIUM}
    scene.repays(no, txn)
    assert scene.ledger(no) == {}


def test_refunded_in_part(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    no = scene.order_of(guarantee)
    desk.decide(desk.applied(guarantee, "refund", **WHY), **NO)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM}
    desk.decide(desk.applied(guarantee, "refund", **WHY), **{**YES, "amount": "1000.00"})
    assert scene.ledger(no) == {"bidder": -80_000, "earned": 80_000}


def test_money_for_a_guarantee_given_back_goes_back(scene: Scene, desk: Desk, issued: Issued) -> None:
    """A second payment that comes after 退保 is nobody's premium."""
    guarantee = issued()
    no = scene.order_of(guarantee)
    desk.decide(desk.applied(guarantee, "refund", **WHY), **YES)
    second = scene.paid(no)
    assert scene.ledger(no) == {"bidder": -PREMIUM, "repaying": PREMIUM}
    scene.repays(no, second)
    assert scene.ledger(no) == {}


def test_claimed_in_part_and_then_in_full(scene: Scene, desk: Desk, opened: str, tenderer: Beneficiary) -> None:
    no = scene.order_of(opened)
    for fen in (25_000_000, BOND - 25_000_000):
        claim = tenderer.claims(opened, amount=f"{fen // 100}.00")
        desk.decide(claim, result="APPROVED", approved_amount=f"{fen // 100}.00")
        assert scene.ledger(no)["owed"] == fen
        assert paid(scene, desk, claim).status_code == 303
    assert scene.ledger(no) == {"bidder": -PREMIUM, "earned": PREMIUM, "issuer": -BOND, "claimed": BOND}


def test_the_check_says_what_is_wrong_and_the_night_tells_an_operator(scene: Scene, issued: Issued) -> None:
    no = scene.order_of(issued())
    code, said = command(scene)
    assert (code, "账目平衡" in said) == (0, True)
    set_amount(scene, no, PREMIUM - 1)
    code, said = command(scene)
    assert code == 1
    assert f"{no}\t凭证 earned:{no}:" in said
    assert "合计 -¥0.01" in said
    with scene.app.app_context():
        scene.app.extensions["handlers"][checking.ROUND]({}, key="funds/check:today")
    (incident,) = scene.incidents(no)
    assert "借贷不平" in incident
    set_amount(scene, no, PREMIUM)
    scene.settle(no)


def test_a_parcel_that_is_elsewhere_is_found(scene: Scene, issued: Issued) -> None:
    no = scene.order_of(issued())
    for account in (Account.HELD, Account.EARNED):
        with scene.app.app_context(), transaction():
            database.session.execute(update(Parcel).where(Parcel.order_no == no).values(account=str(account)))
        expected = {} if account is Account.EARNED else {
            no: ["“待出函”的余额与逐笔登记不符", "“已实现”的余额与逐笔登记不符"]
        }  # fmt: skip
        assert checked(scene).faults == expected


def set_amount(scene: Scene, no: str, fen: int) -> None:
    with scene.app.app_context(), transaction():
        entry = update(LedgerEntry).where(LedgerEntry.key.startswith(f"earned:{no}"), LedgerEntry.account == "earned")
        database.session.execute(entry.values(amount=fen).execution_options(synchronize_session=False))
