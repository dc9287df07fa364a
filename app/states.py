"""States: the stored word and its Chinese label on one line; one mover."""

from collections.abc import Mapping, Set
from enum import StrEnum
from typing import Any, Protocol, Self

from app import audit
from app.errors import IllegalMove


class State(StrEnum):
    """`NAME = "stored_word", "标签"`."""

    label: str

    def __new__(cls, value: str, label: str) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member


def words(states: type[State]) -> dict[str, str]:
    """Stored word → label."""
    return {state.value: state.label for state in states}


class Stateful(Protocol):
    no: Any
    state: Any
    MOVES: Mapping[Any, Set[Any]]


def allowed(row: Stateful, to: State) -> bool:
    return to in row.MOVES.get(type(to)(row.state), ())  # type: ignore[call-arg]


def move(row: Stateful, to: State, *, by: "audit.Actor") -> None:
    """Move `row.state` to `to` if `row.MOVES` allows it; write the audit line."""
    state = type(to)(row.state)  # type: ignore[call-arg]
    if not allowed(row, to):
        raise IllegalMove(f"{row.no} 当前为“{state.label}”，不能变为“{to.label}”", no=row.no, state=str(state))
    row.state = to
    audit.record(row.no, f"{state.label} → {to.label}", by=by, was=str(state), now=str(to))
