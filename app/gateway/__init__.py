"""The signed interface with institutions and the trading platform (domain.md §6), both directions."""

from flask import Flask, Response, request

from app.accounts import csrf
from app.gateway import callbacks, lots
from app.gateway.door import PREFIX, bp, sign_plain
from app.gateway.seeds import seed_demo
from app.gateway.sources import join

__all__ = ["bp", "init", "join", "seed_demo"]

_ROUTES = (callbacks, lots)


def init(app: Flask) -> None:
    csrf.exempt(bp)
    app.register_blueprint(bp)
    app.after_request(_leave_nothing_unsigned)


def _leave_nothing_unsigned(response: Response) -> Response:
    """No such address, no such method: refused before any route of ours was entered."""
    if request.path.startswith(PREFIX) and "X-Sign" not in response.headers:
        return sign_plain(response)
    return response
