"""What need not be remembered any longer: nonces whose time is over, answers nobody will ask for again."""

from datetime import timedelta

from sqlalchemy import delete, select, tuple_

from app import clock
from app.db import db, transaction
from app.gateway.models import AnsweredRequest, SeenNonce

ANSWERS_KEPT = timedelta(days=30)
AT_ONCE = 1000


def forget() -> int:
    """One batch of each; returns how many rows went."""
    now = clock.now()
    with transaction():
        return _drop(SeenNonce, SeenNonce.nonce, SeenNonce.until < now) + _drop(
            AnsweredRequest, AnsweredRequest.request_id, AnsweredRequest.at < now - ANSWERS_KEPT
        )


def _drop(model: type[SeenNonce] | type[AnsweredRequest], column: object, over: object) -> int:
    key = (model.app_id, column)
    rows = db.session.execute(select(*key).where(over).limit(AT_ONCE).with_for_update(skip_locked=True)).all()  # type: ignore[arg-type, call-overload]
    if rows:
        db.session.execute(
            delete(model).where(tuple_(*key).in_([tuple(row) for row in rows])),  # type: ignore[arg-type]
            execution_options={"synchronize_session": False},
        )
    return len(rows)
