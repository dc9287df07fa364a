"""Which open tasks somebody may see, filtered, counted and paged; all asked of the task rows, no case is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, Select, and_, case, func, select

from app import clock
from app.accounts import User, predicate
from app.accounts.roles import EVERYWHERE, OF_AN_INSTITUTION
from app.db import db
from app.runtime.models import UserTask

PAGE = 50
HELD = ("mine", "free", "others")
DUE = ("over", "today")


@dataclass(frozen=True)
class Filters:
    """What stands in the address bar."""

    kind: str = ""
    region: str = ""
    held: str = ""
    due: str = ""
    q: str = ""
    page: int = 1

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        page = args.get("page", "")
        return cls(
            kind=args.get("kind", "")[:64],
            region=args.get("region", "")[:6],
            held=args["held"] if args.get("held") in HELD else "",
            due=args["due"] if args.get("due") in DUE else "",
            q=args.get("q", "").strip()[:64],
            page=max(1, int(page)) if page.isascii() and page.isdigit() and len(page) < 6 else 1,
        )

    @property
    def address(self) -> dict[str, Any]:
        """The query arguments that bring one back to this view of the queue."""
        found = {name: getattr(self, name) for name in ("kind", "region", "held", "due", "q")}
        return {name: value for name, value in found.items() if value}

    @property
    def any(self) -> bool:
        return bool(self.address)


@dataclass(frozen=True)
class Facet:
    """One row of chips: (value, word, count)."""

    name: str
    label: str
    options: list[tuple[str, str, int]]


@dataclass(frozen=True)
class Tally:
    """How many tasks share these four properties."""

    kind: str
    region: str
    held: str
    due: str
    count: int

    def fits(self, filters: Filters, but: str = "") -> bool:
        return all(
            name == but or getattr(filters, name) in ("", getattr(self, name))
            for name in ("kind", "region", "held", "due")
        )


@dataclass(frozen=True)
class Page:
    rows: list[UserTask]
    total: int
    pages: int
    tallies: list[Tally]


def visible(user: User) -> ColumnElement[bool]:
    """The tasks of the user's present role, in their regions or of their institution."""
    role = UserTask.role == user.role.value
    if user.role in OF_AN_INSTITUTION:
        return and_(role, UserTask.institution == user.institution)
    if EVERYWHERE in user.regions:
        return role
    return and_(role, UserTask.region.in_([*user.regions, ""]))


def page(user: User, filters: Filters) -> Page:
    """One page of the queue, the most urgent first, with the counts of every filter."""
    tallies = _tallies(user, filters)
    total = sum(tally.count for tally in tallies if tally.fits(filters))
    pages = max(1, -(-total // PAGE))
    number = min(filters.page, pages)
    query = _ordered(_chosen(user, filters)).limit(PAGE).offset((number - 1) * PAGE)
    return Page(list(db.session.scalars(query)), total, pages, tallies)


def find(user: User, task_id: int) -> UserTask | None:
    """The open task, if this user may see it."""
    return db.session.scalar(select(UserTask).where(UserTask.id == task_id, visible(user)))


def following(user: User, filters: Filters, *, but: int | None = None) -> int | None:
    """The next task to decide in this view of the queue: one's own or a free one."""
    wanted = _chosen(user, replace(filters, held="")).where(UserTask.assignee.in_(["", user.ref]))
    if but is not None:
        wanted = wanted.where(UserTask.id != but)
    task = db.session.scalar(_ordered(wanted).limit(1))
    return task.id if task else None


@predicate("desk_task")
def desk_task(user: User, task_id: int, **_more: Any) -> bool:
    """A task of the user's queue. One that is gone may be asked for: the page says who decided it."""
    if find(user, task_id) is not None:
        return True
    return db.session.scalar(select(UserTask.id).where(UserTask.id == task_id)) is None


def facets(found: Page, filters: Filters, names: Mapping[str, Mapping[str, str]]) -> list[Facet]:
    """The chips: each option's count is what one would see after choosing it."""
    labels = {"kind": _("业务"), "region": _("地区"), "held": _("办理人"), "due": _("时限")}
    result = []
    for name, label in labels.items():
        counts: dict[str, int] = {}
        for tally in found.tallies:
            if tally.fits(filters, but=name):
                value = getattr(tally, name)
                counts[value] = counts.get(value, 0) + tally.count
        values = [value for value in names[name] if value in counts or value == getattr(filters, name)]
        if len(values) < 2 and not getattr(filters, name):
            continue  # nothing to choose
        options = [(value, names[name][value], counts.get(value, 0)) for value in values]
        result.append(Facet(name, label, [("", _("全部"), sum(counts.values())), *options]))
    return result


def _chosen(user: User, filters: Filters) -> Select[UserTask]:
    query = select(UserTask).where(visible(user), *_matching(filters))
    if filters.kind:
        query = query.where(UserTask.policy == filters.kind)
    if filters.region:
        query = query.where(UserTask.region == filters.region)
    if filters.held:
        query = query.where(_held(user) == filters.held)
    if filters.due:
        query = query.where(_due() == filters.due)
    return query


def _matching(filters: Filters) -> list[ColumnElement[bool]]:
    """By business number only, from its beginning: before opening nothing else may be searched."""
    return [UserTask.key.startswith(filters.q.upper(), autoescape=True)] if filters.q else []


def _ordered(query: Select[UserTask]) -> Select[UserTask]:
    return query.order_by(UserTask.due_at.asc().nulls_last(), UserTask.id)


def _held(user: User) -> ColumnElement[str]:
    return case((UserTask.assignee == "", "free"), (UserTask.assignee == user.ref, "mine"), else_="others")


def _due() -> ColumnElement[str]:
    now = clock.now()
    return case((UserTask.due_at < now, "over"), (UserTask.due_at < _midnight(now), "today"), else_="later")


def _midnight(now: datetime) -> datetime:
    """The end of today in Shanghai."""
    tomorrow = clock.local(now).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), clock.SHANGHAI)


def _tallies(user: User, filters: Filters) -> list[Tally]:
    counted = (
        select(UserTask.policy, UserTask.region, _held(user).label("held"), _due().label("due"))
        .where(visible(user), *_matching(filters))
        .subquery()
    )
    found = db.session.execute(select(*counted.c, func.count()).group_by(*counted.c))
    return [Tally(row[0], row[1], row[2], row[3], row[4]) for row in found]
