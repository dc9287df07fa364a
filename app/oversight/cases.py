"""Every case there is, as an auditor lists it."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Select, and_, func, or_, select

from app.db import db
from app.oversight import secrecy
from app.runtime.models import Instance

PAGE = 50
STATUSES = ("active", "ended", "cancelled")


@dataclass(frozen=True)
class Filters:
    """As the address says them; `lot` is a lot's number."""

    policy: str = ""
    status: str = ""
    q: str = ""
    lot: str = ""
    page: int = 1

    @classmethod
    def of(cls, args: Mapping[str, str]) -> "Filters":
        return cls(
            policy=args.get("policy", "")[:64],
            status=args["status"] if args.get("status") in STATUSES else "",
            q=args.get("q", "").strip().upper()[:64],
            lot=args.get("lot", "").strip()[:64],
            page=page_number(args.get("page", "")),
        )


@dataclass(frozen=True)
class Page:
    rows: list[Instance]
    total: int
    pages: int
    policies: dict[str, int]


def page_number(said: str) -> int:
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def page(filters: Filters) -> Page:
    """Raises Confidential for a lot that is not opened."""
    of_lot = _of_lot(filters.lot) if filters.lot else None
    found = _chosen(filters, of_lot)
    if filters.policy:
        found = found.where(Instance.policy == filters.policy)
    total = int(db.session.scalar(select(func.count()).select_from(found.subquery())) or 0)
    pages = max(1, -(-total // PAGE))
    number = min(filters.page, pages)
    rows = found.order_by(Instance.id.desc()).limit(PAGE).offset((number - 1) * PAGE)
    listed = _chosen(filters, of_lot).subquery()
    counts = db.session.execute(select(listed.c.policy, func.count()).group_by(listed.c.policy)).tuples()
    return Page(list(db.session.scalars(rows)), total, pages, dict(counts.all()))


def _of_lot(number: str) -> list[str]:
    lot = secrecy.opened_lot(number)
    return secrecy.keys_of(lot) if lot is not None else []


def _chosen(filters: Filters, of_lot: list[str] | None) -> Select[Instance]:
    query = select(Instance)
    if filters.status:
        query = query.where(Instance.status == filters.status)
    free = Instance.policy.not_in(secrecy.sealed_policies())
    if of_lot is not None:
        return query.where(Instance.key.in_(of_lot), ~free)
    if not filters.q:
        return query.where(free)
    begins = Instance.key.startswith(filters.q, autoescape=True)
    return query.where(or_(Instance.key == filters.q, and_(free, begins)))
