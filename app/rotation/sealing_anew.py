"""Sealing anew, batch by batch. A batch is one transaction; what is left is found by how the ciphertext begins, so
that whoever is killed goes on where it was, and two at once do no harm: a value that changed meanwhile is left to the
next look."""

import base64
from collections.abc import Callable

import orjson
from sqlalchemy import LargeBinary, literal, select, tuple_, update

from app.audit import SYSTEM, record
from app.db import db, retrying, transaction
from app.jobs.models import Job
from app.rotation.places import Place, left, places
from app.sealing import header, keep_masters, keyring, seal, unseal

BATCH = 200
PASSES = 3
MESSAGE = "message.sent"


def rotate(*, batch: int = BATCH, say: Callable[[str], None] = print) -> dict[str, int]:
    """Bring everything under the file's first key; returns what is left (where other hosts still seal by another)."""
    current = keyring().current
    with transaction():
        keep_masters()
    done = 0
    for _turn in range(PASSES):
        for place in places():
            count = _through(place, current, batch)
            done += count
            if count:
                say(f"{place.name}：{count}")
        done += retrying(lambda: _messages(current))
        remaining = left(current)
        db.session.rollback()
        if not remaining:
            break
    with transaction():
        record("house", "更换主密钥", by=SYSTEM, key=current, resealed=done, left=sum(remaining.values()))
    return remaining


def _through(place: Place, current: str, batch: int) -> int:
    """All of one column, in the order of the primary key."""
    after: tuple[object, ...] | None = None
    done = 0
    while True:
        last, count, full = retrying(lambda at=after: _one(place, current, at, batch))  # type: ignore[misc]
        done += count
        if not full:
            return done
        after = last


def _one(
    place: Place, current: str, after: tuple[object, ...] | None, batch: int
) -> tuple[tuple[object, ...] | None, int, bool]:
    """(the last key looked at, how many were sealed anew, whether there may be more)."""
    keys = list(place.table.primary_key.columns)
    query = select(*keys, place.raw.label("blob")).where(place.stale(current)).order_by(*keys).limit(batch)
    if place.by and place.by not in {key.name for key in keys}:
        query = query.add_columns(place.table.c[place.by])
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*(literal(one, key.type) for one, key in zip(after, keys))))  # noqa: B905
    count = 0
    with transaction():
        rows = db.session.execute(query).mappings().all()
        for row in rows:
            old, scope = bytes(row["blob"]), place.scope_of(row)
            here = [key == row[key.name] for key in keys]
            new = literal(seal(unseal(old, scope), scope), LargeBinary)
            changed = update(place.table).where(*here, place.raw == literal(old, LargeBinary))
            count += db.session.execute(changed.values({place.column: new})).rowcount  # type: ignore[attr-defined]
    last = tuple(rows[-1][key.name] for key in keys) if rows else None
    return last, count, len(rows) == batch


def _messages(current: str) -> int:
    """What one case says to another, on its way in a job's payload."""
    count = 0
    with transaction():
        on_their_way = select(Job.id, Job.payload).where(Job.kind == "message", Job.done_at.is_(None))
        for identity, payload in db.session.execute(on_their_way).tuples():
            body = orjson.loads(payload)
            blob = base64.b64decode(body.get("sealed", ""))
            if blob and not blob.startswith(header(current)):
                body["sealed"] = base64.b64encode(seal(unseal(blob, MESSAGE), MESSAGE)).decode()
                changed = update(Job).where(Job.id == identity, Job.payload == payload)
                count += db.session.execute(
                    changed.values(payload=orjson.dumps(body).decode()).execution_options(synchronize_session=False)
                ).rowcount  # type: ignore[attr-defined]
    return count
