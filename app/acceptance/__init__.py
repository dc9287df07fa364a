"""Living acceptance (接口验收): the whole protocol run against an institution's endpoint, and the report of it."""

from datetime import time

from flask import Flask

from app.acceptance import patrol, subject, views
from app.acceptance.hearing import Ear, ear, overheard
from app.acceptance.models import Cause, Run, RunState
from app.acceptance.operations import OPERATIONS
from app.acceptance.running import latest, run
from app.institutions import panel
from app.jobs import rounds

__all__ = ["Cause", "Ear", "Run", "RunState", "ear", "init", "latest", "overheard", "run"]


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.extensions["catalogue"].add(subject.SUBJECT, *OPERATIONS)
    app.extensions["handlers"].update({patrol.ROUND: patrol.nightly, patrol.RUN: patrol.carry})
    rounds.daily(app, patrol.ROUND, at=time(3, 10))
    if subject.sections not in panel.sections:  # once a process, however many applications it makes
        panel.sections.append(subject.sections)
