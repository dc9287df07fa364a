"""Prebuilt SQL for the rows that every step writes, sent together.

`rows()` asks several queries, `later()` keeps writes until the transaction commits: on PostgreSQL each is one
pipelined round trip, on SQLite the same statements run one by one. They share the session's connection, so the
transaction is the one of `transaction()`. `count` is what they cost (one executemany is one); the benchmark reads it.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import DBAPIError

from app import clock
from app.db import Changed, before_commit, db

count = 0
_PARAMETER = re.compile(r"(?<!:):([a-z][a-z0-9_]*)")
_LOCK = re.compile(r" FOR UPDATE SKIP LOCKED")
_CLOCK = re.compile(r"\bclock\((:?[a-z]*)\)")


def _sqlite_clock(found: re.Match[str]) -> str:
    return f":clock{found[1].replace(':', '_')}"


def _postgresql_clock(found: re.Match[str]) -> str:
    return f"(statement_timestamp() + :clock + {found[1]})" if found[1] else "(statement_timestamp() + :clock)"


class Statement:
    """One SQL text with `:name` parameters, spelled for each driver. `only`: it must touch exactly as many rows as
    it is given. `clock()` in it is the database's time (db.database_now), `clock(:wait)` that and a timedelta."""

    def __init__(self, text: str, *, postgresql: str = "", only: bool = False):
        plain = " ".join(text.split())
        self.moments = {found.strip(":") for found in _CLOCK.findall(plain)}
        self.sqlite = _LOCK.sub("", _CLOCK.sub(_sqlite_clock, plain))
        self.postgresql = _PARAMETER.sub(r"%(\1)s", _CLOCK.sub(_postgresql_clock, f"{plain} {postgresql}".strip()))
        self.only = only


def insert(table: str, columns: str, *, new: str = "") -> Statement:
    """An INSERT of the named columns; with `new` (a unique key's columns), a row that is there stays as it is."""
    names = columns.split()
    places = ", ".join(f":{name}" for name in names)
    keep = f" ON CONFLICT ({new}) DO NOTHING" if new else ""
    return Statement(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places}){keep}")  # noqa: S608


def rows(*queries: tuple[Statement, Mapping[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, all asked in one round trip."""
    global count
    connection, dialect = _driver()
    count += len(queries)
    cursors = []
    with _translated(), connection.pipeline() if dialect == "postgresql" and len(queries) > 1 else nullcontext():
        for statement, values in queries:
            cursor = connection.cursor()
            cursor.execute(getattr(statement, dialect), _bound(statement, values, dialect))
            cursors.append(cursor)
        return [cursor.fetchall() for cursor in cursors]


def one(statement: Statement, **values: Any) -> tuple[Any, ...] | None:
    found = rows((statement, values))[0]
    return found[0] if found else None


def moment(value: Any) -> Any:
    """A time as `rows()` gives it: aware UTC, whatever the driver makes of it."""
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value and value.astimezone(UTC)


def later(statement: Statement, values: Iterable[Mapping[str, Any]]) -> None:
    """Write these rows when the transaction commits, in the order they were given; never if it rolls back."""
    pending: dict[Statement, list[Mapping[str, Any]]] = db.session.info.setdefault("later", {})
    if not pending:
        before_commit(send)
    kept = pending.setdefault(statement, [])
    kept.extend(values)
    if not kept:
        del pending[statement]


def send() -> None:
    """Write now what was to be written later, so that the next query sees it."""
    global count
    pending: dict[Statement, list[Mapping[str, Any]]] = db.session.info.pop("later", {})
    if not pending:
        return
    connection, dialect = _driver()
    count += len(pending)
    checks = []
    with _translated(), connection.pipeline() if dialect == "postgresql" else nullcontext():
        for statement, given in pending.items():
            cursor = connection.cursor()
            if len(given) == 1:
                cursor.execute(getattr(statement, dialect), _bound(statement, given[0], dialect))
            else:
                cursor.executemany(getattr(statement, dialect), [_bound(statement, one, dialect) for one in given])
            if statement.only:
                checks.append((cursor, len(given)))
    if any(cursor.rowcount != wanted for cursor, wanted in checks):
        raise Changed


@contextmanager
def _translated() -> Iterator[None]:
    """A driver's error as SQLAlchemy's, so that those who retry know it."""
    dialect = db.session.connection().dialect
    module = dialect.loaded_dbapi
    try:
        yield
    except module.Error as error:
        lost = dialect.is_disconnect(error, None, None)
        raise DBAPIError.instance(
            "", None, error, module.Error, connection_invalidated=lost, dialect=dialect
        ) from error


def _driver() -> tuple[Any, str]:
    connection = db.session.connection()
    return connection.connection.driver_connection, connection.dialect.name


def _bound(statement: Statement, values: Mapping[str, Any], dialect: str) -> Mapping[str, Any]:
    if dialect != "sqlite":
        return {**values, "clock": clock.offset()} if statement.moments else values
    bound = {name: _sqlite(value) for name, value in values.items()}
    if statement.moments:
        now = clock.now()
        bound |= {f"clock_{wait}": _sqlite(now + values[wait]) for wait in statement.moments if wait}
        bound["clock"] = _sqlite(now)
    return bound


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return None if isinstance(value, timedelta) else value
