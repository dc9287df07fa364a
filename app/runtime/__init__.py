"""The process runtime: diagrams decide, verbs change, one transaction commits both, jobs tell the outside world."""

from flask import Flask

from app.runtime import carrying, inbox
from app.runtime.commands import cancel, claim, complete, data_of, instance_of, migrate, move, release, start, tell
from app.runtime.inbox import deliver, receive
from app.runtime.operations import Catalogue, Fact, Field, OpContext, Operation, Subject
from app.runtime.own_operations import OPERATIONS

__all__ = (
    "Catalogue", "Fact", "Field", "OpContext", "Operation", "Subject",
    "cancel", "claim", "complete", "data_of", "deliver", "instance_of", "migrate",
    "move", "receive", "release", "start", "tell",
)  # fmt: skip


def init(app: Flask) -> None:
    """The runtime's places in the application; features add their operations, subjects and handlers to them."""
    catalogue = app.extensions["catalogue"] = Catalogue()
    catalogue.add(*OPERATIONS)
    app.extensions["policies"] = {}  # version id → parsed version
    app.extensions["handlers"] = {
        "runtime/send": carrying.send,
        "runtime/wake": carrying.wake,
        "runtime/gave_up": carrying.told_off,
    }
    app.extensions.setdefault("rounds", {})
    app.extensions["relay_sources"] = [("app.worker.hand_out", inbox.overdue)]
