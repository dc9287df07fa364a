"""What an application hides, and how its applicant finds it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select

from app.applications.models import Application
from app.db import db, remembered
from app.errors import NotFound
from app.sealing import blind, seal_for_lot, unseal_for_lot

SCOPE = "application.sealed"


@dataclass(frozen=True)
class Content:
    """The sealed part. `said`: the form's answers (amounts in fen, times as ISO text); `papers`: files with names."""

    lot_no: str
    applicant_id: str
    applicant_name: str
    applicant_uscc: str
    phone: str
    said: dict[str, Any] = field(default_factory=dict)
    papers: list[dict[str, Any]] = field(default_factory=list)


def sealed(content: Content) -> bytes:
    return seal_for_lot(content.lot_no, asdict(content), SCOPE)


def content(application: Application) -> Content:
    return Content(**unseal_for_lot(application.lot_sealed, application.sealed, SCOPE))


def applicant_index(entity_id: str) -> str:
    return blind("application.applicant", entity_id)


def find(no: str) -> Application:
    """The application, read once a transaction."""
    return remembered("application", no, lambda: _read(no, lock=False))


def locked(no: str) -> Application:
    """The application, locked once a transaction; its guarantee is locked before it."""
    row = remembered("locked application", no, lambda: _read(no, lock=True))
    remembered("application", no, lambda: row)
    return row


def open_on(guarantee_no: str) -> Application | None:
    """The application that is being dealt with, if there is one."""
    return db.session.scalar(select(Application).where(Application.open_key == guarantee_no))


def open_on_each(guarantee_nos: Sequence[str]) -> list[Application]:
    """The applications that are being dealt with on any of these guarantees."""
    return [
        application
        for start in range(0, len(guarantee_nos), 500)
        for application in db.session.scalars(
            select(Application).where(Application.open_key.in_(guarantee_nos[start : start + 500]))
        )
    ]


def _read(no: str, *, lock: bool) -> Application:
    query = select(Application).where(Application.no == no)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound("没有这份申请", no=no)
    return row
