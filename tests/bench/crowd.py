"""Many rows at once: copies of one real case with what belongs to it, made by the database itself."""

from typing import Any

from sqlalchemy import Table, text

from app.db import db, transaction

_NUMBERS = "WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < :count)"


def copies(policy: str, key: str, count: int) -> None:
    """`count` more cases like this one, each with its timers, calls, tasks and history; keys `key-1`, `key-2` …"""
    with transaction():
        source = _scalar("SELECT id FROM instance WHERE policy = :policy AND key = :key", policy=policy, key=key)
        last = _scalar("SELECT max(id) FROM instance")
        _multiply("instance", "s.id = :source", count, source=source, key="s.key || '-' || g.n")
        for table in ("job", "user_task", "history"):
            extra = {"key": "i.key"} if table == "user_task" else {}
            _attach(table, source=source, last=last, instance_id="i.id", **extra)


def orders(no: str, count: int) -> None:
    """`count` more orders like this one and their cases."""
    copies("order", no, count)
    changed = {name: f"s.{name} || '-' || g.n" for name in ("no", "lot_index", "live_key")}
    with transaction():
        _multiply("bid_order", "s.no = :source", count, source=no, **changed)


def analyze() -> None:
    """Let the database learn what it holds; a server in the field does it by itself."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    db.session.rollback()


def _multiply(table: str, which: str, count: int, *, source: Any, **changed: str) -> None:
    names, values = _columns(table, changed)
    db.session.execute(
        text(f"{_into(table, names)} {_NUMBERS} SELECT {values} FROM {table} s CROSS JOIN g WHERE {which}"),
        {"count": count, "source": source},
    )


def _attach(table: str, *, source: int, last: int, **changed: str) -> None:
    names, values = _columns(table, changed)
    db.session.execute(
        text(
            f"{_into(table, names)} SELECT {values} FROM {table} s JOIN instance i ON i.id > :last "
            "WHERE s.instance_id = :source"
        ),
        {"source": source, "last": last},
    )


def _columns(table: str, changed: dict[str, str]) -> tuple[str, str]:
    known: Table = db.metadata.tables[table]
    names = [column.name for column in known.columns if column.name != "id"]
    return ", ".join(f'"{name}"' for name in names), ", ".join(changed.get(name, f's."{name}"') for name in names)


def _into(table: str, names: str) -> str:
    return f"INSERT INTO {table} ({names})"


def _scalar(query: str, **values: Any) -> int:
    return int(db.session.execute(text(query), values).scalar_one())
