"""Every morning: a case for each stay that is too long, and news for the cases whose money has moved on."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select

from app import clock, numbering, runtime
from app.audit import SYSTEM, record
from app.db import db, insert_new, transaction
from app.errors import NotFound
from app.funds import standing
from app.funds.models import CaseState, MoneyCase
from app.funds.standing import POLICY, Stay
from app.ledger import Parcel
from app.runtime import definitions, inbox
from app.runtime.operations import OpContext
from app.states import move

ROUND = "funds/watch"


def look(_payload: Mapping[str, Any], *, key: str) -> None:
    """The round's errand; done again, it does nothing new."""
    if not definitions.is_live(POLICY):
        return
    for stay in list(standing.late()):
        with transaction():
            _open_case(stay)
    for case in list(db.session.scalars(select(MoneyCase).where(MoneyCase.state == CaseState.OPEN))):
        if not stands(case):
            _tell_moved(case)
    db.session.rollback()


def _open_case(stay: Stay) -> None:
    if db.session.scalar(select(MoneyCase.id).filter_by(**stay.place)) is not None:
        return
    no = numbering.next_number("ZJ")
    if insert_new(MoneyCase, no=no, **stay.place, state=CaseState.OPEN, found_at=clock.now()):
        runtime.start(POLICY, key=no, data={}, by=SYSTEM, institution=stay.institution)


def _tell_moved(case: MoneyCase) -> None:
    with transaction():
        told = inbox.receive(POLICY, case.no, "moved", {}, request_id=f"moved:{case.no}", sender="funds", optional=True)
    inbox.deliver(told.id)


def find(no: str) -> MoneyCase:
    case = db.session.scalar(select(MoneyCase).where(MoneyCase.no == no))
    if case is None:
        raise NotFound("没有这项滞留资金", no=no)
    return case


def stands(case: MoneyCase) -> bool:
    """Whether the money is where it was."""
    query = select(Parcel.order_no).where(
        Parcel.order_no == case.order_no,
        Parcel.parcel == case.parcel,
        Parcel.account == case.account,
        Parcel.since == case.since,
    )
    return db.session.scalar(query) is not None


def where(context: OpContext) -> dict[str, bool]:
    return {"still": stands(find(context.key))}


def settle(context: OpContext, outcome: str, note: str = "") -> None:
    """How it ended: the money went on, or the operator knows why it stays."""
    query = select(MoneyCase).where(MoneyCase.no == context.key).with_for_update()
    case = db.session.scalars(query.execution_options(populate_existing=True)).one()
    move(case, CaseState(outcome), by=context.by)  # type: ignore[call-arg]
    case.note = note or case.note
    record(case.no, "滞留资金核查完毕", by=context.by, outcome=outcome)
