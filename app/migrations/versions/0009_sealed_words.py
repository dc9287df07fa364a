"""what others said of a failed job or call, sealed; the digest of a request, keyed"""

import sqlalchemy as sa
from alembic import op

from app.sealing import blind, seal_json

revision = "0009"
down_revision = "0008"

SAID = (("incident", "message"), ("incident", "note"), ("job", "error"))


def upgrade() -> None:
    for table, column in SAID:
        _seal(table, column)
    request = sa.table("gateway_request", *map(sa.column, ("app_id", "request_id", "digest")))
    for row in op.get_bind().execute(sa.select(request)).all():
        mine = (request.c.app_id == row.app_id) & (request.c.request_id == row.request_id)
        op.execute(sa.update(request).where(mine).values(digest=blind("gateway.request", row.digest)))


def _seal(table: str, column: str) -> None:
    """A new column in the place of the old one: both engines add, rename and drop columns where they are."""
    op.add_column(table, sa.Column(f"{column}_sealed", sa.LargeBinary(), nullable=True))
    rows = sa.table(table, sa.column("id"), sa.column(column), sa.column(f"{column}_sealed"))
    said = sa.select(rows.c.id, rows.c[column]).where(rows.c[column] != "")
    for identity, text in op.get_bind().execute(said).all():
        sealed = {f"{column}_sealed": seal_json(text, f"{table}.{column}")}
        op.execute(sa.update(rows).where(rows.c.id == identity).values(sealed))
    op.execute(f'ALTER TABLE "{table}" DROP COLUMN "{column}"')
    op.execute(f'ALTER TABLE "{table}" RENAME COLUMN "{column}_sealed" TO "{column}"')
