"""Migrations run in one transaction, one process at a time; a failed one leaves the schema as it was."""

from typing import Any

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.types import TypeDecorator

from app import sealing
from app.db import db, writing

LOCK = 4_300_000_001  # PostgreSQL's advisory lock: two hosts may start at once


def plain(kind: str, item: Any, _context: Any) -> str | bool:
    """Our own column types are written as what the database sees: a migration outlives the code of its day."""
    return repr(item.impl).join(("sa.", "")) if kind == "type" and isinstance(item, TypeDecorator) else False


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        render_as_batch=True,
        compare_type=True,
        render_item=plain,
        transactional_ddl=True,
        **context.config.attributes.get("configure_args", {}),
    )
    with sealing.keyring().migrating(connection), context.begin_transaction():
        context.run_migrations()


def migrate() -> None:
    given = context.config.attributes.get("connection")
    if isinstance(given, Connection):
        run(given)
        return
    with db.engine.connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        raw = connection.connection.driver_connection
        if sqlite and raw is not None:
            # Recreating a table would cascade to the rows that refer to it; only settable outside a transaction.
            raw.execute("PRAGMA foreign_keys=OFF")
        try:
            with writing(), connection.begin():
                if not sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
                run(connection)
                if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()):
                    raise RuntimeError(f"the migration broke references: {broken[:5]}")
        finally:
            if sqlite and raw is not None:
                raw.execute("PRAGMA foreign_keys=ON")


migrate()
