"""Applications on a guarantee in force: 延期, 退保, 注销, 理赔; each a policy of its own."""

from flask import Flask

from app import projects
from app.applications import lot_changes, lot_events, views
from app.applications.operations import KIND, OPERATIONS, phone_of
from app.applications.subject import OTHER_SUBJECTS, SUBJECT
from app.guarantees import acts
from app.notices import telling


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(views.apply_bp)
    app.extensions["catalogue"].add(SUBJECT, *OTHER_SUBJECTS, *OPERATIONS)
    app.extensions["handlers"].update(
        {
            "applications/lot_event": lot_events.tell_event,
            "applications/opening": lot_events.tell_opening,
            "applications/lot_change": lot_changes.begin,
            "applications/lot_news": lot_changes.tell_one,
            "applications/unseal": lot_changes.unseal_one,
        }
    )
    telling.phones[KIND] = phone_of
    if views.offers not in acts.offers:
        acts.offers.append(views.offers)
    if lot_events.on_event not in projects.on_event:  # once a process, however many applications it makes
        projects.on_event.append(lot_events.on_event)
        projects.on_lot.append(lot_events.on_lot)
        projects.on_event.append(lot_changes.on_event)
        projects.on_award.append(lot_changes.on_award)
