"""Evidence: the audit trail's checkpoints, and receipts that an applicant can prove a step with."""

from datetime import time

from flask import Flask

from app.evidence import checkpoints
from app.jobs import rounds

NIGHTLY = "evidence/checkpoint"


def init(app: Flask) -> None:
    app.extensions["handlers"][NIGHTLY] = checkpoints.daily
    rounds.daily(app, NIGHTLY, at=time(0, 10))
