"""Invoices (开具发票, 我的发票) and the credit notes (红冲) that follow a refund; each a policy of its own."""

from flask import Flask

from app.guarantees import acts
from app.invoices import crediting, issuing, views
from app.invoices.operations import KIND, OPERATIONS
from app.invoices.subject import CREDIT_NOTE, INVOICE
from app.notices import telling
from app.orders import acts as order_acts


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(views.apply_bp)
    app.extensions["catalogue"].add(INVOICE, CREDIT_NOTE, *OPERATIONS)
    app.extensions["handlers"][crediting.HANDLER] = crediting.begin
    telling.phones[KIND] = issuing.phone_of
    if views.offers_on_guarantee not in acts.offers:  # once a process, however many applications it makes
        acts.offers.append(views.offers_on_guarantee)
        order_acts.offers.append(views.offers)
