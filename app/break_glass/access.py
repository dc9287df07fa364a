"""Early access: what may ever be true of it, whatever the diagram says, and what it lets one read.

Two persons, never one in two roles; a limited time; one lot; one reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from app import institutions, projects
from app.accounts.user import User
from app.audit import SYSTEM, record
from app.break_glass.models import AccessState, EarlyAccess
from app.db import db
from app.errors import Conflict, Forbidden, NotFound
from app.guarantees import secrets as guarantees
from app.orders import secrets as orders
from app.orders.models import OrderState
from app.projects.models import Lot
from app.runtime.operations import OpContext
from app.runtime.timers import span
from app.states import move

S = AccessState
LONGEST = timedelta(hours=72)


@dataclass(frozen=True)
class Bid:
    """One line of what is read; personal data of handlers is no part of it."""

    order_no: str
    bidder: str
    uscc: str
    institution: str
    state: OrderState
    guarantee_no: str


def find(no: str) -> EarlyAccess:
    return _read(no)


def lot_of(access: EarlyAccess) -> Lot:
    return projects.get(access.sealed["lot_no"])


def open_access(context: OpContext) -> None:
    """Make the row from what was asked for; a case that the system began has no requester."""
    said = context.secret
    if context.by == SYSTEM or context.by.sealed:
        raise Forbidden("紧急启封只能由工作人员申请")
    access = EarlyAccess(
        no=context.key,
        state_since=context.now,
        requester=context.by.ref,
        requester_label=context.by.label,
        sealed={name: said[name] for name in ("lot_no", "document_no", "reason")},
        created_at=context.now,
    )
    db.session.add(access)
    db.session.flush()
    record(access.no, "申请紧急启封", by=context.by)


def grant(context: OpContext, access_for: str) -> None:
    """Let the requester read for so long (ISO 8601). Raises Forbidden unless a second person decides."""
    access = _read(context.key, lock=True)
    _second_person(access, context)
    until = span(access_for).after(context.now)
    if until > context.now + LONGEST:
        raise Conflict("查阅时限不得超过 72 小时")
    access.until = until
    _decided(access, S.GRANTED, context)
    record(access.no, "批准紧急启封", by=context.by, until=until.isoformat())


def refuse(context: OpContext) -> None:
    access = _read(context.key, lock=True)
    _second_person(access, context)
    _decided(access, S.REFUSED, context)


def lapse(context: OpContext) -> None:
    _to(_read(context.key, lock=True), S.LAPSED, context)


def withdraw(context: OpContext) -> None:
    _to(_read(context.key, lock=True), S.WITHDRAWN, context)


def close(context: OpContext) -> None:
    """The reading is over, before its time if somebody ended it."""
    access = _read(context.key, lock=True)
    access.until = min(access.until, context.now)
    _to(access, S.OVER, context)


def read(no: str, *, by: User) -> list[Bid]:
    """Who bids for the lot; the look is audited in the caller's transaction. Raises Forbidden."""
    access = _read(no, lock=True)
    if access.requester != by.ref:
        raise Forbidden("只有申请人本人可以查阅")
    if not access.open:
        raise Forbidden("查阅时限已过，或者尚未获得批准")
    record(no, "查阅标段投标人名单", by=by.actor)
    return [_bid(order) for order in orders.of_lot(access.sealed["lot_no"])]


def _bid(order: Any) -> Bid:
    content = orders.content(order)
    issued = guarantees.of_order(order.no)
    return Bid(
        order_no=order.no,
        bidder=content.bidder_name,
        uscc=content.bidder_uscc,
        institution=institutions.get(order.institution).name,
        state=OrderState(order.state),  # type: ignore[call-arg]
        guarantee_no=issued.no if issued is not None else "",
    )


def _second_person(access: EarlyAccess, context: OpContext) -> None:
    if context.by == SYSTEM or context.by.sealed or context.by.ref == access.requester:
        raise Forbidden("申请人不能审批自己的申请，请由另一人审批")


def _decided(access: EarlyAccess, state: AccessState, context: OpContext) -> None:
    said: Mapping[str, Any] = context.secret
    access.approver, access.approver_label = context.by.ref, context.by.label
    access.opinion = said.get("opinion", "")
    _to(access, state, context)


def _to(access: EarlyAccess, state: AccessState, context: OpContext) -> None:
    move(access, state, by=context.by)
    access.state_since = context.now


def _read(no: str, *, lock: bool = False) -> EarlyAccess:
    query: Any = select(EarlyAccess).where(EarlyAccess.no == no)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    access = db.session.scalar(query) if "\0" not in no else None
    if access is None:
        raise NotFound("没有这项紧急启封", no=no)
    return access
