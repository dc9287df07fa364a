"""What happens to a lot after guarantees were issued on it: told, unsealed, offered back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from app import clock
from app.applications import walks
from app.db import db, transaction
from app.guarantees.models import Guarantee
from app.jobs import queue
from app.notices.models import Notice
from app.protocol.calls import A6, C6
from app.runtime.models import OPEN, Incident, Instance
from tests.applications.desk import Desk, words
from tests.orders.scene import LOT, XIANGJIAN, YANCHI, YUEYUN, Scene
from tests.support.people import login_as

Issued = Callable[..., str]


class Killed(BaseException):
    """The worker is gone, whatever it was at."""


def killed(*_: object) -> None:
    raise Killed


def spoil(scene: Scene, guarantee: str, content: bytes) -> bytes:
    """Put `content` in place of what the guarantee hides; returns what was there."""
    with scene.app.app_context(), transaction():
        row = db.session.scalars(select(Guarantee).where(Guarantee.no == guarantee)).one()
        before, row.sealed = row.sealed, content
        return before


def told(scene: Scene, guarantee: str) -> list[str]:
    return scene.told_of(f"/guarantees/{guarantee}")


@pytest.mark.both_databases
def test_a_change_tells_each_bidder_once_and_by_how_many_days_the_guarantee_is_short(
    scene: Scene, desk: Desk, issued: Issued
) -> None:
    guarantee = issued()
    scene.wait(minutes=1)
    scene.lot(LOT, version=2, bid_deadline=clock.now().replace(microsecond=0) + timedelta(days=30))
    scene.lot_event("CHANGED")
    assert told(scene, guarantee) == ["项目变更，保函有效期不足"]
    assert any("短21天" in text["text"] for text in scene.counter.texts)
    assert "申请延期" in desk.page(f"/guarantees/{guarantee}")
    scene.work()
    assert len(told(scene, guarantee)) == 1


def test_a_change_that_leaves_the_guarantee_long_enough_asks_for_nothing(scene: Scene, issued: Issued) -> None:
    guarantee = issued()
    scene.lot_event("CHANGED")
    assert told(scene, guarantee) == ["项目变更"]


def test_before_opening_nothing_that_is_kept_says_which_guarantees_are_of_the_lot(scene: Scene, issued: Issued) -> None:
    issued()
    scene.lot_event("CHANGED")
    assert not [notice.key for notice in scene.rows(select(Notice)) if LOT in notice.key]


def test_a_lot_that_failed_offers_the_premium_back(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.lot_event("FAILED")
    assert "项目终止或流标，可以退保" in told(scene, guarantee)
    form = scene.client().get(f"/guarantees/{guarantee}/apply/refund").text
    assert re.search(r'<option value="R04" selected', form)
    assert "项目终止或流标</textarea>" in form
    no = desk.applied(guarantee, "refund", reason_code="R04", note="流标")
    desk.decide(no, result="REJECTED", reject_code="N01", reason="请先归还纸质保函")


@pytest.mark.both_databases
def test_opening_has_every_sealed_guarantee_told_openly(scene: Scene, desk: Desk, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED", unseals=False)
    (asked,) = scene.asked(guarantee, A6)
    assert asked["guarantees"][0]["beneficiary"]["name"] == "湖南麓谷投资建设有限公司"
    assert "保函已还原" not in desk.page(f"/guarantees/{guarantee}")
    scene.unseals(*scene.rows(select(Guarantee)), "appendix")
    assert "保函已还原" in desk.page(f"/guarantees/{guarantee}")
    assert scene.client().get(f"/guarantees/{guarantee}/file").data == scene.papers["BANK01:appendix"]


def test_a_plain_document_that_does_not_hold_is_shown_to_an_operator(scene: Scene, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED", unseals=False)
    (row,) = scene.rows(select(Guarantee))
    scene.unseals(row, "unsigned")
    assert scene.tasks(guarantee) == ["催办还原"]
    scene.decide(guarantee, outcome="again")
    scene.unseals(row)
    assert scene.tasks(guarantee) == []


def test_a_guarantee_nobody_tells_openly_is_chased(scene: Scene, issued: Issued) -> None:
    guarantee = issued()
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED", unseals=False)
    scene.wait(hours=25)
    scene.decide(guarantee, outcome="file")
    assert scene.tasks(guarantee) == []


def test_after_the_award_all_but_the_winner_are_told_that_they_may_discharge(scene: Scene, issued: Issued) -> None:
    winner, other = issued(who=XIANGJIAN), issued(who=YANCHI)
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    said = {
        "winner": {"name": XIANGJIAN["name"], "uscc": XIANGJIAN["uscc"]},
        "awarded_at": clock.now().replace(microsecond=0),
    }
    assert scene.trading.say(C6, said, lot_id=LOT).code == 0
    scene.work()
    assert "项目已定标，可以注销保函" in told(scene, other)
    assert "项目已定标，可以注销保函" not in told(scene, winner)
    form = scene.client(YANCHI).get(f"/guarantees/{other}/apply/cancellation").text
    assert "项目已定标，保函不再需要</textarea>" in form


@pytest.mark.both_databases
def test_a_worker_killed_between_two_portions_leaves_off_there_and_tells_everybody_once(
    scene: Scene, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walks, "PORTION", 2)
    guarantees = [issued(who=who) for who in (XIANGJIAN, YANCHI, YUEYUN)]
    with monkeypatch.context() as dying, pytest.raises(Killed):
        dying.setattr(queue, "handed_back", killed)
        scene.lot_event("SUSPENDED")
    assert [told(scene, guarantee) for guarantee in guarantees] == [["项目暂停"], ["项目暂停"], []]
    scene.work()
    assert told(scene, guarantees[2]) == []  # the dead worker's lease
    scene.wait(minutes=2)
    assert [told(scene, guarantee) for guarantee in guarantees] == [["项目暂停"]] * 3
    assert len([text for text in scene.counter.texts if "已暂停" in text["text"]]) == 3


def test_staff_read_how_far_it_came_and_no_number_before_opening(scene: Scene, issued: Issued) -> None:
    [issued(who=who) for who in (XIANGJIAN, YANCHI)]
    scene.lot_event("CHANGED")

    def progress(number: int) -> str:
        auditor = scene.app.test_client()
        login_as(auditor, "auditor")
        cases = scene.rows(select(Instance).where(Instance.policy == "lot_change").order_by(Instance.id))
        return words(auditor.get(f"/work/oversight/cases/lot_change/{cases[number - 1].key}"))

    assert "已完成" in progress(1)
    assert " 份" not in progress(1)
    scene.wait(days=10, hours=2)
    scene.lot_event("OPENED")
    assert "2 / 2 份" in progress(2)


def test_one_guarantee_that_fails_stops_no_other_and_is_told_when_it_is_tried_again(
    scene: Scene, issued: Issued
) -> None:
    broken, whole = [issued(who=who) for who in (XIANGJIAN, YANCHI)]
    readable = spoil(scene, broken, b"not what was sealed, not what was sealed")
    scene.lot_event("SUSPENDED")
    assert (told(scene, broken), told(scene, whole)) == ([], ["项目暂停"])
    (incident,) = scene.rows(select(Incident).where(Incident.status == OPEN))
    assert LOT not in f"{incident.key} {incident.message}"
    spoil(scene, broken, readable)
    operator = scene.app.test_client()
    login_as(operator, "operator")
    assert operator.post(f"/desk/incidents/{incident.id}/retry").status_code in (302, 303)
    scene.work()
    assert (told(scene, broken), told(scene, whole)) == (["项目暂停"], ["项目暂停"])


def test_a_kill_in_the_middle_tells_nobody_twice(scene: Scene, issued: Issued) -> None:
    guarantees = [issued(who=who) for who in (XIANGJIAN, YANCHI)]
    scene.lot_event("CHANGED")
    scene.again("lots/tell")
    assert [told(scene, guarantee) for guarantee in guarantees] == [["项目变更"], ["项目变更"]]
    assert len(scene.rows(select(Instance).where(Instance.policy == "lot_change"))) == 1
