"""An application being filled in, step by step: type → lot → details → institution → check and submit."""

import secrets as tokens
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select

from app import clock
from app.accounts.user import User
from app.db import db
from app.errors import NotFound
from app.orders import secrets
from app.orders.models import OrderDraft


@dataclass
class Draft:
    """What has been chosen so far; `details` is the form's data (money in fen)."""

    id: str
    product_type: str
    lot_no: str
    details: dict[str, Any] = field(default_factory=dict)
    product: str = ""
    premium: int = 0


def begin(user: User, *, product_type: str, lot_no: str) -> Draft:
    """A new draft; one for the same lot and type is taken up again."""
    index = secrets.bidder_index(user.entity_id)
    for row in db.session.scalars(select(OrderDraft).where(OrderDraft.bidder_index == index)):
        found = _read(row)
        if (found.product_type, found.lot_no) == (product_type, lot_no):
            return found
    draft = Draft(tokens.token_urlsafe(12), product_type, lot_no)
    db.session.add(OrderDraft(id=draft.id, bidder_index=index, content=_written(draft), updated_at=clock.now()))
    return draft


def get(user: User, draft_id: str) -> Draft:
    """The user's own draft; raises NotFound."""
    return _read(_row(user, draft_id))


def keep(user: User, draft: Draft) -> None:
    row = _row(user, draft.id)
    row.content, row.updated_at = _written(draft), clock.now()


def drop(user: User, draft_id: str) -> None:
    db.session.delete(_row(user, draft_id))


def mine(user: User) -> list[Draft]:
    query = select(OrderDraft).where(OrderDraft.bidder_index == secrets.bidder_index(user.entity_id))
    return [_read(row) for row in db.session.scalars(query.order_by(OrderDraft.updated_at.desc()))]


def sweep(older_than: timedelta = timedelta(days=30)) -> None:
    """Forget drafts nobody came back to."""
    db.session.execute(delete(OrderDraft).where(OrderDraft.updated_at < clock.now() - older_than))


def _row(user: User, draft_id: str) -> OrderDraft:
    row = db.session.get(OrderDraft, draft_id)
    if row is None or row.bidder_index != secrets.bidder_index(user.entity_id):
        raise NotFound("没有这份申请草稿，可能已经提交")
    return row


def _read(row: OrderDraft) -> Draft:
    return Draft(row.id, **row.content)


def _written(draft: Draft) -> dict[str, Any]:
    values = asdict(draft)
    values.pop("id")
    return values
