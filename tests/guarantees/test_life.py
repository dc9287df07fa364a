"""The whole life of an order and its guarantee, in any order in which it may come.

What must hold stands in tests/guarantees/owner.py and is looked at after every step. `PROPERTY_EXAMPLES=500` lives
more lives, other ones each time.
"""

import io
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from app import clock, ledger, sealing
from app.applications import secrets as applications
from app.applications.models import ApplicationState, Kind
from app.db import db
from app.funds import watch
from app.guarantees import expiring
from app.guarantees import secrets as guarantees
from app.ledger import Account
from app.orders.models import OrderState
from app.projects.models import LotState
from app.protocol.calls import B5, B6, B7, B9
from app.runtime.models import ACTIVE, Instance
from tests.applications.desk import words
from tests.applications.test_claim import PAYEE
from tests.applications.test_refund import WHY
from tests.guarantees.owner import Owner
from tests.orders.scene import BOND, PREMIUM, Scene
from tests.support.installation import Installation

MORE = int(os.environ.get("PROPERTY_EXAMPLES", "0"))
S, L = OrderState, LotState
CALLS = {Kind.EXTENSION: B5, Kind.REFUND: B6, Kind.CANCELLATION: B7, Kind.CLAIM: B9}
NO = {"result": "REJECTED", "reject_code": "N99", "reason": "不符合约定"}
RETURNED = {"result": "NEED_DOCS", "reason": "请补充材料"}
SPANS = ({"minutes": 31}, {"hours": 9}, {"days": 2}, {"days": 11})
begin: list[Callable[[], Scene]] = []
"""How a machine gets its stage; one function while the test runs."""


class Life(RuleBasedStateMachine):
    owner: Owner

    @property
    def scene(self) -> Scene:
        return self.owner.scene

    @initialize(bought=st.sampled_from([False, True, True, True]), opened=st.booleans())
    def born(self, bought: bool, opened: bool) -> None:
        """Most lives begin with a guarantee, half of these after opening."""
        self.owner = Owner(begin[0]())
        if bought:
            self.scene.passes(self.owner.no)
            self.scene.paid(self.owner.no)
            self.scene.issues(self.owner.no)
            if opened:
                self.scene.wait(days=10, hours=2)
                self.scene.lot_event("OPENED")

    # the order

    @precondition(lambda self: self.owner.state == S.UNDERWRITING)
    @rule(passes=st.sampled_from([True, True, False]))
    def underwritten(self, passes: bool) -> None:
        if passes:
            self.scene.passes(self.owner.no)
        else:
            self.scene.rejects(self.owner.no)

    @precondition(lambda self: self._accepted and self._watched and len(self.owner.payments) < 3)
    @rule(amount=st.sampled_from([PREMIUM, PREMIUM, PREMIUM, PREMIUM - 1]))
    def paid(self, amount: int) -> None:
        """In time, late, twice, too little: money comes when it comes."""
        self.scene.paid(self.owner.no, amount)

    @precondition(lambda self: self.owner.payments)
    @rule()
    def told_again(self) -> None:
        before = self.scene.ledger(self.owner.no)
        self.owner.told_again()
        assert self.scene.ledger(self.owner.no) == before

    @precondition(lambda self: self._accepted and self.owner.payments and self._open and self.owner.guarantee is None)
    @rule(issues=st.sampled_from([True, True, False]))
    def issued(self, issues: bool) -> None:
        if issues:
            self.scene.issues(self.owner.no)
        elif self.owner.state == S.ISSUING:
            self.scene.refuses_issue(self.owner.no)

    @precondition(lambda self: self.owner.state in (S.UNDERWRITING, S.AWAITING_PAYMENT))
    @rule()
    def abandoned(self) -> None:
        self.scene.abandon(self.owner.no)

    @precondition(lambda self: self._repayable)
    @rule(done=st.sampled_from(["DONE", "DONE", "FAILED"]))
    def repaid(self, done: str) -> None:
        self.scene.repays(self.owner.no, self._repayable[0], result=done)

    # the lot

    @precondition(lambda self: self._open)
    @rule(kind=st.sampled_from(["TERMINATED", "FAILED", "SUSPENDED", "OPENED"]))
    def lot_event(self, kind: str) -> None:
        lot = self.owner.lot
        if kind == "OPENED" and lot.opening_at > clock.now():
            self.scene.wait(seconds=(lot.opening_at - clock.now()).total_seconds() + 60)
        self.scene.lot_event(kind)

    @precondition(lambda self: self.owner.lot.state == L.SUSPENDED)
    @rule()
    def resumed(self) -> None:
        self.scene.lot_event("RESUMED")

    @precondition(lambda self: self._open and self.owner.lot.bid_deadline > clock.now())
    @rule(days=st.sampled_from([12, 25]))
    def lot_changed(self, days: int) -> None:
        self.owner.changed(days)

    # time

    @rule(span=st.sampled_from(SPANS))
    def time_passes(self, span: dict[str, int]) -> None:
        self.scene.wait(**span)

    @rule()
    def a_night_passes(self) -> None:
        for name in (expiring.ROUND, watch.ROUND):
            with self.scene.app.app_context():
                self.scene.app.extensions["handlers"][name]({}, key=f"{name}:tonight")
        self.scene.work()

    @precondition(lambda self: self.owner.guarantee is not None)
    @rule()
    def validity_ends(self) -> None:
        with self.scene.app.app_context():
            left = guarantees.content(self.owner.guarantee).ends - clock.now()
        if left.days < 40:
            self.scene.wait(seconds=max(left.total_seconds(), 0) + 60)

    # applications

    @precondition(lambda self: self.owner.guarantee is not None)
    @rule(kind=st.sampled_from([Kind.EXTENSION, Kind.REFUND, Kind.REFUND, Kind.CANCELLATION]))
    def bidder_applies(self, kind: Kind) -> None:
        """What the table says is open is taken in, and what it says is closed is refused with its reason."""
        verdict = self.owner.verdict(kind)
        answer = self.owner.desk.apply(self.owner.guarantee.no, kind.value, **self._said(kind))
        if verdict.open:
            assert answer.status_code == 302, words(answer)
        else:
            assert answer.status_code == 409
            assert verdict.why in words(answer)

    @precondition(lambda self: self.owner.guarantee is not None and self.owner.lot.opened_at is not None)
    @rule(amount=st.sampled_from(["full", "part", "more"]))
    def tenderer_claims(self, amount: str) -> None:
        tenderer, guarantee = self.owner.tenderer, self.owner.guarantee.no
        balance = BOND - self.owner.claimed
        fen = {"full": balance, "part": 10_000_000, "more": balance + 1}[amount]
        verdict = self.owner.verdict(Kind.CLAIM)
        answer = tenderer.fills_in(guarantee, amount=f"{fen // 100}.{fen % 100:02d}")
        if not verdict.open:
            assert answer.status_code == 409
            assert verdict.why in words(answer)
            return
        assert answer.status_code == 302, words(answer)
        sent = tenderer.client.post(answer.location)
        self.scene.work()
        assert sent.status_code == (302 if 0 < fen <= balance else 409), words(sent)

    @precondition(lambda self: self._pending)
    @rule(
        result=st.sampled_from(["APPROVED", "APPROVED", "REJECTED", "NEED_DOCS"]),
        by_call=st.booleans(),
        part=st.booleans(),
    )
    def institution_decides(self, result: str, by_call: bool, part: bool) -> None:
        application = self.owner.open_application()
        kind, no = Kind(application.kind), application.no
        if result == "NEED_DOCS" and kind in (Kind.EXTENSION, Kind.REFUND):
            result = "REJECTED"
        told: dict[str, Any] = {"REJECTED": NO, "NEED_DOCS": RETURNED}.get(result, {"result": result})
        amount = 0
        if result == "APPROVED" and kind == Kind.REFUND:
            amount = PREMIUM // 2 if part else PREMIUM
            told = told | {"amount": amount, "repay_txn_no": f"TK-{no}", "repaid_at": self._moment(by_call)}
        if result == "APPROVED" and kind == Kind.CLAIM:
            told = told | {"approved_amount": 5_000_000 if part else self._claimed(no)}
        self._says(kind, no, told, by_call)
        if amount and self.owner.applications()[-1].state == ApplicationState.APPROVED:
            self.owner.returned += amount

    @precondition(lambda self: self._in(ApplicationState.PAYING))
    @rule(by_call=st.booleans())
    def claim_is_paid(self, by_call: bool) -> None:
        no = self.owner.open_application().no
        owed = self.scene.ledger(self.owner.no)["owed"]
        paper = self.scene.papers["BANK01:unsigned"]
        voucher = self.scene.file(paper) if by_call else (io.BytesIO(paper), "付款凭证.pdf")
        told = {"result": "PAID", "paid_at": self._moment(by_call), "voucher": voucher}
        self._says(Kind.CLAIM, no, told, by_call)
        self.owner.claimed += owed

    @precondition(lambda self: self._in(ApplicationState.CORRECTING))
    @rule()
    def corrected(self) -> None:
        no = self.owner.open_application().no
        (task,) = [one for one in self.scene.tasks_of(no) if one.role in ("bidder", "tenderer")]
        client = self.owner.tenderer.client if task.role == "tenderer" else self.scene.client()
        said = (PAYEE if task.role == "tenderer" else {}) | {"evidence": (self.owner.tenderer.paper(), "补充材料.pdf")}
        answer = client.post(f"/applications/{no}/tasks/{task.id}", data=said)
        self.scene.work()
        assert answer.status_code == 302, words(answer)

    # always

    @invariant()
    def what_must_hold(self) -> None:
        if hasattr(self, "owner"):
            self.owner.check()

    def teardown(self) -> None:
        """From their histories all cases go the same way again."""
        if hasattr(self, "owner"):
            for instance in self.scene.rows(select(Instance)):
                self.scene.replayed(instance)

    # what the rules need to know

    @property
    def _open(self) -> bool:
        return self.owner.lot.state == L.OPEN and self.owner.lot.opened_at is None

    @property
    def _accepted(self) -> bool:
        verdict = self.scene.counter.order(self.owner.no).verdict
        return verdict is not None and verdict["result"] == "PASS"

    @property
    def _watched(self) -> bool:
        """Somebody still looks after the order: money that comes later is an incident and the night's difference."""
        cases = self.scene.rows(select(Instance).where(Instance.policy == "order", Instance.key == self.owner.no))
        return any(one.status == ACTIVE for one in cases)

    @property
    def _repayable(self) -> list[str]:
        """Payments the institution was asked to give back, and still owes as we see it."""
        with self.scene.app.app_context():
            places = ledger.places(self.owner.no)
        asked = dict.fromkeys(self.owner.asked_back)
        return [txn for txn in asked if places.get(txn) is Account.REPAYING]

    @property
    def _pending(self) -> bool:
        return self._in(ApplicationState.PENDING)

    def _in(self, state: ApplicationState) -> bool:
        application = self.owner.open_application()
        return application is not None and application.state == state

    def _said(self, kind: Kind) -> dict[str, Any]:
        if kind == Kind.REFUND:
            return WHY
        if kind == Kind.CANCELLATION:
            return {"evidence": (self.owner.tenderer.paper(), "中标公示.pdf")}
        day = clock.local(self.owner.lot.bid_deadline + clock.days(200)).date()
        return {"reason_code": "E01", "valid_to": day.isoformat()}

    def _claimed(self, no: str) -> int:
        with self.scene.app.app_context():
            said: int = applications.content(applications.find(no)).said["amount"]
        return said

    def _moment(self, by_call: bool) -> Any:
        now = clock.now().replace(microsecond=0)
        return now if by_call else f"{clock.local(now):%Y-%m-%dT%H:%M}"

    def _says(self, kind: Kind, no: str, told: dict[str, Any], by_call: bool) -> None:
        """On the desk or by its call; money is yuan there and fen here."""
        if by_call:
            body = {f"{kind.value}_no": no, "guarantee_no": self.owner.guarantee.no, **told}
            assert self.owner.desk.tells(CALLS[kind], body).code == 0
            return
        yuan = {name: f"{told[name] / 100:.2f}" for name in ("amount", "approved_amount") if name in told}
        answer = self.owner.desk.decide(no, **told | yuan)
        assert answer.status_code == 303, words(answer)


@pytest.fixture
def lives(stage: Scene, installation: Installation) -> Any:
    """A stage on which nothing has happened, as often as it is asked for: the database is put back as a file."""
    kept, file = installation.folder / "staged.db", installation.folder / "trial.db"
    _rest(stage.app)
    shutil.copyfile(file, kept)
    keys = dict(stage.counter.keys)

    def again() -> Scene:
        _rest(stage.app)
        for ending in ("-wal", "-shm"):
            Path(f"{file}{ending}").unlink(missing_ok=True)
        shutil.copyfile(kept, file)
        sealing.init(stage.app)
        stage.counter.reset(keys)
        clock.shift(stage.began)
        return stage

    begin.append(again)
    yield
    begin.pop()


def _rest(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.engine.dispose()


def test_whatever_happens_the_money_and_the_states_are_right(lives: None) -> None:
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=MORE or 12,
            stateful_step_count=25 if MORE else 15,
            derandomize=not MORE,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            phases=(Phase.explicit, Phase.generate),
        ),
    )
