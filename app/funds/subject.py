"""What expressions may read of money that stands too long, and what an operator is shown of it."""

from collections.abc import Callable, Mapping
from typing import Any

from flask_babel import gettext as _

from app import clock, institutions, money
from app.funds import standing, watch
from app.funds.models import LABELS, CaseState, MoneyCase
from app.funds.unsealed import opened_lots
from app.ledger import Account, parcels
from app.orders import secrets as orders
from app.runtime.operations import Fact, Subject
from app.runtime.panels import Panel, Row, Section


def facts(no: str) -> Mapping[str, Callable[[], Any]]:
    return {"money": lambda: _money(watch.find(no)), "institution": lambda: standing.house(_house(watch.find(no)))}


def _money(case: MoneyCase) -> dict[str, Any]:
    return {"account": case.account, "since": case.since, "state": case.state}


def _house(case: MoneyCase) -> Any:
    return institutions.get(orders.find(case.order_no).institution)


def panel(no: str, _user: Any) -> Panel:
    case = watch.find(no)
    shown = case.order_no in opened_lots([case.order_no])
    institution = _house(case)
    rows = [
        Row(_("核查编号"), case.no),
        Row(_("订单编号"), case.order_no),
        Row(_("流水号或理赔编号"), case.parcel),
        Row(_("资金所在"), _(LABELS[Account(case.account)])),
        Row(_("到达时间"), clock.shown(case.since) if shown else _day(case.since)),
    ]
    if shown:
        rows.append(Row(_("金额"), money.shown(parcels(case.order_no)[case.parcel].amount)))
    return Panel(
        sections=(
            Section(_("滞留资金"), tuple(rows)),
            Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("服务电话"), institution.phone))),
        ),
        state=CaseState(case.state),  # type: ignore[call-arg]
    )


def _day(moment: Any) -> str:
    return f"{clock.local(moment):%Y-%m-%d}"


SUBJECT = Subject(
    kind=standing.POLICY,
    title="滞留资金",
    facts=facts,
    fields=(
        Fact("money.account", "string", "资金所在：held、repaying、returning、owed"),
        Fact("money.since", "date and time", "到达时间"),
        Fact("money.state", "string", "核查状态"),
        Fact("institution.code", "string", "机构编号"),
        Fact("institution.kind", "string", "机构类型"),
        Fact("institution.online", "boolean", "机构已上线"),
    ),
    policies=(standing.POLICY,),
    panel=panel,
)
