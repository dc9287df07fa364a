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
from app.projects.models import Lot, LotCategory, LotState
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
    """`lots`: (category, lots one can bid for now), the most first. `months`: (label, guarantees issued), oldest first;
    empty where any of them is too small to tell; `note` says how they are counted, or why they are not told."""

    numbers: list[Figure]
    lots: list[tuple[str, int]]
    months: list[tuple[str, int]]
    note: str


def of(region: str) -> Figures:
    """The region's figures; guarantees are counted for the province as a whole only."""
    online = showing.institutions(region)
    lots = _open_lots(region)
    numbers = [
        Figure(_("服务机构"), str(len(online))),
        Figure(_("可选产品"), str(sum(len(one.offers) for one in online))),
        Figure(_("正在投标的标段"), f"{sum(count for _label, count in lots):,}"),
    ]
    if region != PROVINCE:
        return Figures(numbers, lots, [], _("为保守投标秘密，出函数量只公布全省合计。"))
    told = [(label, count // GRAIN * GRAIN) for label, count in _months()]
    if any(count == 0 for _label, count in told):
        return Figures(numbers, lots, [], _("为保守投标秘密，每月出函满 %(grain)d 件后才公布数量。", grain=GRAIN))
    note = _("为保守投标秘密，出函数量延后公布并向下取整到 %(grain)d；截至 %(month)s。", month=told[-1][0], grain=GRAIN)
    return Figures(numbers, lots, told, note)


def _open_lots(region: str) -> list[tuple[str, int]]:
    query = select(Lot.category, func.count()).where(Lot.state == LotState.OPEN, Lot.bid_deadline > clock.now())
    if region != PROVINCE:
        query = query.where(Lot.prefecture == region)
    counts = {row[0]: row[1] for row in db.session.execute(query.group_by(Lot.category))}
    found = [(_(category.label), counts[category]) for category in LotCategory if category in counts]
    return sorted(found, key=lambda pair: -pair[1])


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
