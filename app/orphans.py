"""Stored files that no committed row names, taken away every night."""

from collections.abc import Mapping
from datetime import time
from typing import Any

import structlog
from flask import Flask

from app import files
from app.db import db
from app.jobs import rounds

log = structlog.get_logger("files")
COLLECT = "files/orphans"


def init(app: Flask) -> None:
    app.extensions["handlers"][COLLECT] = collect
    rounds.daily(app, COLLECT, at=time(3, 40))


def collect(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand; younger ones may belong to a transaction that is still open."""
    removed = files.collect_orphans()
    db.session.rollback()
    log.info("orphans collected", removed=removed, day=payload["date"])
