"""The documents of a guarantee: the one it was issued with, the open one after opening, those of extensions."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app import files
from app.db import db
from app.files import StoredFile
from app.guarantees.models import DocumentKind, Guarantee, GuaranteeDocument


@dataclass(frozen=True)
class Document:
    kind: DocumentKind
    file: StoredFile
    at: datetime


def keep(guarantee_no: str, kind: DocumentKind, file_id: int, *, at: datetime) -> None:
    """Once, however often it is told; the caller has locked the guarantee and holds the transaction."""
    known = select(GuaranteeDocument.id).where(
        GuaranteeDocument.guarantee_no == guarantee_no,
        GuaranteeDocument.kind == kind.value,
        GuaranteeDocument.file_id == file_id,
    )
    if db.session.scalar(known) is None:
        db.session.add(GuaranteeDocument(guarantee_no=guarantee_no, kind=kind.value, file_id=file_id, at=at))


def held(guarantee: Guarantee) -> list[Document]:
    """All of them, the newest first."""
    later = db.session.scalars(
        select(GuaranteeDocument)
        .where(GuaranteeDocument.guarantee_no == guarantee.no)
        .order_by(GuaranteeDocument.id.desc())
    )
    found = [Document(DocumentKind(one.kind), files.row_of(one.file_id), one.at) for one in later]  # type: ignore[call-arg]
    return [*found, Document(DocumentKind.ISSUED, files.row_of(guarantee.file_id), guarantee.received_at)]


def current(guarantees: Sequence[Guarantee]) -> dict[str, int]:
    """Guarantee's number → the newest document's file, for many at once."""
    found = {one.no: one.file_id for one in guarantees}
    for part in _parts(list(found)):
        query = select(GuaranteeDocument.guarantee_no, GuaranteeDocument.file_id)
        rows = query.where(GuaranteeDocument.guarantee_no.in_(part)).order_by(GuaranteeDocument.id)
        found.update(db.session.execute(rows).tuples().all())
    return found


def _parts(numbers: list[str], size: int = 500) -> Collection[list[str]]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
