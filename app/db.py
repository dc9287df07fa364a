"""The database and its one committer.

`transaction()` stands at the edges (view, gateway route, job, CLI). On SQLite it begins IMMEDIATE, so that two
processes never overwrite each other's read; reads outside it begin plainly.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from flask import abort, has_app_context, request
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.pagination import Pagination
from sqlalchemy import BigInteger, DateTime, Executable, Integer, MetaData, Table, event, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction
from sqlalchemy.pool import ConnectionPoolEntry, Pool
from sqlalchemy.types import TypeDecorator

from app import clock

T = TypeVar("T")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)


class Database(SQLAlchemy):
    def paginate(self, select: Any, **how: Any) -> Pagination:
        """A page's number no database can count to is no page."""
        if len(request.args.get("page", "")) > PAGE_DIGITS:
            abort(404)
        return super().paginate(select, **how)


db = Database(model_class=Base, session_options={"expire_on_commit": False})
migrate = Migrate()

BigKey = BigInteger().with_variant(Integer, "sqlite")
Fen = BigInteger

_writing: ContextVar[bool] = ContextVar("writing", default=False)
RESTED = 1.0  # seconds
PAGE_DIGITS = 9
_AGAIN = {"40001", "40P01", "55P03"}


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC moment, whatever zone the server speaks; SQLite keeps it as text in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@event.listens_for(Engine, "connect")
def _prepare(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "busy_timeout=15000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")
    else:  # psycopg: the server keeps the plans of what is said again and again; there is more of it than a hundred
        connection.prepare_threshold, connection.prepared_max = 2, 500


@event.listens_for(Pool, "checkin")
def _laid_down(connection: Any, record: ConnectionPoolEntry) -> None:
    record.info["rests_since"] = time.monotonic()
    if getattr(connection, "autocommit", False) is True:  # psycopg's word; sqlite3 has another of that name
        connection.autocommit = False


@event.listens_for(Pool, "checkout")
def _taken_up(connection: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
    """A connection that has rested is asked whether the server still knows it; in a busy process few have."""
    if time.monotonic() - record.info.get("rests_since", time.monotonic()) < RESTED:
        return
    try:
        connection.execute("SELECT 1")
        connection.rollback()
    except Exception as error:
        raise DisconnectionError from error


@event.listens_for(Engine, "begin")
def _begin(connection: Any) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if _writing.get() else "BEGIN")


@event.listens_for(Session, "after_begin")
def _reads(_session: Session, _transaction: SessionTransaction, connection: Any) -> None:
    """What only reads needs no BEGIN on PostgreSQL: at READ COMMITTED each statement sees its own moment anyway. And no
    ROLLBACK, after which psycopg has forgotten every prepared statement."""
    if connection.dialect.name == "postgresql":
        driver = connection.connection.driver_connection
        if driver.autocommit is _writing.get():
            driver.autocommit = not _writing.get()


@contextmanager
def transaction() -> Iterator[None]:
    """Everything inside is committed together or not at all; edges only, never nested."""
    if _writing.get():
        raise RuntimeError("transaction() stands at the edge and is not nested")
    db.session.rollback()
    db.session.info["after_commit"] = []
    with writing():
        try:
            db.session.connection()
            yield
            db.session.flush()
            for write in db.session.info.pop("before_commit", ()):
                write()
            db.session.commit()
        except BaseException:
            db.session.rollback()
            raise
        finally:
            db.session.info.pop("before_commit", None)
            callbacks = db.session.info.pop("after_commit", [])
    for callback in callbacks:
        callback()


@contextmanager
def savepoint() -> Iterator[None]:
    """A part of the caller's transaction that is undone alone if it raises, with what it meant to write at the commit,
    to do after it, and had looked up.

    What was to be written later before it is written now: it must not be undone with this part.
    """
    kept = db.session.info
    db.session.flush()
    for write in kept.pop("before_commit", ()):
        write()
    callbacks, looked_up = list(kept.get("after_commit", ())), dict(kept.get("remembered", {}))
    try:
        with db.session.begin_nested():
            yield
    except BaseException:
        for name in ("before_commit", "later"):
            kept.pop(name, None)
        kept["after_commit"], kept["remembered"] = callbacks, looked_up
        raise


@contextmanager
def writing() -> Iterator[None]:
    """Transactions begun inside take SQLite's write lock at once, as `transaction()` and migrations do."""
    token = _writing.set(True)
    try:
        yield
    finally:
        _writing.reset(token)


def after_commit(callback: Callable[[], None]) -> None:
    """Run `callback` once the transaction has committed; never if it rolls back. The same one only once."""
    callbacks = db.session.info.setdefault("after_commit", [])
    if callback not in callbacks:
        callbacks.append(callback)


def before_commit(write: Callable[[], None]) -> None:
    """Run `write` as the last thing before the transaction commits, after the session's own changes are flushed."""
    db.session.info.setdefault("before_commit", []).append(write)


def remembered(kind: str, key: str, load: Callable[[], T]) -> T:
    """What `load` gave for this key earlier in the same database transaction, else what it gives now."""
    kept: dict[tuple[str, str], T] = db.session.info.setdefault("remembered", {})
    if (kind, key) not in kept:
        kept[kind, key] = load()
    return kept[kind, key]


def remember(kind: str, key: str, value: Any) -> None:
    """What `remembered` is to give from now on, in this database transaction."""
    db.session.info.setdefault("remembered", {})[kind, key] = value


@event.listens_for(Session, "after_transaction_end")
def _forget(session: Session, ended: SessionTransaction) -> None:
    if ended.parent is None:
        session.info.pop("remembered", None)
        session.info.pop("later", None)


def in_transaction() -> bool:
    return _writing.get()


def insert_new(model: type[Any], **values: Any) -> bool:
    """Insert the row unless one with its unique key exists (waiting for a rival's commit); whether it was inserted."""
    return db.session.execute(_new(model.__table__, db.engine.dialect.name), values).first() is not None


@cache
def _new(table: Table, dialect: str) -> Executable:
    insert = sqlite.insert if dialect == "sqlite" else postgresql.insert
    return insert(table).on_conflict_do_nothing().returning(*table.primary_key)


class Again(Exception):
    """The work is undone and to be done again, after `first` has been done in a transaction of its own."""

    def first(self) -> None:
        """Nothing."""


class Changed(Again):
    """A row was written by somebody who did not hold its lock; the work is done again."""


def retrying(edge: Callable[[], T], *, times: int = 6) -> T:
    """Call a whole edge function again after a deadlock, serialization failure or a busy database, or when it says."""
    for attempt in range(times):
        try:
            return edge()
        except (DBAPIError, Again) as error:
            if isinstance(error, Again):
                error.first()
            elif not passes(error):
                raise
            if attempt == times - 1:
                raise
            time.sleep(0.01 * 2**attempt)
    raise AssertionError("unreachable")


def passes(error: DBAPIError) -> bool:
    """Whether the same work may succeed if it is done again."""
    if getattr(error.orig, "sqlstate", None) in _AGAIN or error.connection_invalidated:
        return True
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def database_now() -> datetime:
    """The database's clock (leases and timers use it), with this process's offset."""
    if db.engine.dialect.name == "sqlite":
        return clock.now()
    return db.session.execute(text("SELECT clock_timestamp()")).scalar_one() + clock.offset()


def forget() -> None:
    """End the read transaction, if one is open."""
    if has_app_context():
        db.session.rollback()
