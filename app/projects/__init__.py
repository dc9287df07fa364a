"""Projects and lots, as the trading platform tells them (domain.md §6, C1 and C2). Lot data are public.

A feature that must act when a lot changes, something happens to it, or it is awarded, appends a function to `on_lot`,
`on_event` or `on_award`.
"""

from flask import Flask

from app.projects.awards import LotAward, award, on_award
from app.projects.feed import apply_event, hold, on_event, on_lot, upsert
from app.projects.models import Lot, LotCategory, LotEvent, LotState, Project
from app.projects.search import find, get, seen
from app.projects.subject import SUBJECT
from app.projects.views import bp

__all__ = [
    "Lot",
    "LotAward",
    "LotCategory",
    "LotEvent",
    "LotState",
    "Project",
    "apply_event",
    "award",
    "find",
    "get",
    "hold",
    "init",
    "on_award",
    "on_event",
    "on_lot",
    "seen",
    "upsert",
]


def init(app: Flask) -> None:
    app.register_blueprint(bp)
    app.extensions["catalogue"].add(SUBJECT)
