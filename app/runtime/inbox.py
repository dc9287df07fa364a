"""Messages in two commits: first kept and answered for, then given to the case; news of money is never rolled back
with somebody's drawing."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import InterfaceError, OperationalError

from app import clock
from app.audit import SYSTEM, Actor
from app.db import db, retrying, transaction
from app.runtime import incidents, step, store
from app.runtime.models import InboxMessage
from app.sealing import seal_json
from app.statements import one

GRACE = timedelta(seconds=5)  # a worker delivers what the receiver's process did not live to deliver
AGAIN = timedelta(minutes=1)
PATIENCE = timedelta(hours=1)  # after that a message nobody took is an incident


def receive(
    policy: str,
    key: str,
    name: str,
    payload: Any,
    *,
    request_id: str,
    sender: str,
    correlation: str = "",
    optional: bool = False,
) -> InboxMessage:
    """Keep a message, in the caller's transaction; deliver it after the commit. A new one is no row of the session.

    (sender, request_id) is the message's own identity (a payment's transaction, say): told twice, it is kept once.
    `correlation` picks among several tokens of the case that wait for the same name. An `optional` message that
    nobody takes within an hour is let go; any other becomes an incident.
    """
    now = clock.now()
    told = {
        "policy": policy,
        "key": key,
        "name": name,
        "correlation": correlation,
        "sender": sender,
        "request_id": request_id,
        "received_at": now,
        "look_at": now + GRACE,
        "optional": optional,
        "held": False,
    }
    new = one(store.KEEP_MESSAGE, **told, payload=seal_json(payload, "inbox.payload"))
    if new is not None:
        return InboxMessage(id=new[0], **told, payload=payload, delivered_at=None)
    return db.session.scalars(
        select(InboxMessage).where(InboxMessage.sender == sender, InboxMessage.request_id == request_id)
    ).one()


def deliver(message_id: int, *, by: Actor = SYSTEM) -> bool:
    """Give a kept message to its case now; False if nobody waits for it yet. A step that fails is an incident;
    only a database that is away is raised."""
    put_by = False

    def edge() -> step.Step | None:
        nonlocal put_by
        try:
            with transaction():
                return step.advance("message", lambda case, at: None, by=by, message_id=message_id, drain_first=True)
        except incidents.Spoilt as spoilt:
            if spoilt.message_id != message_id:
                raise
            spoilt.first()
            put_by = True
            return None

    try:
        done = retrying(edge)
    except step.Taken:
        return True
    except step.NoCase:
        return False
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        policy, key, _name, _optional = _about(message_id)
        incidents.raise_for(policy, key, error, kind="step")
        return False
    if put_by:
        return False
    if done is not None:
        return message_id in done.taken
    policy, key, name, optional = _about(message_id)
    if optional:
        _let_go(message_id)
        return True
    incidents.once(policy, key, "message", f"流程已经结束，仍收到消息“{name}”", reference=message_id)
    return False


def _about(message_id: int) -> tuple[Any, ...]:
    db.session.rollback()
    message = one(store.MESSAGE, id=message_id)
    assert message is not None  # messages are kept
    return message


def overdue(limit: int = 200) -> list[int]:
    """Messages whose receiver did not live to deliver them, or that nobody took; marked, the caller commits."""
    now = clock.now()
    if one(store.OVERDUE, now=now) is None:
        return []
    query = (
        select(InboxMessage)
        .where(InboxMessage.delivered_at.is_(None), InboxMessage.look_at <= now)
        .order_by(InboxMessage.look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    messages = list(db.session.scalars(query))
    for message in messages:
        message.look_at = now + max(AGAIN, now - message.received_at)  # the case's own steps look, too
    return [message.id for message in messages]


def redeliver(message_id: int) -> None:
    """A worker's turn: deliver; after an hour of nobody taking it, a person must look."""
    if deliver(message_id):
        return
    message = db.session.get(InboxMessage, message_id, populate_existing=True)
    if message is None or message.delivered_at is not None or message.held:
        return
    if clock.now() - message.received_at < PATIENCE:
        return
    if message.optional:
        _let_go(message_id)
    else:
        incidents.once(message.policy, message.key, "message", f"消息“{message.name}”无人接收", reference=message.id)


def _let_go(message_id: int) -> None:
    with transaction():
        message = db.session.get(InboxMessage, message_id, with_for_update=True, populate_existing=True)
        if message is not None and message.delivered_at is None:
            message.delivered_at = clock.now()
