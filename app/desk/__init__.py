"""The desk: reviewers' queue and decision page, and operators' incidents."""

from flask import Flask

from app.desk.incident_views import bp as incidents_bp
from app.desk.queue_views import bp


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.register_blueprint(incidents_bp)
