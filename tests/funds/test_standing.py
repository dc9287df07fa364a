"""资金台账: money that stands longer than the table lets it is seen, and an operator looks after it."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, event, insert, select

from app import clock
from app.audit import SYSTEM
from app.db import db, transaction
from app.funds import watch
from app.funds.models import MoneyCase
from app.ledger import Account, Parcel
from app.protocol.calls import B9
from app.runtime import definitions
from tests.applications.desk import Desk, words
from tests.applications.test_claim import Beneficiary, paid
from tests.applications.test_refund import NO, WHY
from tests.orders.scene import LOT, PREMIUM, Scene
from tests.support.people import login_as

both = pytest.mark.both_databases
Issued = Callable[..., str]


def page(scene: Scene, role: str = "operator", query: str = "") -> str:
    client = scene.app.test_client()
    login_as(client, role)
    answer = client.get(f"/work/money/{query}")
    assert answer.status_code == 200
    return words(answer)


def morning(scene: Scene) -> None:
    with scene.app.app_context():
        scene.app.extensions["handlers"][watch.ROUND]({}, key="funds/watch:today")
    scene.work()


def cases(scene: Scene) -> list[MoneyCase]:
    return scene.rows(select(MoneyCase).order_by(MoneyCase.id))


def repaying(scene: Scene, **how: Any) -> str:
    """An order that was paid twice; the second payment is asked back and does not come."""
    no = scene.apply(**how)
    scene.passes(no)
    scene.paid(no, txn="T-1")
    scene.issues(no)
    scene.paid(no, txn="T-2")
    return no


@both
def test_what_stands_no_longer_than_it_may_is_not_listed(scene: Scene) -> None:
    no = repaying(scene)
    assert scene.ledger(no) == {"bidder": -2 * PREMIUM, "earned": PREMIUM, "repaying": PREMIUM}
    assert "没有停留超过时限的资金" in page(scene)
    scene.wait(hours=37)
    told = page(scene)
    assert no in told
    assert "T-2" in told
    assert "T-1" not in told
    scene.repays(no, "T-2")
    assert "没有停留超过时限的资金" in page(scene)


@both
def test_before_opening_it_is_a_number_and_a_day(scene: Scene) -> None:
    """No amount, which would tell the lot's bond, no name, no moment shared by all orders of a lot."""
    no = repaying(scene)
    scene.wait(hours=37)
    for role in ("operator", "auditor"):
        told = page(scene, role).partition("允许停留至")[2].partition("共 1 条")[0]
        assert no in told
        assert "开标前保密" in told
        for secret in ("1,800.00", "湘建", "湖南", LOT, "梅溪湖"):
            assert secret not in told, secret
        assert re.findall(r"\d\d:\d\d", told) == []
    scene.repays(no, "T-2")


def test_after_opening_it_is_told_with_its_amount(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    told = page(scene)
    assert "退款中 1 笔 ¥1,800.00" in told
    assert "开标前保密" not in told
    scene.repays(no, "T-2")


def test_the_table_is_the_operators(scene: Scene) -> None:
    no = repaying(scene)
    with scene.app.app_context(), transaction():
        files = dict(definitions.live("money_watch").files)
        files["limits.dmn"] = files["limits.dmn"].replace('"PT36H"', '"PT30H"')
        definitions.publish("money_watch", files, by=SYSTEM, note="")
    scene.wait(hours=29)
    assert no not in page(scene)
    scene.wait(hours=2)
    assert no in page(scene)
    scene.repays(no, "T-2")


def test_what_is_being_done_about_it_stands_beside_it(scene: Scene) -> None:
    """The order's own task leads an operator to the desk; others read whose it is."""
    no = repaying(scene)
    scene.wait(hours=37)
    assert "处理未退款项" in page(scene)
    client = scene.app.test_client()
    login_as(client, "operator")
    assert f'href="/desk/tasks/{scene.task(no).id}"' in client.get("/work/money/").text
    login_as(client, "auditor")
    shown = client.get("/work/money/").text
    assert "/desk/tasks/" not in shown
    assert f"/work/oversight/cases/order/{no}" in shown
    scene.repays(no, "T-2")


@both
def test_every_morning_there_is_a_task_for_what_is_new(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    morning(scene)
    morning(scene)
    (case,) = cases(scene)
    assert scene.tasks(case.no) == ["核实滞留资金"]
    assert case.no.startswith("ZJ")
    assert no in page(scene)
    scene.repays(no, "T-2")
    morning(scene)
    assert scene.tasks(case.no) == []
    assert [one.state for one in cases(scene)] == ["moved"]


def test_an_operator_who_knows_why_is_not_asked_again(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    morning(scene)
    (case,) = cases(scene)
    scene.decide(case.no, outcome="explained")
    morning(scene)
    assert [one.state for one in cases(scene)] == ["explained"]
    scene.repays(no, "T-2")


def test_waiting_one_is_asked_again_in_a_day_unless_the_money_went_on(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    morning(scene)
    (case,) = cases(scene)
    scene.decide(case.no, outcome="wait")
    scene.wait(hours=25)
    assert scene.tasks(case.no) == ["核实滞留资金"]
    scene.decide(case.no, outcome="wait")
    scene.repays(no, "T-2")
    scene.wait(hours=25)
    assert [one.state for one in cases(scene)] == ["moved"]


def test_nobody_looking_is_an_incident(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    morning(scene)
    (case,) = cases(scene)
    scene.wait(hours=9)
    assert scene.incidents(case.no) == ["滞留资金超过处理时限仍未核实，请督办"]
    scene.settle(case.no)
    scene.decide(case.no, outcome="explained")
    scene.repays(no, "T-2")


def test_the_case_hides_before_opening_what_the_page_hides(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    morning(scene)
    (case,) = cases(scene)
    client = scene.app.test_client()
    login_as(client, "operator")
    told = words(client.get(f"/desk/tasks/{scene.task(case.no).id}"))
    assert no in told
    assert "1,800.00" not in told
    scene.repays(no, "T-2")
    morning(scene)


@both
def test_a_refund_asked_for_and_a_claim_agreed_to_have_places_of_their_own(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    order = scene.order_of(guarantee)
    no = desk.applied(guarantee, "refund", **WHY)
    assert scene.ledger(order) == {"bidder": -PREMIUM, "returning": PREMIUM}
    scene.wait(days=6)
    told = page(scene)
    assert "待退保费" in told
    assert "审核退保" in told
    desk.decide(no, **NO)
    assert scene.ledger(order) == {"bidder": -PREMIUM, "earned": PREMIUM}
    assert order not in page(scene)


def test_a_claim_agreed_to_and_not_paid_is_listed_after_ten_days(
    scene: Scene, desk: Desk, opened: str, tenderer: Beneficiary
) -> None:
    order = scene.order_of(opened)
    no = tenderer.claims(opened, amount="250000.00")
    said = {"claim_no": no, "guarantee_no": opened}
    assert desk.tells(B9, {**said, "result": "APPROVED", "approved_amount": 25_000_000}).code == 0
    assert scene.ledger(order)["owed"] == 25_000_000
    scene.wait(days=11)
    assert f"{order} {no} 待赔付 ¥250,000.00" in page(scene)
    assert paid(scene, desk, no).status_code == 303
    assert scene.ledger(order) == {
        "bidder": -PREMIUM, "earned": PREMIUM, "issuer": -25_000_000, "claimed": 25_000_000,
    }  # fmt: skip


@both
def test_thousands_cost_no_more_questions_than_a_few(scene: Scene) -> None:
    no = repaying(scene)
    scene.wait(hours=37)
    page(scene)  # the first look reads the policy
    few = asked(scene)
    with scene.app.app_context(), transaction():
        resting(no, 3000)
        resting(no, 3000, account=Account.REPAYING, name="B")
    assert asked(scene) == few
    assert "共 3001 条" in page(scene)
    with scene.app.app_context(), transaction():
        db.session.execute(delete(Parcel).where(Parcel.parcel.startswith("X")))
    scene.repays(no, "T-2")


def resting(no: str, count: int, *, account: Account = Account.EARNED, name: str = "A") -> None:
    long_ago = clock.now() - timedelta(days=9)
    sealed = {"order_no": no, "account": str(account), "since": long_ago, "amount": 1}
    db.session.execute(insert(Parcel), [{**sealed, "parcel": f"X{name}{n}"} for n in range(count)])


def asked(scene: Scene) -> int:
    """How many statements a look at the page takes."""
    client = scene.app.test_client()
    login_as(client, "operator")
    count = 0

    def one_more(*_: object) -> None:
        nonlocal count
        count += 1

    with scene.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", one_more)
    try:
        client.get("/work/money/")
    finally:
        event.remove(engine, "before_cursor_execute", one_more)
    return count
