"""The site's words as operators wrote them; while there is no row those of config/portal.yaml count."""

from typing import Any

from sqlalchemy import JSON
from sqlalchemy.orm import Mapped, mapped_column

from app.db import UtcDateTime, db


class SiteWords(db.Model):  # type: ignore[name-defined]
    """One row, named "site"; `words` is what site.Site is made of."""

    __tablename__ = "site_words"
    name: Mapped[str] = mapped_column(primary_key=True)
    words: Mapped[dict[str, Any]] = mapped_column(JSON)
    changed_at: Mapped[Any] = mapped_column(UtcDateTime)
