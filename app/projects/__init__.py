"""Projects and lots, as the trading platform tells them (domain.md §6, C1 and C2). Lot data are public.

A feature that must act when something happens to a lot appends `fn(lot, event)` to `on_event`; it posts jobs.
"""

from app.projects.feed import apply_event, on_event, on_lot, upsert
from app.projects.models import Lot, LotCategory, LotEvent, LotState, Project
from app.projects.search import find, get, search

__all__ = [
    "Lot",
    "LotCategory",
    "LotEvent",
    "LotState",
    "Project",
    "apply_event",
    "find",
    "get",
    "on_event",
    "on_lot",
    "search",
    "upsert",
]
