"""Prebuilt statements for the runtime's rows, sent together.

A step reads once and writes once: on PostgreSQL each of the two is one pipelined round trip, on SQLite the same
statements run one by one. They share the session's connection, so the transaction is the one of `transaction()`.
`statements` counts what a step costs (one executemany is one); the benchmark reads it.
"""

import re
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

from app.db import db

statements = 0


class Statement:
    """One SQL text with `:name` parameters, spelled for each driver."""

    def __init__(self, text: str):
        self.sqlite = " ".join(text.split())
        self.postgresql = re.sub(r"(?<!:):([a-z_]+)", r"%(\1)s", self.sqlite)


def lines(table: str, columns: str) -> Statement:
    """An INSERT of the named columns."""
    names = columns.split()
    return Statement(
        f"INSERT INTO {table} ({', '.join(names)}) VALUES ({', '.join(':' + name for name in names)})"  # noqa: S608
    )


_INSTANCE = "id, policy, version_id, key, region, institution, status, state, row_version"
LOCK_BY_KEY = Statement(f"SELECT {_INSTANCE} FROM instance WHERE policy = :policy AND key = :key")  # noqa: S608
LOCK_BY_ID = Statement(f"SELECT {_INSTANCE} FROM instance WHERE id = :id")  # noqa: S608
for _lock in (LOCK_BY_KEY, LOCK_BY_ID):
    _lock.postgresql += " FOR UPDATE"
INBOX = Statement(
    "SELECT m.id, m.name, m.correlation, m.payload, m.received_at, m.sender FROM inbox m "
    "WHERE m.policy = :policy AND m.key = :key AND m.delivered_at IS NULL ORDER BY m.id"
)
INBOX_BY_INSTANCE = Statement(
    "SELECT m.id, m.name, m.correlation, m.payload, m.received_at, m.sender FROM inbox m "
    "JOIN instance i ON i.policy = m.policy AND i.key = m.key "
    "WHERE i.id = :id AND m.delivered_at IS NULL ORDER BY m.id"
)
JOB = Statement(
    "SELECT id, kind, state, instance_id, token, element, name, payload, key, attempt, attempts, result "
    "FROM job WHERE id = :id"
)
TASK = Statement(
    "SELECT id, instance_id, token, element, form, role, assignee, key, policy FROM user_task WHERE id = :id"
)
LIVE = Statement("SELECT version_id FROM policy_live WHERE policy = :policy")
INSERT_INSTANCE = Statement(
    "INSERT INTO instance (policy, version_id, key, region, institution, status, state, row_version, started_at, "
    "updated_at, ended_at) VALUES (:policy, :version_id, :key, :region, :institution, :status, :state, 0, :now, :now, "
    ":ended_at) RETURNING id"
)
SAVE_INSTANCE = Statement(
    "UPDATE instance SET status = :status, state = :state, version_id = :version_id, region = :region, "
    "institution = :institution, row_version = row_version + 1, updated_at = :now, ended_at = :ended_at "
    "WHERE id = :id AND row_version = :row_version"
)
ADD_TASK = lines(
    "user_task",
    "instance_id token element name form policy key role region institution assignee assignee_label priority "
    "created_at due_at",
)
DROP_TASK = Statement("DELETE FROM user_task WHERE instance_id = :instance_id AND token = :token")
ADD_SUBSCRIPTION = lines("subscription", "instance_id token element name correlation since")
DROP_SUBSCRIPTION = Statement(
    "DELETE FROM subscription WHERE instance_id = :instance_id AND token = :token AND name = :name"
)
ADD_JOB = lines(
    "job", "kind state instance_id token element name payload key run_at attempt attempts offers error created_at"
)
DROP_TIMER = Statement(
    "DELETE FROM job WHERE instance_id = :instance_id AND token = :token AND name = :name AND kind = 'timer'"
)
DROP_CALL = Statement(
    "UPDATE job SET state = 'done', done_at = :now, error = 'superseded' "
    "WHERE instance_id = :instance_id AND token = :token AND kind = 'call' AND state <> 'done'"
)
END_JOB = Statement("UPDATE job SET state = 'done', done_at = :now, error = '' WHERE id = :id")
ADD_INCIDENT = lines(
    "incident", "instance_id policy key kind element element_name job_id message status created_at closed_by note"
)
ADD_HISTORY = lines("history", "instance_id step at kind element actor actor_label detail sealed")
TAKE_MESSAGE = Statement("UPDATE inbox SET delivered_at = :now WHERE id = :id")


class Batch:
    """Writes of one step, kept in order and sent at once."""

    def __init__(self) -> None:
        self._writes: list[tuple[Statement, list[dict[str, Any]]]] = []

    def add(self, statement: Statement, *rows: Mapping[str, Any]) -> None:
        if not rows:
            return
        if self._writes and self._writes[-1][0] is statement:
            self._writes[-1][1].extend(map(dict, rows))
        else:
            self._writes.append((statement, [dict(row) for row in rows]))

    def send(self) -> None:
        """Run everything in one round trip; a saved instance that somebody else changed raises Changed."""
        global statements
        if not self._writes:
            return
        connection, dialect = _driver()
        statements += len(self._writes)
        checks: list[Any] = []
        with connection.pipeline() if dialect == "postgresql" else nullcontext():
            for statement, rows in self._writes:
                cursor = connection.cursor()
                if len(rows) == 1:
                    cursor.execute(getattr(statement, dialect), _bound(rows[0], dialect))
                else:
                    cursor.executemany(getattr(statement, dialect), [_bound(row, dialect) for row in rows])
                if statement is SAVE_INSTANCE:
                    checks.append(cursor)
        self._writes = []
        if any(cursor.rowcount != 1 for cursor in checks):
            raise Changed


class Changed(Exception):
    """The instance's row was written by somebody who did not hold its lock; the step is done again."""


def rows(*queries: tuple[Statement, Mapping[str, Any]]) -> list[list[tuple[Any, ...]]]:
    """The rows of each query, all asked in one round trip."""
    global statements
    connection, dialect = _driver()
    statements += len(queries)
    cursors = []
    with connection.pipeline() if dialect == "postgresql" and len(queries) > 1 else nullcontext():
        for statement, values in queries:
            cursor = connection.cursor()
            cursor.execute(getattr(statement, dialect), _bound(values, dialect))
            cursors.append(cursor)
    return [cursor.fetchall() for cursor in cursors]


def one(statement: Statement, **values: Any) -> tuple[Any, ...] | None:
    found = rows((statement, values))[0]
    return found[0] if found else None


def moment(value: Any) -> datetime | None:
    """A moment as a driver gave it, aware."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


def _driver() -> tuple[Any, str]:
    connection = db.session.connection()
    return connection.connection.driver_connection, connection.dialect.name


def _bound(values: Mapping[str, Any], dialect: str) -> Mapping[str, Any]:
    if dialect != "sqlite":
        return values
    return {name: _sqlite(value) for name, value in values.items()}


def _sqlite(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    return value
