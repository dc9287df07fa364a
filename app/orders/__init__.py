"""Orders: a bidder buys a bid guarantee, driven by `workflows/order`."""

from flask import Flask

from app import projects
from app.notices import telling
from app.orders import applying, lot_events, views
from app.orders.operations import OPERATIONS, phone_of
from app.orders.subject import SUBJECT


def init(app: Flask) -> None:
    app.register_blueprint(applying.bp)
    app.register_blueprint(views.bp)
    app.extensions["catalogue"].add(SUBJECT, *OPERATIONS)
    app.extensions["handlers"].update(
        {"orders/lot_event": lot_events.tell_event, "orders/lot_deadline": lot_events.tell_deadline}
    )
    telling.phones["order"] = phone_of
    if lot_events.on_event not in projects.on_event:  # once a process, however many applications it makes
        projects.on_event.append(lot_events.on_event)
        projects.on_lot.append(lot_events.on_lot)
