"""The audit trail, searched by who, what number, when; the newest first, page after page by the line's number."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from app import clock
from app.audit import AuditLine
from app.db import db
from app.errors import BadInput
from app.oversight import secrecy
from app.runtime.models import Instance

PAGE = 50


@dataclass(frozen=True)
class Filters:
    """`who`: part of a name or role as the trail has it; `no`: a whole number; days in Shanghai, both included."""

    who: str = ""
    no: str = ""
    begin: date | None = None
    end: date | None = None
    before: int | None = None

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        before = args.get("before", "")
        return cls(
            who=args.get("who", "").strip()[:64],
            no=args.get("no", "").strip()[:64],
            begin=_day(args, "begin"),
            end=_day(args, "end"),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 16 else None,
        )


@dataclass(frozen=True)
class Page:
    """`more`: where the next page begins; `cases`: number → policy, for lines about a case."""

    rows: list[AuditLine]
    more: int | None
    cases: Mapping[str, str]


def page(filters: Filters) -> Page:
    query = select(AuditLine).order_by(AuditLine.id.desc()).limit(PAGE + 1)
    if filters.no:
        query = query.where(AuditLine.subject.in_([filters.no, f"{secrecy.DESK}{filters.no}"]))
    else:
        query = query.where(secrecy.open_line())
    if filters.who:
        query = query.where(AuditLine.actor_label.contains(filters.who, autoescape=True))
    if filters.begin:
        query = query.where(AuditLine.id >= _first_since(_midnight(filters.begin)))
    if filters.end:
        query = query.where(AuditLine.id < _first_since(_midnight(filters.end + timedelta(days=1))))
    if filters.before is not None:
        query = query.where(AuditLine.id < filters.before)
    found = list(db.session.scalars(query))
    rows = found[:PAGE]
    numbers = {number(one) for one in rows}
    cases = db.session.execute(select(Instance.key, Instance.policy).where(Instance.key.in_(numbers))).tuples()
    return Page(rows, rows[-1].id if len(found) > PAGE else None, dict(cases.all()))


def number(line: AuditLine) -> str:
    return line.subject.removeprefix(secrecy.DESK)


def _first_since(moment: datetime) -> int:
    """The first line of that moment or later. Lines are numbered as they happen: a search by halves, no index."""
    low, high = (db.session.scalar(select(edge(AuditLine.id))) or 0 for edge in (func.min, func.max))
    high += 1
    while low < high:
        middle = (low + high) // 2
        found = select(AuditLine.id, AuditLine.at).where(AuditLine.id >= middle).order_by(AuditLine.id).limit(1)
        row = db.session.execute(found).one_or_none()
        if row is None or row.at >= moment:
            high = middle
        else:
            low = row.id + 1
    return low


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clock.SHANGHAI)


def _day(args: Mapping[str, str], name: str) -> date | None:
    if not args.get(name):
        return None
    try:
        return date.fromisoformat(args[name])
    except ValueError as wrong:
        raise BadInput(fields={name: "请选择日期"}) from wrong
