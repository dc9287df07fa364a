"""Rows read without the ORM: some columns of a model, by a prebuilt statement, as plain values under their names.

For what every request and every step looks at. What is read so cannot be changed, and is nobody's to keep.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable
from typing import Any

import orjson
from sqlalchemy import JSON, Boolean
from sqlalchemy.types import TypeDecorator, TypeEngine

from app.db import UtcDateTime
from app.statements import Statement, moment, rows


class Glance(Statement):
    """`SELECT columns FROM the model's table` and then `rest`; `read()` makes of its rows what the model would."""

    def __init__(self, model: Any, columns: str, rest: str, *, like: type = object):
        """`like`: a class whose methods the rows have, too."""
        table, names = model.__table__, columns.split()
        super().__init__(f"SELECT {', '.join(names)} FROM {table.name} {rest}")  # noqa: S608
        plain = namedtuple(model.__name__, names)  # type: ignore[misc]
        self.row: Any = plain if like is object else type(model.__name__, (plain, like), {})
        self.readers = [(at, reader) for at, name in enumerate(names) if (reader := _reader(table.c[name].type))]

    def read(self, found: Iterable[tuple[Any, ...]]) -> list[Any]:
        return [self._row(values) for values in found]

    def one(self, **values: Any) -> Any:
        """The only row there is, or None."""
        found = rows((self, values))[0]
        return self._row(found[0]) if found else None

    def _row(self, values: tuple[Any, ...]) -> Any:
        plain = list(values)
        for at, reader in self.readers:
            if plain[at] is not None:
                plain[at] = reader(plain[at])
        return self.row._make(plain)


def _reader(type_: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    """How a value comes from the driver; None: as it is."""
    if isinstance(type_, UtcDateTime):
        return moment
    if isinstance(type_, JSON):
        return lambda value: orjson.loads(value) if isinstance(value, str) else value  # psycopg has read it
    if isinstance(type_, Boolean):
        return bool
    if isinstance(type_, TypeDecorator):
        return lambda value: type_.process_result_value(value, None)  # type: ignore[arg-type]
    return None
