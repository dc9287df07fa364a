"""Where the database holds what a master key has sealed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, func, literal, select, type_coerce

from app.db import db
from app.sealing import Sealed, header

OF_A_LOT = {"bid_order.sealed", "guarantee.sealed", "application.sealed", "invoice.sealed"}
"""Sealed under the lot's key, which is wrapped: `lot_key.wrapped`."""

EVIDENCE = {"audit_line.actor_sealed"}
"""Stays as it is, for the chain's hashes are over it; the key it was sealed with is kept (sealing.MasterKey)."""

HASHES = {
    "audit_line.mark", "audit_line.chain_hash", "audit_head.hash", "audit_head.mac", "audit_checkpoint.hash",
}  # fmt: skip
BY_ROW = {"lot_key.wrapped": ("lot", "lot_no"), "stored_file.wrapped": ("file", "name"),
          "master_key.wrapped": ("master", "name")}  # fmt: skip
BY_COLUMN = {"instance.state": "instance.state", "history.sealed": "history"}


@dataclass(frozen=True)
class Place:
    """A column. Its scope is the same in every row, or `prefix:` and another column's value."""

    table: Table
    column: Column[Any]
    scope: str = ""
    prefix: str = ""
    by: str = ""

    @property
    def name(self) -> str:
        return f"{self.table.name}.{self.column.name}"

    @property
    def raw(self) -> Any:
        """As it is stored."""
        return type_coerce(self.column, LargeBinary)

    def scope_of(self, row: Mapping[Any, Any]) -> str:
        return self.scope or f"{self.prefix}:{row[self.by]}"

    def stale(self, current: str) -> Any:
        """Sealed under another key than this one."""
        begins = type_coerce(func.substr(self.raw, 1, 8), LargeBinary)
        return self.column.is_not(None) & (begins != literal(header(current), LargeBinary))


def places() -> Iterator[Place]:
    """Every column the current master key seals, or wraps a key in."""
    for table in db.metadata.sorted_tables:
        for column in table.columns:
            name = f"{table.name}.{column.name}"
            if name in EVIDENCE:
                continue
            if isinstance(column.type, Sealed):
                yield Place(table, column, column.type.scope)
            elif name in BY_COLUMN:
                yield Place(table, column, BY_COLUMN[name])
            elif name in BY_ROW:
                prefix, by = BY_ROW[name]
                yield Place(table, column, prefix=prefix, by=by)


def left(current: str) -> dict[str, int]:
    """How many values of each place are sealed under another key."""
    found = {}
    for place in places():
        query = select(func.count()).select_from(place.table).where(place.stale(current))
        if count := db.session.scalar(query):
            found[place.name] = count
    return found
