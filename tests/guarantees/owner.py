"""One order and its guarantee as a test lives with them, and what must hold of them at every moment."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import clock
from app.applications import allowed
from app.applications.models import OPEN, PENDING_AS, Application, Kind
from app.funds import checking
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee, GuaranteeState
from app.orders.models import Order, OrderState
from app.projects.models import Lot
from app.protocol.calls import A15, B2
from app.runtime.conditions import Verdict
from tests.applications.desk import Desk
from tests.applications.test_claim import LUGU, Beneficiary
from tests.orders.scene import BOND, LOT, PREMIUM, XIANGJIAN, Scene

S, G = OrderState, GuaranteeState


class Owner:
    """`returned`, `claimed`: fen the institution gave back with the guarantee, and paid under it."""

    def __init__(self, scene: Scene):
        self.scene, self.desk = scene, Desk(scene)
        self.tenderer = Beneficiary(scene, "tenderer", LUGU)
        self.version = 1
        scene.lot()
        self.no = scene.apply()
        self.returned = self.claimed = 0

    # what is there

    @property
    def state(self) -> OrderState:
        return S(self.scene.order(self.no).state)  # type: ignore[call-arg]

    @property
    def lot(self) -> Lot:
        return self.scene.rows(select(Lot).where(Lot.no == LOT))[0]

    @property
    def guarantee(self) -> Guarantee | None:
        return self.scene.guarantee(self.no)

    @property
    def payments(self) -> list[dict[str, Any]]:
        """As the institution has them."""
        return self.scene.counter.order(self.no).payments

    @property
    def repaid(self) -> set[str]:
        told = self.scene.counter.order(self.no).repayments
        return {one["pay_txn_no"] for one in told if one["result"] == "DONE"}

    @property
    def asked_back(self) -> list[str]:
        return [one["pay_txn_no"] for one in self.scene.asked(self.no, A15)]

    def open_application(self) -> Application | None:
        found = self.applications()
        return next((one for one in found if one.state in OPEN), None)

    def applications(self) -> list[Application]:
        guarantee = self.guarantee
        if guarantee is None:
            return []
        return self.scene.rows(select(Application).where(Application.guarantee_no == guarantee.no))

    def verdict(self, kind: Kind) -> Verdict:
        guarantee = self.guarantee
        assert guarantee is not None
        with self.scene.app.test_request_context("/"):
            return allowed.verdict(guarantee.no, kind)

    def told_again(self) -> None:
        """The institution tells its last payment once more."""
        self.scene.say(B2, self.no, self.payments[-1])

    def changed(self, days: int) -> None:
        self.version += 1
        later = clock.now().replace(microsecond=0) + timedelta(days=days)
        self.scene.lot(version=self.version, bid_deadline=later)
        self.scene.work()

    # what must hold

    def check(self) -> None:
        self._the_books_are_whole()
        self._the_institution_has_what_we_say()
        self._states_followed_each_other(self.no, S, Order.MOVES, S.UNDERWRITING)
        if (guarantee := self.guarantee) is not None:
            self._states_followed_each_other(guarantee.no, G, Guarantee.MOVES, G.IN_FORCE)
            self._the_balance_is_right(guarantee)
            self._one_application_is_open(guarantee)
        self._nothing_is_told_before_opening(guarantee)

    def _the_books_are_whole(self) -> None:
        with self.scene.app.app_context():
            report = checking.check()
        assert (report.total, report.faults) == (0, {})

    def _the_institution_has_what_we_say(self) -> None:
        """Both sides' books: what is with the institution, what it gave back, once each, what it paid out."""
        ledger = self.scene.ledger(self.no)
        paid = {one["pay_txn_no"]: one["amount"] for one in self.payments}
        kept = sum(amount for txn, amount in paid.items() if txn not in self.repaid) - self.returned
        if "payment" not in self.scene.undelivered(self.no):  # while a repayment is dealt with, other money waits
            assert -ledger.get("bidder", 0) == kept
        assert ledger.get("claimed", 0) == self.claimed
        assert self.repaid <= set(self.asked_back)
        for_guarantee = ledger.get("earned", 0) + ledger.get("returning", 0)
        assert for_guarantee in (0, PREMIUM) or (self.returned and for_guarantee == PREMIUM - self.returned)
        assert not for_guarantee or self.state == S.ISSUED

    def _states_followed_each_other(self, no: str, states: Any, moves: Any, first: Any) -> None:
        at = first
        for line in self.scene.audit(no):
            if " → " in line:
                before, after = (one for one in line.split(" → "))
                assert before == at.label
                (at,) = [state for state in moves.get(at, ()) if state.label == after]

    def _the_balance_is_right(self, guarantee: Guarantee) -> None:
        with self.scene.app.app_context():
            content = guarantees.content(guarantee)
        assert content.amount == BOND
        assert content.balance == BOND - self.claimed >= 0
        if content.balance == 0:
            assert guarantee.state == G.LAPSED

    def _one_application_is_open(self, guarantee: Guarantee) -> None:
        found = [one for one in self.applications() if one.state in OPEN]
        assert len(found) <= 1
        pending = PENDING_AS.get(Kind(found[0].kind)) if found else None  # type: ignore[call-arg]
        if pending is not None:
            assert guarantee.state == pending
        else:
            assert guarantee.state not in PENDING_AS.values()

    def _nothing_is_told_before_opening(self, guarantee: Guarantee | None) -> None:
        """The tenderer's pages."""
        if self.lot.opened_at is not None:
            return
        paths = ["/guarantees/lots/", f"/guarantees/lots/{LOT}", "/applications/", "/notices/", "/work/"]
        if guarantee is not None:
            paths += [f"/guarantees/{guarantee.no}", f"/guarantees/{guarantee.no}/apply/claim"]
        for path in paths:
            answer = self.tenderer.client.get(path)
            shown = answer.text.replace(path, "")  # a page may name the address that was asked for
            assert answer.status_code == 404 or guarantee is None or guarantee.no not in path, path
            assert XIANGJIAN["name"] not in shown, path
            assert self.no not in shown, path
