"""The words a lot is found by: pairs of neighbouring characters, so that two Chinese characters are enough."""

import unicodedata

from sqlalchemy import delete, insert

from app.db import db
from app.projects.models import Lot, LotGram


def normal(text: str) -> str:
    """One way to write it: full-width as half-width, no case, no blanks."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().replace("\0", "").split())


def searchable(*names: str) -> str:
    return "\n".join(normal(name) for name in names)


def of(text: str) -> set[str]:
    """The pairs in a searchable text; a pair never spans two names."""
    return {line[at : at + 2] for line in text.split("\n") for at in range(len(line) - 1)}


def replace(lot: Lot) -> None:
    db.session.flush()
    db.session.execute(delete(LotGram).where(LotGram.lot_id == lot.id))
    if pairs := of(lot.search_text):
        db.session.execute(insert(LotGram), [{"gram": gram, "lot_id": lot.id} for gram in sorted(pairs)])
