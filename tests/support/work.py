"""Relay and workers, here and now."""

from flask import Flask

from app import worker
from app.db import transaction
from app.jobs import relay
from app.runtime import inbox


def work(app: Flask) -> None:
    """Until nothing is due."""
    for _ in range(200):
        with app.app_context(), transaction():
            jobs, messages = [job.id for job in relay.due()], inbox.overdue()
        for identity in jobs:
            with app.app_context():
                worker.carry_one(identity)
        for identity in messages:
            with app.app_context():
                inbox.redeliver(identity)
        if not jobs and not messages:
            return
    raise AssertionError("the work never ends")
