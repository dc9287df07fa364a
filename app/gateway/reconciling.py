"""Reconciliation (对账): every night the day before is compared with each institution's books; every difference becomes
an operator's task."""

from collections.abc import Mapping
from datetime import date, time, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import UtcDateTime, db, insert_new, transaction
from app.errors import Unavailable
from app.gateway import books, differences, lines
from app.gateway.books import Difference
from app.jobs import queue, rounds
from app.protocol.calls import A13
from app.runtime.operations import Field, OpContext, Operation

ROUND, DAY = "gateway/reconcile", "gateway/reconcile_day"
AT = time(2, 30)
BACK = 7  # days: nights on which nothing ran are made up for
TRIES = 6  # over about an hour; then somebody is told


class ComparedDay(db.Model):  # type: ignore[name-defined]
    """A day of one institution that is, or is to be, compared."""

    __tablename__ = "compared_day"
    institution: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    tries: Mapped[int] = mapped_column(default=0)
    compared_at: Mapped[Any] = mapped_column(UtcDateTime, nullable=True)


def init(app: Flask) -> None:
    app.extensions["catalogue"].add(differences.SUBJECT, *OPERATIONS)
    app.extensions["handlers"].update({ROUND: begin, DAY: compare_day})
    rounds.daily(app, ROUND, at=AT)


def begin(payload: Mapping[str, Any], *, key: str) -> None:
    """The round's errand: one errand for every institution and day not compared yet; again, it posts nothing new."""
    today = date.fromisoformat(payload["date"])
    for day in (today - timedelta(days=back) for back in range(BACK, 0, -1)):
        for institution in books.institutions_of(day):
            with transaction():
                if insert_new(ComparedDay, institution=institution, day=day.isoformat(), tries=0):
                    said = {"institution": institution, "day": day.isoformat()}
                    queue.post(DAY, said, key=f"{institution}:{day}", attempts=TRIES + 2)


def compare_day(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand of one institution's day. Out of reach, it is tried again; in the end that is a difference too."""
    institution, day = payload["institution"], date.fromisoformat(payload["day"])
    try:
        found = differing(institution, day, request_id=f"A13-{key.replace(':', '-')}-{clock.now():%H%M%S%f}")
    except Unavailable:
        if _tried(institution, day) < TRIES:
            raise
        found = [Difference(books.UNREACHABLE)]
    except lines.CallRejected:
        found = [Difference(books.UNREACHABLE)]
    for difference in found:
        with transaction():
            differences.open_case(institution, day, difference)
    with transaction():
        row = db.session.get(ComparedDay, (institution, day.isoformat()), with_for_update=True)
        if row is not None:
            row.compared_at = clock.now()


def differing(institution: str, day: date, *, request_id: str) -> list[Difference]:
    """Ask for the day's books and compare; holds no transaction. Raises Unavailable and CallRejected."""
    answer = lines.ask(institution, A13, request_id=request_id, date=day.isoformat())
    if not answer.ok:
        raise lines.CallRejected(f"A13 被拒绝：{answer.code} {answer.reason}")
    if answer.data["date"] != day:
        raise lines.CallRejected(f"A13 应答的日期是 {answer.data['date']}")
    found = list(books.compared(books.ours(institution, day), books.theirs(answer.data["entries"])))
    db.session.rollback()
    return found


def compare_again(context: OpContext) -> dict[str, Any]:
    """Whether this difference is gone; books newly got may show others, which become cases of their own."""
    row = differences.find(context.key)
    institution, day = row.institution, date.fromisoformat(row.day)
    mine = (row.what, row.kind, row.order_no, row.reference)
    try:
        found = differing(institution, day, request_id=f"A13-{context.key}-{clock.now():%Y%m%d%H%M%S%f}")
    except (Unavailable, lines.CallRejected) as error:
        return {"agrees": False, "reached": False, "reason": error.message}
    for difference in found:
        with transaction():
            differences.open_case(institution, day, difference)
    place = mine[1:]
    still = any((one.kind, one.order_no, one.reference) == place for one in found) and mine[0] != books.UNREACHABLE
    return {"agrees": not still, "reached": True, "reason": ""}


def _tried(institution: str, day: date) -> int:
    with transaction():
        row = db.session.scalars(
            select(ComparedDay)
            .where(ComparedDay.institution == institution, ComparedDay.day == day.isoformat())
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()
        row.tries += 1
        return row.tries


OPERATIONS = (
    Operation(
        "gateway/compare_again",
        compare_again,
        title="再次与机构对账",
        results=(
            Field("agrees", "boolean", "是否已经一致"),
            Field("reached", "boolean", "是否取得机构账目"),
            Field("reason", "string", "未取得的原因", False),
        ),
        effects=("向机构查询当日账目",),
        simulate=lambda context: {"agrees": True, "reached": True, "reason": ""},
        outside=True,
    ),
    Operation(
        "gateway/settle_difference",
        differences.settle,
        title="登记对账差异的处理结果",
        parameters=(
            Field("outcome", "string", "结果：agreed、corrected、explained"),
            Field("note", "string", "核实情况", False),
            Field("reason", "string", "差异原因", False),
        ),
        effects=("对账差异：待核对→已处理",),
    ),
)
