"""Runs nobody applied for: every night for those online, and when an operator asks. One that fails is watched
(workflows/acceptance_watch): the diagram says whether an operator is to consider taking the institution offline.
"""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from app import clock, institutions, runtime
from app.acceptance import running
from app.acceptance.models import Cause, Found, Run, RunState
from app.audit import SYSTEM, Actor, record
from app.db import db, transaction
from app.errors import Conflict, NotFound
from app.institutions import Institution, InstitutionState
from app.jobs import queue
from app.jobs.models import Job
from app.regions import PROVINCE
from app.runtime.models import Instance

ROUND, RUN = "acceptance/nightly", "acceptance/patrol"
APART = timedelta(minutes=1)  # a night's runs follow each other, so that they do not take all workers
KEPT = timedelta(days=90)
WATCH = "acceptance_watch"


def nightly(payload: Mapping[str, Any], *, key: str) -> None:
    """The round's errand: one errand for each institution online; old reports without a fault go."""
    with transaction():
        _forget()
        prefix = f"patrol:{payload['date']}:"
        if db.session.scalar(select(Job.id).where(Job.name == RUN, Job.key.startswith(prefix)).limit(1)) is not None:
            return
        online = select(Institution.code).where(Institution.state == InstitutionState.ONLINE)
        for turn, code in enumerate(db.session.scalars(online.order_by(Institution.code)).all()):
            said = {"institution": code, "cause": str(Cause.NIGHTLY), "by": SYSTEM.label}
            queue.post(RUN, said, key=prefix + code, run_at=clock.now() + APART * turn)


def demand(code: str, *, by: Actor) -> None:
    """Have a run made now; the caller holds the transaction."""
    institution = institutions.find(code)
    if institution is None:
        raise NotFound("金融机构不存在", code=code)
    if not institution.endpoint_url:
        raise Conflict("该机构尚未登记接口地址，不能验收")
    if running.open_run(code) is not None:
        raise Conflict("该机构的接口验收正在进行")
    record(code, "发起接口验收", by=by)
    said = {"institution": code, "cause": str(Cause.DEMAND), "by": by.label}
    queue.post(RUN, said, key=f"demand:{code}:{secrets.token_hex(8)}")


def carry(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand of one run."""
    code, cause = payload["institution"], Cause(payload["cause"])  # type: ignore[call-arg]
    if cause is Cause.NIGHTLY and not institutions.get(code).online:
        return
    run = running.run(code, key=key, cause=cause, by=Actor("acceptance", payload["by"]), job=RUN)
    if run.state == RunState.FAILED:
        watch(run.no)


def watch(no: str) -> None:
    """Begin the case that looks after a failed run of an institution online; once."""
    with transaction():
        run = db.session.scalars(select(Run).where(Run.no == no)).one()
        known = db.session.scalar(select(Instance.id).where(Instance.policy == WATCH, Instance.key == no))
        if known is None and institutions.get(run.institution).online:
            runtime.start(WATCH, key=no, data={}, by=SYSTEM, region=PROVINCE, institution=run.institution)


def nights(run: Run) -> int:
    """How many runs in a row, this one the last, the institution has failed."""
    query = select(Run.state).where(
        Run.institution == run.institution, Run.id <= run.id, Run.state.in_((RunState.PASSED, RunState.FAILED))
    )
    count = 0
    for state in db.session.scalars(query.order_by(Run.id.desc()).limit(100)):
        if state != RunState.FAILED:
            break
        count += 1
    return count


def _forget() -> None:
    old = select(Run.id).where(
        Run.cause == Cause.NIGHTLY, Run.state == RunState.PASSED, Run.ended_at < clock.now() - KEPT
    )
    db.session.execute(delete(Found).where(Found.run_id.in_(old)), execution_options={"synchronize_session": False})
    db.session.execute(
        delete(Run).where(Run.cause == Cause.NIGHTLY, Run.state == RunState.PASSED, Run.ended_at < clock.now() - KEPT),
        execution_options={"synchronize_session": False},
    )
