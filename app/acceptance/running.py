"""A run from its beginning to its report: durable, one at a time for an institution, begun again after a crash."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog
from flask import current_app
from sqlalchemy import delete, select, update

from app import clock, institutions, outside
from app.acceptance import hearing
from app.acceptance.checks import Check, Failed, NotApplicable, Outcome
from app.acceptance.models import Callback, Cause, Found, Run, RunState
from app.acceptance.play import Pace, Play
from app.acceptance.script import SCRIPT
from app.acceptance.wire import Wire
from app.audit import Actor
from app.db import db, insert_new, retrying, transaction
from app.errors import AppError, NotFound, Unavailable
from app.institutions import keys
from app.institutions.own_key import platform_key
from app.jobs import lease
from app.protocol import trial
from app.protocol.signing import Algorithm
from app.states import move

log = structlog.get_logger("acceptance")
DEAD = timedelta(minutes=5)  # a run nobody has touched for so long has lost its worker
SILENCES = 3  # calls in a row without an answer: the rest is not asked
ENDED = (RunState.PASSED, RunState.FAILED, RunState.BROKEN)


class Superseded(AppError):
    """Another worker has begun this run again: what this one does no longer counts."""

    code = "superseded"


def run(institution: str, *, key: str, cause: Cause, by: Actor, job: str = "") -> Run:
    """Make the run that `key` asks for, or give the report it has; holding no transaction.

    Raises Unavailable while another run of the institution is open. `job` names the job row to keep leased.
    """
    begun = retrying(lambda: _begin(institution, key=key, cause=cause, by=by))
    if begun.state != RunState.RUNNING:
        return begun
    if not begun.total:
        _end(begun, RunState.BROKEN, by)
        return _of(begun.id)
    log.info("acceptance begins", run=begun.no, institution=institution, round=begun.round)
    try:
        play = _play(begun)
    except NotFound as missing:
        _record(begun, 0, SCRIPT[0], Outcome.FAILED, missing.message, 0, [])
        _skip(begun, SCRIPT[1:], 1, "没有测试密钥")
    else:
        play.beat = _Beat(job, key) if job else play.beat
        _perform(begun, play)
    _end(begun, RunState.FAILED if _counts(begun).get(Outcome.FAILED) else RunState.PASSED, by)
    return _of(begun.id)


def latest(institution: str) -> Run | None:
    return db.session.scalar(select(Run).where(Run.institution == institution).order_by(Run.id.desc()).limit(1))


def open_run(institution: str) -> Run | None:
    return db.session.scalar(select(Run).where(Run.open_for == institution))


def _begin(institution: str, *, key: str, cause: Cause, by: Actor) -> Run:
    """The run of this key: new, known, or taken over from a worker that died."""
    row = institutions.get(institution)
    code, endpoint = row.code, row.endpoint_url
    if cause == Cause.ACCEPTANCE:
        endpoint = row.endpoint_wanted or endpoint
    now = clock.now()
    with transaction():
        found = db.session.scalar(select(Run).where(Run.key == key).with_for_update())
        if found is not None:
            if found.state == RunState.RUNNING:
                _take_over(found)
            return found
        rival = db.session.scalar(select(Run).where(Run.open_for == code).with_for_update())
        if rival is not None:
            if rival.beat_at > now - DEAD:
                raise Unavailable("该机构的接口验收正在进行", run=rival.no)
            _break_off(rival, by)
        values = {
            "no": _number(),
            "key": key,
            "institution": code,
            "cause": str(cause),
            "by": by.label,
            "endpoint": endpoint,
            "state": str(RunState.RUNNING),
            "round": 1,
            "open_for": code,
            "beat_at": now,
            "started_at": now,
            "total": len(SCRIPT) if endpoint else 0,
            "passed": 0,
            "failed": 0,
            "unreached": 0,
        }
        if not insert_new(Run, **values):
            raise Unavailable("该机构的接口验收正在进行")
        return db.session.scalars(select(Run).where(Run.key == key)).one()


def _number() -> str:
    """By lot, not from the sequence: after a restore that would give numbers institutions have seen before."""
    return f"YS{clock.today():%Y%m%d}{secrets.randbelow(10**8):08d}"


def _take_over(found: Run) -> None:
    """Whoever holds the job holds the run: the worker that had it before finds itself superseded."""
    for table in (Callback, Found):
        db.session.execute(delete(table).where(table.run_id == found.id))
    found.round, found.beat_at = found.round + 1, clock.now()
    db.session.expire(found, ["checks"])


def _break_off(rival: Run, by: Actor) -> None:
    move(rival, RunState.BROKEN, by=by)
    rival.open_for, rival.ended_at = None, clock.now()
    db.session.execute(delete(Callback).where(Callback.run_id == rival.id))
    db.session.flush()


def _play(begun: Run) -> Play:
    institution = institutions.get(begun.institution)
    own = keys.current(institution.app_id, env=trial.ENV)
    believed = keys.valid(institution.app_id, env=trial.ENV)
    pair = any(key.algorithm is Algorithm.SM2_SM3 for key in believed)
    pace = pace_of()
    run_id, round = begun.id, begun.round
    return Play(
        prefix=begun.prefix,
        wire=Wire(begun.endpoint, institution.app_id, own, believed, outside.reach(), patience=pace.patience),
        pace=pace,
        listen=lambda: hearing.heard(run_id, round),
        certificate=institution.signer_certificate,
        platform=platform_key() if pair else None,
    )


def pace_of() -> Pace:
    said = current_app.config
    return Pace(
        answer=float(said["ACCEPTANCE_ANSWER"]),
        patience=float(said["ACCEPTANCE_PATIENCE"]),
        callback=float(said["ACCEPTANCE_CALLBACK"]),
    )


@dataclass
class _Beat:
    """Keeps the job's lease while the run is alive; not more often than needed."""

    job: str
    key: str
    last: float = 0.0

    def __call__(self) -> None:
        if time.monotonic() - self.last > float(current_app.config["LEASE_SECONDS"]) / 6:
            lease.prolong(self.job, self.key)
            self.last = time.monotonic()


def _perform(begun: Run, play: Play) -> None:
    outcomes: dict[str, Outcome] = {}
    for position, check in enumerate(SCRIPT):
        play.beat()
        db.session.rollback()
        if time.monotonic() > play.over:
            _skip(begun, SCRIPT[position:], position, "已到验收总时限")
            return
        if play.silences >= SILENCES:
            _skip(begun, SCRIPT[position:], position, f"接口连续{SILENCES}次没有应答")
            return
        missing = [need for need in check.needs if outcomes.get(need) is not Outcome.PASSED]
        if missing:
            outcomes[check.no] = Outcome.UNREACHED
            _record(begun, position, check, Outcome.UNREACHED, f"{'、'.join(missing)}未通过", 0, [])
            continue
        outcomes[check.no] = _one(begun, position, check, play)


def _one(begun: Run, position: int, check: Check, play: Play) -> Outcome:
    play.proof = []
    began = time.monotonic()
    outcome, text = Outcome.PASSED, ""
    try:
        check.act(play)
    except Failed as failed:
        outcome, text = Outcome.FAILED, str(failed)
    except NotApplicable as why:
        outcome, text = Outcome.NOT_APPLICABLE, str(why)
    ms = round((time.monotonic() - began) * 1000)
    _record(begun, position, check, outcome, text, ms, play.proof if outcome is Outcome.FAILED else [])
    return outcome


def _record(
    begun: Run, position: int, check: Check, outcome: Outcome, text: str, ms: int, proof: Sequence[object]
) -> None:
    def edge() -> None:
        with transaction():
            _hold(begun)
            _write(begun, position, check, outcome, text, ms, proof)

    retrying(edge)


def _skip(begun: Run, rest: Sequence[Check], position: int, why: str) -> None:
    def edge() -> None:
        with transaction():
            _hold(begun)
            for number, check in enumerate(rest, position):
                _write(begun, number, check, Outcome.UNREACHED, why, 0, [])

    retrying(edge)


def _hold(begun: Run) -> None:
    """This worker's round is still the run's round, and stays it until the transaction ends."""
    held = db.session.execute(
        update(Run)
        .where(Run.id == begun.id, Run.round == begun.round, Run.state == RunState.RUNNING)
        .values(beat_at=clock.now())
        .returning(Run.id)
        .execution_options(synchronize_session=False)
    ).first()
    if held is None:
        raise Superseded("该次接口验收已由另一进程接手")


def _write(
    begun: Run, position: int, check: Check, outcome: Outcome, text: str, ms: int, proof: Sequence[object]
) -> None:
    db.session.add(
        Found(
            run_id=begun.id, position=position, no=check.no, chapter=check.chapter, title=check.title,
            expects=check.expects, outcome=str(outcome), text=text, ms=ms, evidence=list(proof) or None,
        )
    )  # fmt: skip


def _end(begun: Run, state: RunState, by: Actor) -> None:
    def edge() -> None:
        counts = _counts(begun)
        with transaction():
            _hold(begun)
            row = db.session.scalars(select(Run).where(Run.id == begun.id).with_for_update()).one()
            move(row, state, by=by)
            row.open_for, row.ended_at = None, clock.now()
            row.passed, row.failed = counts.get(Outcome.PASSED, 0), counts.get(Outcome.FAILED, 0)
            row.unreached = counts.get(Outcome.UNREACHED, 0)
            db.session.execute(delete(Callback).where(Callback.run_id == begun.id))

    retrying(edge)


def _counts(begun: Run) -> dict[str, int]:
    rows = db.session.execute(
        select(Found.outcome, db.func.count()).where(Found.run_id == begun.id).group_by(Found.outcome)
    )
    return {row[0]: row[1] for row in rows}


def _of(run_id: int) -> Run:
    db.session.rollback()
    return db.session.get_one(Run, run_id, populate_existing=True)
