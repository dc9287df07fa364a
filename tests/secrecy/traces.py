"""Everything an installation leaves behind, as one who has taken it all would read it without the master key."""

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

import redis
from flask import Flask
from sqlalchemy import inspect, text

from app.db import db
from app.jobs import queue

Row = dict[str, Any]


@dataclass
class Traces:
    """`tables`: table → rows as they are stored; `heaps`: where → raw bytes."""

    tables: dict[str, list[Row]] = field(default_factory=dict)
    heaps: dict[str, bytes] = field(default_factory=dict)

    def holding(self, words: Iterable[str], *, but: Iterable[str] = ()) -> list[str]:
        """Where any of these words stands, as it is or escaped, but for what is named in `but`."""
        patterns = [(word, pattern) for word in words for pattern in _spelled(word)]
        found = []
        for name, row in self.rows(but=but):
            for column, value in row.items():
                stored = _bytes(value)
                found += [f"{name}.{column}: {word}" for word, pattern in patterns if pattern.search(stored)]
        for name, heap in self.heaps.items():
            found += [f"{name}: {word}" for word, pattern in patterns if name not in but and pattern.search(heap)]
        return sorted(set(found))

    def rows(self, *, but: Iterable[str] = ()) -> Iterator[tuple[str, Row]]:
        for name, rows in self.tables.items():
            if name not in but:
                yield from ((name, row) for row in rows)

    def mentioning(self, word: str) -> dict[str, int]:
        """Table → rows in which the word stands."""
        (pattern,) = _spelled(word)
        found: dict[str, int] = defaultdict(int)
        for name, row in self.rows():
            found[name] += any(pattern.search(_bytes(value)) for value in row.values())
        return {name: count for name, count in found.items() if count}


def taken(app: Flask, log: str) -> Traces:
    """The database, row by row and as it lies on the disk, names and contents of files, Redis, the log."""
    found = Traces()
    with app.app_context():
        for name in inspect(db.engine).get_table_names():
            found.tables[name] = [dict(row) for row in db.session.execute(text(f'SELECT * FROM "{name}"')).mappings()]
        found.heaps["redis"] = _redis(queue.connection())
        db.session.remove()
        url = db.engine.url
    if url.drivername.startswith("sqlite"):
        with sqlite3.connect(str(url.database)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        found.heaps["database file"] = Path(str(url.database)).read_bytes()
    root = Path(app.config["FILES_URL"].removeprefix("file://"))
    found.heaps["file names"] = "\n".join(str(path) for path in root.rglob("*")).encode()
    found.heaps["file contents"] = b"\n".join(path.read_bytes() for path in root.rglob("*") if path.is_file())
    found.heaps["log"] = log.encode()
    return found


def _redis(store: redis.Redis) -> bytes:
    read = {
        b"string": lambda key: [store.get(key)],
        b"list": lambda key: store.lrange(key, 0, -1),
        b"hash": lambda key: [part for pair in store.hgetall(key).items() for part in pair],
        b"set": store.smembers,
        b"zset": lambda key: store.zrange(key, 0, -1),
    }
    return b"\n".join(b"\n".join((key, *read[store.type(key)](key))) for key in store.scan_iter())


def _spelled(word: str) -> list[re.Pattern[bytes]]:
    """Digits only where they stand as a number of their own: hashes and moments are full of digits."""
    if re.fullmatch(r"[\d.]+", word) and len(word) < 11:
        return [re.compile(rb"(?<![0-9A-Za-z.:_-])" + re.escape(word).encode() + rb"(?![0-9A-Za-z:_-])")]
    plain = [word.encode(), word.encode("unicode_escape")]
    return [re.compile(re.escape(form)) for form in dict.fromkeys(plain)]


def _bytes(value: Any) -> bytes:
    match value:
        case None:
            return b""
        case bytes() | memoryview():
            return bytes(value)
        case datetime() | date():
            return b""
        case _:
            return str(value).encode()
