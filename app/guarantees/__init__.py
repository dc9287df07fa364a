"""Guarantees: what an institution issued, in force, downloadable, verifiable."""

from flask import Flask

from app.guarantees import expiring, favour_views, views
from app.guarantees.operations import OPERATIONS


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.register_blueprint(favour_views.bp)
    app.register_blueprint(views.verify_bp)
    app.extensions["catalogue"].add(*OPERATIONS)
    expiring.init(app)
