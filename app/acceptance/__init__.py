"""Living acceptance (接口验收): the whole protocol run against an institution's endpoint, and the report of it."""

from flask import Flask

from app.acceptance.hearing import Ear, ear, overheard
from app.acceptance.models import Cause, Run, RunState
from app.acceptance.running import latest, run

__all__ = ["Cause", "Ear", "Run", "RunState", "ear", "init", "latest", "overheard", "run"]


def init(app: Flask) -> None:
    """Its places in the application."""
