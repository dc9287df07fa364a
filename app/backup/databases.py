"""A consistent copy of the database while it is in use, and its way back. One pair of functions for each engine.

SQLite's copy is the file itself, by its online backup. PostgreSQL's is one COPY a table out of one snapshot: no
client program is needed, and any server version reads it.
"""

import gzip
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import Connection, MetaData, inspect, text
from sqlalchemy.engine import Engine

from app.errors import Misconfigured

FILE = "baohan.db.gz"
VERSION_TABLE = "alembic_version"
OTHERS = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
)
NEXT = 'SELECT last_value + is_called::int FROM "{}"'
COUNT = 'SELECT count(*) FROM "{}"'


def dump(engine: Engine, folder: Path) -> dict[str, int]:
    """Write the database's parts into `folder`; returns rows by table."""
    return _dump_sqlite(engine, folder) if engine.dialect.name == "sqlite" else _dump_postgresql(engine, folder)


def refuse_if_used(engine: Engine) -> None:
    """Raise while any other process has the database open."""
    if engine.dialect.name == "sqlite":
        engine.dispose()
        with sqlite3.connect(str(engine.url.database), timeout=0.5) as alone:
            try:
                used = alone.execute("PRAGMA journal_mode=DELETE").fetchone() != ("delete",)
            except sqlite3.OperationalError:
                used = True
        alone.close()
    else:
        with engine.connect() as connection:
            used = bool(connection.execute(text(OTHERS)).scalar())
    if used:
        raise Misconfigured("数据库正在使用：请先停止网站、派发和后台进程")


def empty(engine: Engine) -> bool:
    """Whether no table holds a row (but for the schema's version)."""
    with engine.connect() as connection:
        return not any(_rows(connection).values())


def load(engine: Engine, folder: Path, migrate: Callable[[], None], last: Callable[[Any], None]) -> None:
    """Put the copy in place of whatever is there. `migrate` makes the tables as they were; `last` runs in the load's
    own transaction (SQLite: on the copy before it takes its place), so that nobody ever sees the rows without it."""
    if engine.dialect.name == "sqlite":
        _load_sqlite(engine, folder, last)
    else:
        _clear(engine)
        migrate()
        _load_postgresql(engine, folder, last)


def _clear(engine: Engine) -> None:
    tables = MetaData()
    with engine.begin() as connection:
        tables.reflect(connection)
        tables.drop_all(connection)
        for name in inspect(connection).get_sequence_names():
            connection.execute(text(f'DROP SEQUENCE IF EXISTS "{name}" CASCADE'))


def _dump_sqlite(engine: Engine, folder: Path) -> dict[str, int]:
    copy = folder / "baohan.db"
    raw = engine.raw_connection()
    try:
        with sqlite3.connect(copy) as target:
            raw.driver_connection.backup(target)  # type: ignore[union-attr]
            target.execute("PRAGMA journal_mode=DELETE")
            names = [name for (name,) in target.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            rows = {name: target.execute(COUNT.format(name)).fetchone()[0] for name in names}
        target.close()
    finally:
        raw.close()
    with copy.open("rb") as plain, gzip.open(folder / FILE, "wb", compresslevel=4) as packed:
        shutil.copyfileobj(plain, packed, 1 << 20)
    copy.unlink()
    return _ours(rows)


def _load_sqlite(engine: Engine, folder: Path, last: Callable[[Any], None]) -> None:
    target = Path(str(engine.url.database))
    fresh = target.with_name(target.name + ".restoring")
    with gzip.open(folder / FILE, "rb") as packed, fresh.open("wb") as plain:
        shutil.copyfileobj(packed, plain, 1 << 20)
    with sqlite3.connect(fresh) as copy:
        if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
            raise Misconfigured("备份中的数据库未通过完整性检查")
        last(copy)
    copy.close()
    engine.dispose()
    for ending in ("-wal", "-shm"):
        target.with_name(target.name + ending).unlink(missing_ok=True)
    fresh.replace(target)


def _dump_postgresql(engine: Engine, folder: Path) -> dict[str, int]:
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection, connection.begin():
        connection.execute(text("SET TRANSACTION READ ONLY"))
        tables = MetaData()
        tables.reflect(connection)
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for table in tables.sorted_tables:
            if table.name == VERSION_TABLE:
                continue
            with gzip.open(folder / f"{table.name}.copy.gz", "wb", compresslevel=4) as out, driver.cursor() as cursor:
                columns = sql.SQL(", ").join(sql.Identifier(column.name) for column in table.columns)
                statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table.name), columns)
                with cursor.copy(statement) as copy:
                    for data in copy:
                        out.write(data)
        order = [
            {"table": table.name, "columns": [column.name for column in table.columns]}
            for table in tables.sorted_tables
            if table.name != VERSION_TABLE
        ]
        sequences = {
            name: int(connection.execute(text(NEXT.format(name))).scalar_one())
            for name in inspect(connection).get_sequence_names()
        }
        _write_order(folder, order, sequences)
        return _rows(connection)


def _load_postgresql(engine: Engine, folder: Path, last: Callable[[Any], None]) -> None:
    order, sequences = _read_order(folder)
    with engine.begin() as connection:
        driver: psycopg.Connection[Any] = connection.connection.driver_connection  # type: ignore[assignment]
        for entry in reversed(order):  # rows that a migration entered
            driver.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(entry["table"])))
        for entry in order:
            columns = sql.SQL(", ").join(map(sql.Identifier, entry["columns"]))
            statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(entry["table"]), columns)
            packed = gzip.open(folder / f"{entry['table']}.copy.gz", "rb")  # noqa: SIM115
            with packed, driver.cursor() as cursor, cursor.copy(statement) as copy:
                while data := packed.read(1 << 20):
                    copy.write(data)
        for name, following in sequences.items():
            connection.execute(text("SELECT setval(:name, :value, false)"), {"name": f'"{name}"', "value": following})
        last(driver)


def _write_order(folder: Path, order: list[dict[str, Any]], sequences: dict[str, int]) -> None:
    (folder / "order.json").write_text(json.dumps({"tables": order, "sequences": sequences}, indent=1))


def _read_order(folder: Path) -> tuple[list[dict[str, Any]], dict[str, int]]:
    content = json.loads((folder / "order.json").read_text())
    return content["tables"], content["sequences"]


def _rows(connection: Connection) -> dict[str, int]:
    names = inspect(connection).get_table_names()
    return _ours({name: connection.execute(text(COUNT.format(name))).scalar_one() for name in names})


def _ours(rows: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(rows.items()) if name not in (VERSION_TABLE, "sqlite_sequence")}
