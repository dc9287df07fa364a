"""Funds (资金台账): money that stands where it may not stay, and whether the books are whole."""

from datetime import time

from flask import Flask

from app.funds import checking, commands, subject, views, watch
from app.funds.operations import OPERATIONS
from app.jobs import rounds


def init(app: Flask) -> None:
    app.register_blueprint(views.bp)
    app.cli.add_command(commands.group)
    app.extensions["catalogue"].add(subject.SUBJECT, *OPERATIONS)
    app.extensions["handlers"].update({watch.ROUND: watch.look, checking.ROUND: checking.look})
    rounds.daily(app, checking.ROUND, at=time(3, 40))
    rounds.daily(app, watch.ROUND, at=time(8, 0))
