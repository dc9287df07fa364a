"""What a person deciding on a case is shown of its subject: facts in sections, documents. Features fill it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Row:
    """`value` is words or markup; `changed` says what is different from last time; `reveal` the address that shows
    a masked value."""

    label: str
    value: Any
    changed: str = ""
    reveal: str = ""


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Document:
    """`size` in bytes."""

    name: str
    url: str
    size: int | None = None
    note: str = ""


@dataclass(frozen=True)
class Panel:
    """`state` is the subject's State, if it has one."""

    sections: tuple[Section, ...] = ()
    documents: tuple[Document, ...] = ()
    state: Any = None


Show = Callable[[str, Any], Panel]
"""(key, user) → Panel: what this reader may see of the case."""
