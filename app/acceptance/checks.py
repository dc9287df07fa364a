"""A check of the acceptance test: its number, what it is called, what is expected, and what it does."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.acceptance.play import Play

FIRST = "A14-1"  # nothing is asked of an endpoint that does not answer this


class Outcome(StrEnum):
    label: str

    def __new__(cls, value: str, label: str) -> "Outcome":
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member

    PASSED = "passed", "通过"
    FAILED = "failed", "未通过"
    UNREACHED = "unreached", "未执行"
    NOT_APPLICABLE = "not_applicable", "不适用"


class Failed(Exception):
    """What was expected did not come; the text says in Chinese what came instead."""


class NotApplicable(Exception):
    """This institution has nothing that could be checked here; the text says why."""


Act = Callable[["Play"], object]


@dataclass(frozen=True)
class Check:
    """`needs`: checks that must have passed before this one makes sense."""

    no: str
    title: str
    expects: str
    act: Act
    needs: tuple[str, ...]
    chapter: str


@dataclass
class Chapter:
    """A row of checks, in the order they are made: `@chapter("A1-1", "询价", expects="…")` above a function."""

    title: str
    checks: list[Check] = field(default_factory=list)

    def __call__(self, no: str, title: str, *, expects: str, needs: tuple[str, ...] = ()) -> Callable[[Act], Act]:
        def register(act: Act) -> Act:
            self.add(no, title, act, expects=expects, needs=needs)
            return act

        return register

    def add(self, no: str, title: str, act: Act, *, expects: str, needs: tuple[str, ...] = ()) -> None:
        needed = (*needs,) if no == FIRST or FIRST in needs else (FIRST, *needs)
        self.checks.append(Check(no, title, expects, act, needed, self.title))
