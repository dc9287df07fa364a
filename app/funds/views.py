"""资金台账: money that stands longer than it may. Who bids, how much and on which lot is not told before opening."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, current_app, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select, tuple_

from app.accounts.user import User, current_user
from app.db import db
from app.funds import doing, standing
from app.funds.doing import Doing
from app.funds.models import LABELS
from app.funds.standing import Stay
from app.funds.unsealed import opened_lots
from app.institutions import Institution
from app.ledger import UNDER_WAY, Account, Parcel
from app.runtime import Catalogue, definitions

bp = Blueprint("funds", __name__, url_prefix="/work/money")
PER_PAGE = 50


@dataclass(frozen=True)
class Line:
    """One stay. `amount` in fen and exact moments only once its lot is opened."""

    stay: Stay
    institution: str
    opened: bool
    amount: int | None
    doings: list[Doing]


@dataclass
class Total:
    """Of one account: how many stay too long, and the fen of those that hide nothing."""

    count: int = 0
    sealed: int = 0
    amount: int = 0


@bp.get("/")
def index() -> str:
    live = definitions.is_live(standing.POLICY)
    late = list(standing.late()) if live else []
    opened = opened_lots([stay.order_no for stay in late])
    totals = _totals(late, opened)
    account = request.args.get("account", "")
    chosen = [stay for stay in late if account not in set(UNDER_WAY) or stay.account == account]
    pages = max(1, -(-len(chosen) // PER_PAGE))
    page = min(_page(request.args.get("page", "")), pages)
    return render_template(
        "funds/index.html",
        live=live,
        lines=_lines(chosen[(page - 1) * PER_PAGE : page * PER_PAGE], opened, current_user()),
        totals=[(_(LABELS[one]), totals[one]) for one in UNDER_WAY if one in totals],
        accounts=[("", _("全部"), len(late))]
        + [(str(one), _(LABELS[one]), totals[one].count) for one in UNDER_WAY if one in totals],
        labels=LABELS,
        page=page,
        pages=pages,
        count=len(chosen),
    )


def _page(said: str) -> int:
    return max(1, int(said)) if said.isascii() and said.isdigit() and len(said) < 6 else 1


def _totals(late: list[Stay], opened: set[str]) -> dict[Account, Total]:
    amounts = _amounts([stay for stay in late if stay.order_no in opened])
    totals = defaultdict[Account, Total](Total)
    for stay in late:
        total = totals[stay.account]
        total.count += 1
        total.sealed += stay.order_no not in opened
        total.amount += amounts.get((stay.order_no, stay.parcel), 0)
    return totals


def _amounts(stays: list[Stay]) -> dict[tuple[str, str], int]:
    wanted = [(stay.order_no, stay.parcel) for stay in stays]
    query = select(Parcel.order_no, Parcel.parcel, Parcel.amount)
    found = db.session.execute(query.where(tuple_(Parcel.order_no, Parcel.parcel).in_(wanted))).tuples()
    return {(order_no, parcel): amount for order_no, parcel, amount in found}


def _lines(stays: list[Stay], opened: set[str], user: User) -> list[Line]:
    amounts = _amounts([stay for stay in stays if stay.order_no in opened])
    about = doing.about(stays, user)
    names: dict[str, str] = dict(db.session.execute(select(Institution.code, Institution.name)).tuples().all())
    return [
        Line(
            stay,
            names[stay.institution],
            stay.order_no in opened,
            amounts.get((stay.order_no, stay.parcel)),
            [_named(one) for one in about.get(stay.order_no, [])],
        )
        for stay in stays
    ]


def _named(one: Doing) -> Doing:
    """A call by its operation's title."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    operation: Any = catalogue.operations.get(one.what)
    return Doing(one.kind, operation.title, at=one.at) if one.kind == doing.AGAIN and operation is not None else one
