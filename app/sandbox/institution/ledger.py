"""The institutions' own books in SQLite. What stands here survives kill -9; what doesn't was never promised."""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS orders (
    institution TEXT NOT NULL, order_no TEXT NOT NULL, env TEXT NOT NULL, body TEXT NOT NULL,
    underwriting_status TEXT NOT NULL DEFAULT 'PENDING', pay_status TEXT NOT NULL DEFAULT 'UNPAID',
    issue_status TEXT NOT NULL DEFAULT 'NONE', premium INTEGER, reject_code TEXT, reason TEXT,
    token TEXT UNIQUE, return_url TEXT, pay_until TEXT, closed_for TEXT, created_at TEXT NOT NULL,
    PRIMARY KEY (institution, order_no));
CREATE TABLE IF NOT EXISTS payments (
    pay_txn_no TEXT PRIMARY KEY, institution TEXT NOT NULL, order_no TEXT NOT NULL, amount INTEGER NOT NULL,
    channel TEXT NOT NULL, paid_at TEXT NOT NULL, repayment_asked TEXT);
CREATE INDEX IF NOT EXISTS payments_order ON payments (institution, order_no);
CREATE TABLE IF NOT EXISTS guarantees (
    guarantee_no TEXT PRIMARY KEY, institution TEXT NOT NULL, order_no TEXT NOT NULL, verify_code TEXT NOT NULL,
    pay_txn_no TEXT NOT NULL, mode TEXT NOT NULL, amount INTEGER NOT NULL, valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL, issued_at TEXT NOT NULL, sm3 TEXT NOT NULL, unsealed_sm3 TEXT,
    state TEXT NOT NULL DEFAULT 'IN_FORCE', paid_out INTEGER NOT NULL DEFAULT 0,
    UNIQUE (institution, order_no));
CREATE TABLE IF NOT EXISTS files (sm3 TEXT PRIMARY KEY, sha256 TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS repayments (
    repay_txn_no TEXT PRIMARY KEY, pay_txn_no TEXT NOT NULL UNIQUE, institution TEXT NOT NULL,
    order_no TEXT NOT NULL, amount INTEGER NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS applications (
    institution TEXT NOT NULL, number TEXT NOT NULL, call TEXT NOT NULL, order_no TEXT NOT NULL,
    guarantee_no TEXT NOT NULL, body TEXT NOT NULL, decided TEXT NOT NULL DEFAULT '',
    verdict TEXT NOT NULL DEFAULT '', told INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (institution, number));
CREATE TABLE IF NOT EXISTS news (id INTEGER PRIMARY KEY, institution TEXT NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS answers (
    app_id TEXT NOT NULL, env TEXT NOT NULL, request_id TEXT NOT NULL, question TEXT NOT NULL,
    status INTEGER NOT NULL, body BLOB NOT NULL, at REAL NOT NULL, PRIMARY KEY (app_id, env, request_id));
CREATE TABLE IF NOT EXISTS nonces (
    app_id TEXT NOT NULL, nonce TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (app_id, nonce));
CREATE TABLE IF NOT EXISTS chores (
    id INTEGER PRIMARY KEY, kind TEXT NOT NULL, institution TEXT NOT NULL, order_no TEXT NOT NULL, env TEXT NOT NULL,
    body TEXT NOT NULL, request_id TEXT NOT NULL, due_at REAL NOT NULL, after INTEGER,
    attempts INTEGER NOT NULL DEFAULT 0, state TEXT NOT NULL DEFAULT 'due', outcome TEXT NOT NULL DEFAULT '');
CREATE INDEX IF NOT EXISTS chores_due ON chores (due_at) WHERE state = 'due';
CREATE INDEX IF NOT EXISTS chores_order ON chores (institution, order_no);
CREATE TABLE IF NOT EXISTS behaviours (
    institution TEXT NOT NULL, order_no TEXT NOT NULL, rule TEXT NOT NULL, PRIMARY KEY (institution, order_no));
CREATE TABLE IF NOT EXISTS uses (
    institution TEXT NOT NULL, subject TEXT NOT NULL, kind TEXT NOT NULL, times INTEGER NOT NULL,
    PRIMARY KEY (institution, subject, kind));
CREATE TABLE IF NOT EXISTS presigned (
    guarantee_no TEXT PRIMARY KEY, institution TEXT NOT NULL, verify_code TEXT NOT NULL, sm3 TEXT NOT NULL);
"""
_ADDED = (
    ("guarantees", "state TEXT NOT NULL DEFAULT 'IN_FORCE'"),
    ("guarantees", "paid_out INTEGER NOT NULL DEFAULT 0"),
    ("applications", "verdict TEXT NOT NULL DEFAULT ''"),
    ("applications", "told INTEGER NOT NULL DEFAULT 0"),
)
"""Columns that books opened before do not have."""
BOOKS = ("orders", "payments", "guarantees", "repayments", "applications", "chores")

Row = sqlite3.Row


class Ledger:
    """One file, many threads: writers queue at a lock, since SQLite's own waiting is by chance."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: queue.SimpleQueue[sqlite3.Connection] = queue.SimpleQueue()
        self._writing = threading.Lock()
        self._calling = False
        self.posted = threading.Event()
        path.parent.mkdir(parents=True, exist_ok=True)
        with self._connection() as connection:
            connection.executescript(_TABLES)
            for table, column in _ADDED:
                with suppress(sqlite3.OperationalError):  # it is there already
                    connection.execute(f"ALTER TABLE {table} ADD COLUMN {column}")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: committed at the end of the block, undone if it raises."""
        with self._writing, self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
                if self._calling:
                    self.posted.set()
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            finally:
                self._calling = False

    def call(self) -> None:
        """Wake those who wait for `posted` once this transaction is committed, when they can see its work."""
        self._calling = True

    def rows(self, sql: str, *values: Any) -> list[Row]:
        with self._connection() as connection:
            return connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: Any) -> Row | None:
        with self._connection() as connection:
            found: Row | None = connection.execute(sql, values).fetchone()
            return found

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            connection = self._idle.get_nowait()
        except queue.Empty:
            connection = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False, timeout=15)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
        try:
            yield connection
        finally:
            self._idle.put(connection)


def insert(connection: sqlite3.Connection, table: str, **values: Any) -> int:
    """`table` and the column names are ours, never a caller's."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    cursor = connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", tuple(values.values()))  # noqa: S608
    assert cursor.lastrowid is not None
    return cursor.lastrowid


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
