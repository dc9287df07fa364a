"""Oversight: what an auditor reads: every case, every line of the audit trail; she changes nothing."""

from flask import Flask

from app.oversight.views import bp


def init(app: Flask) -> None:
    app.register_blueprint(bp)
