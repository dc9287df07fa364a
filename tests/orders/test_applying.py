"""提交保函申请: what the policy refuses, in its tables' own words, leaves nothing behind."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import clock
from app.audit import AuditLine
from app.db import db, transaction
from app.institutions import get as institution_of
from app.institutions.models import InstitutionState
from app.jobs.models import Job
from app.notices.models import Notice
from app.orders.models import Order
from app.runtime.models import History, Incident, Instance
from app.sealing import LotKey
from tests.orders.scene import BOND, LOT, Scene

LEFT = (Order, Instance, History, Incident, Notice, Job, LotKey, AuditLine)


def standing(scene: Scene) -> dict[str, int]:
    with scene.app.app_context():
        return {model.__name__: db.session.scalar(select(func.count()).select_from(model)) or 0 for model in LEFT}


def set_state(scene: Scene, state: InstitutionState) -> None:
    with scene.app.app_context(), transaction():
        institution_of("BANK01").state = state


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("lot", "how", "words"),
    [
        ({"bond_amount": BOND + 1}, {}, "担保金额低于招标文件要求的投标保证金"),
        ({"bond_amount": 1_000_000, "estimate": BOND * 50 - 100}, {}, "担保金额超过该类项目投标保证金的法定上限"),
        ({"estimate": 10**11, "bond_amount": 80_000_001}, {"amount": "800000.01"}, "法定上限"),
        ({"category": "survey", "bond_amount": 1_000_000}, {"amount": "100000.01"}, "法定上限"),
        ({"category": "procurement", "bond_amount": 100, "estimate": 10**9}, {"amount": "200000.01"}, "法定上限"),
        ({"category": "land", "bond_amount": 10**9}, {"amount": "10000000.00"}, "担保金额超过所选产品的单笔限额"),
    ],
)
def test_an_amount_that_may_not_be_is_refused_in_the_tables_words(scene: Scene, lot: dict, how: dict, words: str):
    scene.lot("LOT-2", **lot)
    before = standing(scene)
    answer = scene.applied("LOT-2", **how)
    assert answer.status_code in (409, 422)
    assert words in answer.text
    assert standing(scene) == before


def test_an_amount_at_the_cap_is_accepted(scene: Scene) -> None:
    scene.lot("LOT-2", estimate=10**11, bond_amount=80_000_000)
    assert scene.state(scene.apply("LOT-2", amount="800000.00")) == "核保中"


def test_an_institution_that_went_offline_while_one_chose_is_refused(scene: Scene) -> None:
    draft = scene.applied(until="institution").location.split("/")[3]
    set_state(scene, InstitutionState.OFFLINE)
    before = standing(scene)
    answer = scene.client().post(f"/orders/apply/{draft}/submit", data={"terms": "true"})
    assert answer.status_code == 409
    assert "所选机构已下线，请另选机构" in answer.text
    assert standing(scene) == before


def test_an_institution_that_is_offline_is_not_offered(scene: Scene) -> None:
    set_state(scene, InstitutionState.OFFLINE)
    answer = scene.applied(until="institution")
    assert answer.status_code == 422
    assert "请选择出函机构" in answer.text


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ("SUSPENDED", "该标段已暂停、终止、流标或开标，不能申请保函"),
        ("TERMINATED", "该标段已暂停、终止、流标或开标，不能申请保函"),
        ("FAILED", "该标段已暂停、终止、流标或开标，不能申请保函"),
        ("", "投标截止时间已过，不能再申请保函"),
    ],
)
def test_a_lot_that_closed_while_one_filled_in_is_refused(scene: Scene, event: str, words: str) -> None:
    draft = scene.applied(until="institution").location.split("/")[3]
    before = standing(scene)
    if event:
        scene.lot_event(event)
        before = standing(scene)
    else:
        scene.wait(days=10, seconds=1)
        before = standing(scene)
    answer = scene.client().post(f"/orders/apply/{draft}/submit", data={"terms": "true"})
    assert answer.status_code == 409
    assert words in answer.text
    assert standing(scene) == before


def test_the_policy_itself_refuses_whatever_a_page_let_through(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page's own check is a courtesy: the diagram's table decides, inside the transaction."""
    draft = scene.applied(until="institution").location.split("/")[3]
    scene.lot_event("TERMINATED")
    before = standing(scene)
    from app.orders import quoting

    asked = quoting.offer
    monkeypatch.setattr("app.orders.quoting.offer", lambda *a: asked(*a).__class__(asked(*a).product, 180_000))
    answer = scene.client().post(f"/orders/apply/{draft}/submit", data={"terms": "true"})
    assert answer.status_code == 409
    assert "该标段已暂停、终止、流标或开标，不能申请保函" in answer.text
    assert standing(scene) == before


@pytest.mark.both_databases
def test_a_bidder_has_one_live_order_on_a_lot(scene: Scene) -> None:
    no = scene.apply()
    before = standing(scene)
    answer = scene.applied(product="INS01-TB")
    assert answer.status_code == 409
    assert "您在该标段已有一笔有效的保函订单，不能重复申请" in answer.text
    assert standing(scene) == before
    scene.abandon(no)
    assert scene.state(scene.apply(product="INS01-TB")) == "核保中"
    scene.lot("LOT-2")
    assert scene.state(scene.apply("LOT-2")) == "核保中"


def test_the_terms_must_be_accepted(scene: Scene) -> None:
    draft = scene.applied(until="institution").location.split("/")[3]
    before = standing(scene)
    answer = scene.client().post(f"/orders/apply/{draft}/submit", data={})
    assert answer.status_code == 422
    assert "请阅读并同意产品条款" in answer.text
    assert standing(scene) == before


def test_what_was_typed_wrong_is_named_field_by_field(scene: Scene) -> None:
    client = scene.client()
    draft = client.post("/orders/apply/lot", data={"type": "bank_guarantee", "lot": LOT}).location.split("/")[3]
    answer = client.post(
        f"/orders/apply/{draft}/details",
        data={"handler_name": "", "handler_id_no": "430102199001011235", "handler_phone": "123", "amount": "-1"},
    )
    assert answer.status_code == 422
    for words in ("经办人姓名", "经办人身份证号不正确", "经办人手机号", "担保金额"):
        assert words in answer.text


def test_a_price_that_changed_is_shown_before_it_binds(scene: Scene) -> None:
    draft = scene.applied(until="institution").location.split("/")[3]
    with scene.app.app_context(), transaction():
        institution_of("BANK01").products[0].minimum_fen = 200_000
    client = scene.client()
    answer = client.post(f"/orders/apply/{draft}/submit", data={"terms": "true"})
    assert "保费已更新为 ¥2,000.00，请重新确认" in answer.text
    answer = client.post(f"/orders/apply/{draft}/submit", data={"terms": "true"})
    no = answer.location.rsplit("/", 1)[1]
    assert scene.premium(no) == 200_000
    scene.work()


def test_the_guarantee_covers_the_bids_validity_after_the_deadline(scene: Scene) -> None:
    deadline = clock.now().replace(microsecond=0) + timedelta(days=20)
    scene.lot("LOT-2", bid_deadline=deadline, bid_validity_days=120)
    no = scene.apply("LOT-2")
    from app.protocol.calls import A2

    assert scene.asked(no, A2)[0]["valid_to"] >= deadline + timedelta(days=120)
