"""代办: who stands in for whom, from when to when."""

from datetime import datetime

from sqlalchemy import or_, select

from app import audit, clock
from app.accounts import staff
from app.accounts.models import Account, Substitution
from app.accounts.roles import Role
from app.accounts.user import User
from app.audit import SYSTEM
from app.db import db
from app.errors import BadInput, Conflict, NotFound
from app.jobs import queue

BEGINS = "accounts/substitution"


def appoint(account_id: int, *, substitute: int, start: datetime, end: datetime, by: User) -> Substitution:
    """Have a colleague stand in for somebody. What the absent one has claimed goes back to the queue at the start."""
    absent = staff.locked(account_id, by)
    colleague = db.session.get(Account, substitute)
    if colleague is None or colleague not in possible(absent, by):
        raise BadInput(fields={"substitute": "请选择可以代办的同事"})
    if end <= start or end <= clock.now():
        raise BadInput(fields={"end": "结束时间应晚于开始时间和当前时间"})
    if any(start < one.to_at and one.from_at < end for one in of(absent.id) if one.absent_id == absent.id):
        raise Conflict("这段时间已安排代办，请先结束原来的安排")
    row = Substitution(absent_id=absent.id, substitute_id=colleague.id, from_at=start, to_at=end)
    db.session.add(row)
    db.session.flush()
    queue.post(BEGINS, {"substitution": row.id}, key=f"substitution-{row.id}", run_at=max(start, clock.now()))
    words = f"安排代办：{colleague.name}，{clock.shown(start)} 至 {clock.shown(end)}"
    audit.record(f"account-{absent.id}", words, by=by.actor, substitute=colleague.id)
    return row


def recall(substitution_id: int, *, by: User) -> Substitution:
    """End it before its time."""
    row = db.session.get(Substitution, substitution_id)
    if row is None:
        raise NotFound("没有这项代办安排")
    staff.locked(row.absent_id, by)
    if row.ended_at is not None or row.to_at <= clock.now():
        raise Conflict("这项代办安排已结束")
    row.ended_at = clock.now()
    audit.record(f"account-{row.absent_id}", "结束代办", by=by.actor, substitute=row.substitute_id)
    return row


def begun(substitution_id: int) -> None:
    """Its time has come: what the absent one has claimed is free for the substitute."""
    row = db.session.get(Substitution, substitution_id)
    if row is not None and row.now:
        staff.give_back(staff.get(row.absent_id))
        audit.record(f"account-{row.absent_id}", "代办开始", by=SYSTEM, substitute=row.substitute_id)


def of(account_id: int) -> list[Substitution]:
    """Those of this person that are on or to come, whichever side they stand on."""
    query = select(Substitution).where(
        or_(Substitution.absent_id == account_id, Substitution.substitute_id == account_id),
        Substitution.ended_at.is_(None),
        Substitution.to_at > clock.now(),
    )
    return list(db.session.scalars(query.order_by(Substitution.from_at)))


def possible(absent: Account, by: User) -> list[Account]:
    """Who may stand in: a colleague of the same house who works, no auditor, and not whoever arranges it."""
    if Role.AUDITOR.value in absent.roles:
        return []
    return [
        one
        for one in staff.people(absent.institution)
        if one.id not in (absent.id, by.id) and staff.works(one) and Role.AUDITOR.value not in one.roles
    ]
