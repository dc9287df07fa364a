"""What an auditor may list, and what only after opening.

A case whose subject hides something until opening is found by its whole number, or by its lot once that is opened;
no list, count or search shows that it is there before (招标投标法 art. 22).
"""

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, String, cast, func, or_, select

from app import audit, clock, money, projects
from app.accounts import User
from app.applications import secrets as applications
from app.applications.lot_changes import UNSEALING
from app.applications.models import Application, Kind
from app.audit import AuditLine
from app.db import db
from app.errors import Confidential
from app.guarantees import secrets as guarantees
from app.guarantees.models import Guarantee
from app.orders import secrets as orders
from app.projects.models import Lot
from app.runtime import Catalogue
from app.runtime.models import Instance
from app.runtime.panels import Row, Section

DESK = "desk:"


def sealed_policies() -> list[str]:
    """Policies whose subject has a fact that is sealed until opening."""
    catalogue: Catalogue = current_app.extensions["catalogue"]
    return [
        policy
        for subject in catalogue.subjects.values()
        if any(fact.secrecy == "sealed" for fact in subject.fields)
        for policy in {*subject.policies, subject.kind}
    ]


def open_line() -> ColumnElement[bool]:
    """Lines about nothing that is sealed; the others are shown to whoever asks for their number."""
    number = func.replace(AuditLine.subject, DESK, "", type_=String)
    of_case = select(Instance.id).where(Instance.key == number, Instance.policy.in_(sealed_policies()))
    of_guarantee = select(Guarantee.id).where(Guarantee.no == number)
    return ~or_(of_case.exists(), of_guarantee.exists(), cast(AuditLine.subject, String) == "")


def opened_lot(no: str) -> Lot | None:
    """The lot of that number, its own or the trading platform's; raises Confidential before it is opened."""
    lot = db.session.scalar(select(Lot).where(or_(Lot.number == no, Lot.no == no)).order_by(Lot.id.desc()).limit(1))
    if lot is not None and not opened(lot):
        raise Confidential("该标段尚未开标，投标情况保密")
    return lot


def opened(lot: Lot) -> bool:
    return lot.opened_at is not None and lot.opened_at <= clock.now()


def keys_of(lot: Lot) -> list[str]:
    """Numbers of an opened lot's orders, their guarantees and the applications on these."""
    found = [order.no for order in orders.of_lot(lot.no)]
    issued = list(db.session.scalars(select(Guarantee.no).where(Guarantee.order_no.in_(found))))
    asked = db.session.scalars(select(Application.no).where(Application.guarantee_no.in_(issued)))
    return [*found, *issued, *asked]


def _order_of(policy: str, key: str) -> str | None:
    """The order behind a sealed case."""
    if policy in set(Kind):
        key, policy = applications.find(key).guarantee_no, UNSEALING
    if policy == UNSEALING:
        return guarantees.find(key).order_no
    return key if policy == "order" else None


def unsealed(policy: str, key: str, *, by: User) -> list[Section]:
    """Who bid for what, once the lot is opened; the look is audited. Nothing before."""
    order_no = _order_of(policy, key)
    if order_no is None:
        return []
    content = orders.content(orders.find(order_no))
    lot = projects.get(content.lot_no)
    if not opened(lot):
        return []
    audit.record(f"{DESK}{key}", "查看投标人信息", by=by.actor)
    sections = [
        Section(
            _("标段和投标人"),
            (
                Row(_("标段"), f"{lot.name}（{lot.number}）"),
                Row(_("开标时间"), clock.shown(lot.opened_at)),
                Row(_("投标人"), content.bidder_name),
                Row(_("统一社会信用代码"), content.bidder_uscc),
                Row(_("担保金额"), money.shown(content.amount)),
                Row(_("保费"), money.shown(content.premium)),
            ),
        )
    ]
    guarantee = guarantees.of_order(order_no)
    if guarantee is not None:
        held = guarantees.content(guarantee)
        rows = (
            Row(_("保函编号"), guarantee.no),
            Row(_("出函时间"), clock.shown(guarantee.issued_at)),
            Row(_("有效期"), f"{clock.shown(held.begins)} – {clock.shown(held.ends)}"),
        )
        sections.append(Section(_("保函"), rows))
    return sections
