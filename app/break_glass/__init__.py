"""Early access (紧急启封): who bids for a lot, read before opening by one person whom a second one has allowed."""

from flask import Flask

from app.break_glass import access, views
from app.break_glass.operations import OPERATIONS, phone_of
from app.break_glass.subject import SUBJECT
from app.notices import telling

__all__ = ["access", "init"]


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["catalogue"].add(SUBJECT, *OPERATIONS)
    telling.phones["staff"] = phone_of
