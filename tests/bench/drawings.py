"""Two small policies of our own: one that goes round and round, one that only waits for a time."""

from app.audit import SYSTEM
from app.db import transaction
from app.runtime import definitions
from tests.runtime.engine import bpmn


def looping() -> bytes:
    """A reviewer sends the case back to herself as often as she likes."""
    return bpmn.process(
        bpmn.start(),
        bpmn.user("review", form="review", due="P1D", result="decision"),
        bpmn.gateway("again", default="again-end"),
        bpmn.end(),
        id="loop",
        flows="start > review > again; again > review [decision.again]; again > end",
    )


def napping() -> bytes:
    """A wait for a time, then somebody's task: a reminder."""
    return bpmn.process(
        bpmn.start(),
        bpmn.catch("doze", duration="P1D"),
        bpmn.user("wake", form="wake"),
        bpmn.end(),
        id="nap",
        flows="start > doze > wake > end",
    )


def publish(policy: str, drawing: bytes) -> None:
    with transaction():
        definitions.publish(policy, {"process.bpmn": drawing.decode()}, by=SYSTEM)
