"""Going through a lot's guarantees: a portion a run, each guarantee once, one that fails beside the others.

How far a walk came is kept in the transaction that did the portion, so that a kill leaves off where it was and nothing
is done twice. Its numbers are sealed: before opening nobody may know how many bid.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import structlog
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import Again, BigKey, UtcDateTime, db, insert_new, passes, savepoint, transaction
from app.errors import Unavailable
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee
from app.jobs import queue
from app.jobs.models import FAILED, Job
from app.orders import secrets as orders
from app.runtime.operations import OpContext
from app.sealing import Sealed
from app.statements import send

PORTION = 50
log = structlog.get_logger("walks")


class LotWalk(db.Model):  # type: ignore[name-defined]
    """One operation's way through the guarantees of a lot. `key` is the outside call's, `place` the event's case."""

    __tablename__ = "lot_walk"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    place: Mapped[str] = mapped_column(index=True)
    about: Mapped[str]  # what is done: a text's code, or an operation
    began_at: Mapped[Any] = mapped_column(UtcDateTime)
    ended_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)
    progress: Mapped[Any] = mapped_column(Sealed("lot_walk.progress"), nullable=True)  # {done, total, aside}


class Work(NamedTuple):
    """What is done with guarantees. `one` sets one aside that failed: it posts an errand and returns its key."""

    about: str
    some: Callable[[list[Guarantee]], None]
    one: Callable[[Guarantee], str]


class Progress(NamedTuple):
    """A walk as staff read it; the numbers only after opening. `failed` are incidents, to be tried again there."""

    about: str
    began_at: Any
    ended_at: Any
    done: int
    total: int
    failed: int


def go_on(context: OpContext, lot_no: str, work: Work) -> Any:
    """Do the next portion; queue.MORE until all are done."""
    try:
        return _portion(context, lot_no, work.about, work.some)
    except Exception as error:
        if _passing(error):
            raise
        db.session.rollback()
        log.warning("portion goes one by one", work=work.about, error=type(error).__name__)
    return _portion(context, lot_no, work.about, lambda found: _one_by_one(found, work))


def of_case(place: str) -> list[Progress]:
    walks = db.session.scalars(select(LotWalk).where(LotWalk.place == place).order_by(LotWalk.id))
    return [_told(walk) for walk in walks]


def _portion(context: OpContext, lot_no: str, about: str, act: Callable[[list[Guarantee]], Any]) -> Any:
    with transaction():
        walk = _locked(context, about)
        if walk.ended_at is not None:
            return None
        so_far = walk.progress or {"done": 0, "total": orders.how_many(lot_no), "aside": []}
        number, found = guarantees.portion(lot_no, so_far["done"] + 1, PORTION)
        aside = act(found) or []
        done = so_far["done"] + number
        walk.progress = {"done": done, "total": max(done, so_far["total"]), "aside": [*so_far["aside"], *aside]}
        if number < PORTION:
            walk.ended_at = clock.now()
            return None
    return queue.MORE


def _one_by_one(found: list[Guarantee], work: Work) -> list[str]:
    """Those that fail are set aside; returns the keys of their errands."""
    aside = []
    for guarantee in found:
        try:
            with savepoint():
                work.some([guarantee])
                send()
        except Exception as error:
            if _passing(error):
                raise
            aside.append(work.one(guarantee))
    return aside


def _locked(context: OpContext, about: str) -> LotWalk:
    insert_new(LotWalk, key=context.idempotency, place=context.key, about=about, began_at=clock.now())
    query = select(LotWalk).where(LotWalk.key == context.idempotency).with_for_update()
    return db.session.scalars(query.execution_options(populate_existing=True)).one()


def _passing(error: Exception) -> bool:
    """Whether the whole portion is to be tried again as it is."""
    return isinstance(error, (Again, Unavailable)) or (isinstance(error, DBAPIError) and passes(error))


def _told(walk: LotWalk) -> Progress:
    told = walk.progress or {"done": 0, "total": 0, "aside": []}
    failed = select(db.func.count(Job.id)).where(Job.state == FAILED, Job.key.in_(told["aside"]))
    return Progress(
        walk.about,
        walk.began_at,
        walk.ended_at,
        told["done"],
        told["total"],
        int(db.session.scalar(failed) or 0) if told["aside"] else 0,
    )
