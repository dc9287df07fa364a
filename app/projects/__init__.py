"""Projects and lots, as the trading platform tells them (domain.md §6, C1 and C2). Lot data are public.

A feature that must act when a lot changes, or something happens to it, appends a function to `on_lot` or `on_event`.
"""

from flask import Flask

from app.projects.feed import apply_event, hold, on_event, on_lot, upsert
from app.projects.models import Lot, LotCategory, LotEvent, LotState, Project
from app.projects.search import find, get
from app.projects.subject import SUBJECT
from app.projects.views import bp

__all__ = [
    "Lot",
    "LotCategory",
    "LotEvent",
    "LotState",
    "Project",
    "apply_event",
    "find",
    "get",
    "hold",
    "init",
    "on_event",
    "on_lot",
    "upsert",
]


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["catalogue"].add(SUBJECT)
