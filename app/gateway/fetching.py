"""Documents that were told of by address: what was told waits, sealed, until a job has brought them."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app import clock, files, institutions
from app.audit import Actor
from app.db import BigKey, UtcDateTime, db, transaction
from app.errors import AppError
from app.files import Written
from app.gateway import documents, news
from app.jobs import queue
from app.runtime import inbox, incidents
from app.sealing import Sealed

HANDLER = "gateway/fetch"
Take = Callable[["AwaitedDocument", bytes, Written, Actor], int | None]
"""(what waited, its document's content, the same as written, by) → the message to deliver, or None; in the errand's
transaction."""

TAKERS: dict[str, Take] = {}
"""What becomes of news of this name once its document is here; of any other, a message of the case."""


class TooLate(AppError):
    """The document is here, and nothing waits for its news any more."""

    code = "too_late"


class AwaitedDocument(db.Model):  # type: ignore[name-defined]
    """News whose document is still to be fetched; gone when it is."""

    __tablename__ = "gateway_awaited"
    __table_args__: ClassVar = {"sqlite_autoincrement": True}  # an errand may still name one that is gone
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    policy: Mapped[str]
    number: Mapped[str]
    name: Mapped[str]
    institution: Mapped[str]
    told: Mapped[Any] = mapped_column(Sealed("gateway_awaited.told"))
    file: Mapped[Any] = mapped_column(Sealed("gateway_awaited.file"))
    since: Mapped[Any] = mapped_column(UtcDateTime)


def post(
    policy: str, number: str, name: str, told: Mapping[str, Any], file: Mapping[str, Any], *, institution: str
) -> None:
    """In the caller's transaction."""
    row = AwaitedDocument(
        policy=policy,
        number=number,
        name=name,
        institution=institution,
        told=dict(told),
        file=dict(file),
        since=clock.now(),
    )
    db.session.add(row)
    db.session.flush()
    queue.post(HANDLER, {"awaited": row.id}, key=number)


def fetch(payload: Mapping[str, Any], *, key: str) -> None:
    """The errand: bring the document, keep the news, give it to its case. A repeated errand finds nothing to do."""
    row = db.session.get(AwaitedDocument, payload["awaited"], populate_existing=True)
    if row is None:
        return
    institution = institutions.get(row.institution)
    by = Actor(f"institution:{institution.code}", institution.name)
    file, endpoint = row.file, institution.endpoint_url
    db.session.rollback()
    content = documents.fetch(file, endpoint=endpoint)
    written = documents.write(file, content)
    try:
        which = _take(payload["awaited"], content, written, by)
    except TooLate as late:
        with transaction():
            row = db.session.get_one(AwaitedDocument, payload["awaited"])
            incidents.add(row.policy, row.number, "message", late.message)
            db.session.delete(row)
        which = None
    finally:
        files.discard(written)
    if which is not None:
        inbox.deliver(which, by=by)


def _take(awaited: int, content: bytes, written: Written, by: Actor) -> int | None:
    with transaction():
        row = db.session.get(AwaitedDocument, awaited, with_for_update=True, populate_existing=True)
        if row is None:
            return None
        which = TAKERS.get(row.name, _keep)(row, content, written, by)
        db.session.delete(row)
        return which


def _keep(row: AwaitedDocument, content: bytes, written: Written, by: Actor) -> int:
    told = {**row.told, **documents.keep(row.file, written)}
    return news.keep(row.policy, row.number, row.name, told, sender=by.ref).id
