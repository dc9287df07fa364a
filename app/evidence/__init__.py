"""Evidence: the audit trail's checkpoints, and receipts that an applicant can prove a step with."""

from datetime import time

from flask import Flask

from app.evidence import checkpoints, views
from app.jobs import rounds

NIGHTLY = "evidence/checkpoint"


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(views.evidence_bp)
    app.jinja_env.filters.update(second=views.second, steps=views.steps)
    app.extensions["handlers"][NIGHTLY] = checkpoints.daily
    rounds.daily(app, NIGHTLY, at=time(0, 10))
