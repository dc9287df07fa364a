"""Complaints (在线投诉): a market entity complains of an institution; `workflows/complaint` decides."""

from flask import Flask

from app.complaints import filing, views
from app.complaints.operations import OPERATIONS
from app.complaints.subject import SUBJECT
from app.notices import telling


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["catalogue"].add(SUBJECT, *OPERATIONS)
    telling.phones["complaint"] = filing.phone_of
