"""保函服务数据统计: public numbers, and guarantees counted so late and so coarsely that no lot's bidders show."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import func, select

from app import clock
from app.db import db
from app.guarantees.models import Guarantee
from app.institutions import showing
from app.projects.models import Lot, LotState
from app.regions import PROVINCE

DELAY_MONTHS = 2
"""The present month and the one before are never counted: their lots may not be open yet."""
GRAIN = 50
"""Counts of guarantees are told rounded down to this; a month below it is not told at all."""
MONTHS = 6


@dataclass(frozen=True)
class Figure:
    label: str
    value: str


@dataclass(frozen=True)
class Figures:
    """`months`: (label, guarantees issued), oldest first; empty where any of them is too small to tell."""

    numbers: list[Figure]
    months: list[tuple[str, int]]
    as_of: str


def of(region: str) -> Figures:
    """The region's figures; guarantees are counted for the province as a whole only."""
    online = showing.institutions(region)
    numbers = [
        Figure(_("服务机构"), str(len(online))),
        Figure(_("可选产品"), str(sum(len(one.offers) for one in online))),
        Figure(_("正在投标的标段"), f"{_open_lots(region):,}"),
    ]
    months = _months() if region == PROVINCE else []
    told = [(label, count // GRAIN * GRAIN) for label, count in months]
    if not told or any(count == 0 for _label, count in told):
        return Figures(numbers, [], "")
    as_of = _("出函数量截至 %(month)s，向下取整到 %(grain)d。", month=told[-1][0], grain=GRAIN)
    return Figures(numbers, told, as_of)


def _open_lots(region: str) -> int:
    query = select(func.count()).select_from(Lot).where(Lot.state == LotState.OPEN, Lot.bid_deadline > clock.now())
    if region != PROVINCE:
        query = query.where(Lot.prefecture == region)
    return db.session.scalar(query) or 0


def _months() -> list[tuple[str, int]]:
    today = clock.today()
    wanted = [_before(today, back) for back in range(DELAY_MONTHS + MONTHS - 1, DELAY_MONTHS - 1, -1)]
    counted: dict[str, int] = current_app.extensions.setdefault("figures", {})  # months long past stay as they were
    for month in wanted:
        if month not in counted:
            counted[month] = _issued_in(month)
    return [(month, counted[month]) for month in wanted]


def _issued_in(month: str) -> int:
    start = _begins(month)
    end = (start + timedelta(days=32)).replace(day=1)
    issued = select(func.count()).select_from(Guarantee)
    return db.session.scalar(issued.where(Guarantee.issued_at >= start, Guarantee.issued_at < end)) or 0


def _before(day: date, months: int) -> str:
    total = day.year * 12 + day.month - 1 - months
    return f"{total // 12:04d}-{total % 12 + 1:02d}"


def _begins(month: str) -> datetime:
    year, number = month.split("-")
    return datetime(int(year), int(number), 1, tzinfo=clock.SHANGHAI)
