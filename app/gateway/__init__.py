"""The signed interface with institutions and the trading platform (domain.md §6), both directions."""

from flask import Flask, Response, request

from app.accounts import csrf
from app.gateway import (
    applications,
    callbacks,
    decisions,
    fetching,
    invoices,
    lots,
    own_key,
    products,
    reconciling,
    reference,
    tidings,
    verification,
)
from app.gateway.door import PREFIX, bp, sign_plain
from app.gateway.operations import OPERATIONS
from app.gateway.seeds import seed_demo
from app.institutions.own_key import read_key

__all__ = ["bp", "init", "seed_demo"]

_ROUTES = (callbacks, decisions, products, lots, own_key, verification)


def init(app: Flask) -> None:
    app.extensions["catalogue"].add(*OPERATIONS, *applications.OPERATIONS, *invoices.OPERATIONS, *tidings.OPERATIONS)
    app.extensions["handlers"].update({fetching.HANDLER: fetching.fetch, products.HANDLER: products.fetch_terms})
    reconciling.init(app)
    if path := app.config["PLATFORM_SM2_KEY_FILE"]:
        read_key(path)  # a wrong one is said at start, not to the first caller
    csrf.exempt(bp)
    app.register_blueprint(bp)
    app.register_blueprint(reference.bp)
    app.after_request(_leave_nothing_unsigned)


def _leave_nothing_unsigned(response: Response) -> Response:
    """No such address, no such method: refused before any route of ours was entered."""
    if request.path.startswith(PREFIX) and "X-Sign" not in response.headers:
        return sign_plain(response)
    return response
