"""Rows for every table of a database as it stands, whatever its schema: what a migration will find in the field."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Connection, Date, DateTime, Integer, LargeBinary, MetaData, Numeric, Table

VERSION_TABLE = "alembic_version"


def fill(connection: Connection, rows: int = 3) -> dict[str, int]:
    """Put `rows` rows into every table, references pointing at rows that are there; returns how many stand where."""
    known = MetaData()
    known.reflect(connection)
    tables = [table for table in known.sorted_tables if table.name != VERSION_TABLE]
    for table in tables:
        connection.execute(table.insert(), [_row(table, number) for number in range(1, rows + 1)])
    return {table.name: rows for table in tables}


def _row(table: Table, number: int) -> dict[str, Any]:
    return {column.name: _value(column.type, number) for column in table.columns}


def _value(kind: Any, number: int) -> Any:
    """Numbers refer to the row of that number everywhere, so that references hold; the rest differs row by row."""
    for known, made in (
        (Boolean, number % 2 == 0),
        (Integer, number),
        (Numeric, number),
        (Date, date(2026, 1, number)),
        (DateTime, datetime(2026, 1, number, tzinfo=UTC)),
        (LargeBinary, bytes([number]) * 32),
        (JSON, {"row": number}),
    ):
        if isinstance(kind, known):
            return made
    return str(number)
