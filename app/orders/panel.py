"""What a reviewer is shown of an order: its number and state, whom to call. Who bids, for what, how much: never."""

from typing import Any

from flask_babel import gettext as _

from app import clock
from app.institutions import catalogue
from app.orders import secrets
from app.orders.models import OrderState
from app.runtime.panels import Panel, Row, Section


def panel(no: str, _user: Any) -> Panel:
    order = secrets.find(no)
    state = OrderState(order.state)  # type: ignore[call-arg]
    institution = catalogue.get(order.institution)
    return Panel(
        sections=(
            Section(
                _("保函订单"),
                (
                    Row(_("订单编号"), order.no),
                    Row(_("订单状态"), _(state.label)),
                    Row(_("提交时间"), clock.shown(order.created_at)),
                    Row(_("进入当前状态"), clock.shown(order.state_since)),
                    Row(_("保函产品"), catalogue.product(order.product).name),
                ),
            ),
            Section(_("金融机构"), (Row(_("名称"), institution.name), Row(_("服务电话"), institution.phone))),
        ),
        state=state,
    )
