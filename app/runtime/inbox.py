"""Messages in two commits: first kept and answered for, then given to the case; news of money is never rolled back
with somebody's drawing."""

from datetime import timedelta
from typing import Any

from app import clock
from app.audit import SYSTEM, Actor
from app.db import db, retrying, transaction
from app.errors import AppError, NotFound
from app.jobs import queue
from app.runtime import incidents, step
from app.runtime.models import InboxMessage

GRACE = timedelta(seconds=5)  # a worker delivers what the receiver's process did not live to deliver
PATIENCE = timedelta(hours=1)  # after that a message nobody took is an incident


def receive(policy: str, key: str, name: str, payload: Any, *, request_id: str, sender: str) -> InboxMessage:
    """Keep a message, in the caller's transaction; (sender, request_id) is unique. Deliver it after the commit."""
    now = clock.now()
    message = InboxMessage(
        policy=policy, key=key, name=name, payload=payload, sender=sender, request_id=request_id, received_at=now
    )
    db.session.add(message)
    db.session.flush()
    queue.post("runtime/deliver", {"inbox": message.id}, kind="deliver", run_at=now + GRACE, key=f"inbox:{message.id}")
    return message


def deliver(message_id: int, *, by: Actor = SYSTEM) -> bool:
    """Give a kept message to its case now; False if nobody waits for it yet. Never raises: failing is an incident."""
    db.session.rollback()
    message = db.session.get(InboxMessage, message_id, populate_existing=True)
    if message is None or message.delivered_at is not None:
        return True
    policy, key, name, identity = message.policy, message.key, message.name, message.id

    def edge() -> bool:
        with transaction():
            done = step.advance(
                "message", lambda case, at: None, by=by, place=(policy, key), about=name, drain_first=True
            )
        return done is not None

    try:
        alive = retrying(edge)
    except NotFound:
        return False
    except AppError as error:
        incidents.raise_for(policy, key, error, kind="step", element=error.facts.get("element", ""))
        return False
    if not alive:
        incidents.once(policy, key, "message", f"流程已经结束，仍收到消息“{name}”", reference=identity)
        return False
    with_row = db.session.get(InboxMessage, identity, populate_existing=True)
    return with_row is not None and with_row.delivered_at is not None


def redeliver(message_id: int) -> bool:
    """The fallback job: deliver, or look again after an hour; then a person must look. True when the job is over."""
    if deliver(message_id):
        return True
    message = db.session.get(InboxMessage, message_id, populate_existing=True)
    if message is None or message.delivered_at is not None:
        return True
    if clock.now() - message.received_at < PATIENCE:
        return False
    incidents.once(message.policy, message.key, "message", f"消息“{message.name}”无人接收", reference=message.id)
    return True
