"""The switch that keeps outside calls waiting: set by a restore, taken back by `flask resume`.

Timers and messages go on while it is set: nothing they do leaves the house except as another job.
"""

from sqlalchemy import func, select

from app import clock
from app.audit import Actor, record
from app.db import after_commit, db
from app.jobs import queue
from app.jobs.models import ANSWERED, DUE, RUNNING, HouseFlag, Job

FLAG = "outside_calls_paused"


def pause(*, by: Actor) -> None:
    """Let no call leave the house; the caller holds the transaction."""
    _set("yes", by)
    record("house", "暂停对外调用", by=by)


def resume(*, by: Actor) -> None:
    """Let calls leave again; the caller holds the transaction."""
    _set("no", by)
    record("house", "恢复对外调用", by=by)
    after_commit(queue.nudge)


def waiting() -> dict[str, int]:
    """Calls and errands that will leave when resumed: name → rows."""
    rows = db.session.execute(
        select(Job.name, func.count().label("rows"))
        .where(Job.kind.not_in(queue.INNER), Job.state.in_((DUE, RUNNING, ANSWERED)))
        .group_by(Job.name)
        .order_by(Job.name)
    )
    return {row.name: row.rows for row in rows}


def _set(value: str, by: Actor) -> None:
    flag = db.session.get(HouseFlag, FLAG, with_for_update=True)
    if flag is None:
        flag = HouseFlag(name=FLAG)
        db.session.add(flag)
    flag.value, flag.set_at, flag.set_by = value, clock.now(), by.label
