"""A claim filled in and waiting for its sender's last look; nothing typed is lost meanwhile."""

import secrets as tokens
from dataclasses import asdict, dataclass, field
from typing import Any

from app import clock
from app.accounts.user import User
from app.applications import secrets
from app.applications.models import ApplicationDraft
from app.db import db
from app.errors import NotFound


@dataclass(frozen=True)
class Draft:
    said: dict[str, Any] = field(default_factory=dict)
    papers: list[dict[str, Any]] = field(default_factory=list)


def keep(guarantee_no: str, draft: Draft, *, user: User) -> str:
    """Its id."""
    row = ApplicationDraft(
        id=tokens.token_urlsafe(12),
        applicant_index=secrets.applicant_index(user.entity_id),
        guarantee_no=guarantee_no,
        content=asdict(draft),
        updated_at=clock.now(),
    )
    db.session.add(row)
    return row.id


def get(draft_id: str, *, guarantee_no: str, user: User) -> Draft:
    """The user's own; raises NotFound."""
    row = db.session.get(ApplicationDraft, draft_id)
    mine = secrets.applicant_index(user.entity_id)
    if row is None or (row.guarantee_no, row.applicant_index) != (guarantee_no, mine):
        raise NotFound("没有这份待确认的申请，可能已经提交")
    return Draft(**row.content)


def drop(draft_id: str) -> None:
    row = db.session.get(ApplicationDraft, draft_id)
    if row is not None:
        db.session.delete(row)
