"""Which orders hide nothing any more: an amount tells a lot's bond, a moment the event that moved all of its money."""

from collections.abc import Collection

from sqlalchemy import select

from app.db import db
from app.orders.models import Order
from app.projects.models import Lot


def opened_lots(order_nos: Collection[str]) -> set[str]:
    """Those of the orders whose lot is opened; two queries."""
    query = select(Order.no, Order.lot_sealed).where(Order.no.in_(set(order_nos)))
    lot_of: dict[str, str] = dict(db.session.execute(query).tuples().all())
    lots = select(Lot.no).where(Lot.no.in_(set(lot_of.values())), Lot.opened_at.is_not(None))
    opened = set(db.session.scalars(lots))
    return {no for no, lot in lot_of.items() if lot in opened}
