"""Documents that were told of by address: what was told waits, sealed, until a job has brought them."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Mapped, mapped_column

from app import clock, institutions
from app.db import BigKey, UtcDateTime, db, transaction
from app.gateway import documents, news
from app.jobs import queue
from app.runtime import inbox
from app.sealing import Sealed

HANDLER = "gateway/fetch"


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
    file, endpoint, sender = row.file, institution.endpoint_url, f"institution:{row.institution}"
    db.session.rollback()
    written = documents.write(file, documents.fetch(file, endpoint=endpoint))
    with transaction():
        row = db.session.get(AwaitedDocument, payload["awaited"], with_for_update=True, populate_existing=True)
        if row is None:
            return
        told = {**row.told, **documents.keep(file, written)}
        which = news.keep(row.policy, row.number, row.name, told, sender=sender).id
        db.session.delete(row)
    inbox.deliver(which)
