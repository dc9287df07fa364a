"""What a diagram may call, and what it may read.

A feature declares its `Operation`s and `Subject`s; create_app() joins them; a duplicate name fails at start. Laws,
rehearsal, play and "why not" stand on the declarations, so each says what it takes, gives, changes and how it acts
in a rehearsal.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.audit import SYSTEM, Actor
from app.errors import Misconfigured
from app.runtime.panels import Show


@dataclass(frozen=True)
class Field:
    """A parameter or result: `type` is a FEEL type name (string, number, boolean, date and time, context, list)."""

    name: str
    type: str
    label: str
    required: bool = True


@dataclass(frozen=True)
class Fact:
    """A value expressions may read: dotted `name`, and who may see it: public, sealed (till opening), personal.

    `words` say stored words as people read them; `lasting` tells by all facts whether this one never changes again.
    """

    name: str
    type: str
    label: str
    secrecy: str = "public"
    words: Mapping[str, str] = field(default_factory=dict)
    lasting: Callable[[Mapping[str, Any]], bool] = lambda facts: False


@dataclass(frozen=True)
class OpContext:
    """What an operation knows of its call.

    `secret` is what the person's form said under a secrecy class: operations put it into sealed columns, it never
    enters process data. `idempotency` is the same at every attempt of one outside call.
    """

    key: str
    policy: str
    now: datetime
    element: str
    element_name: str = ""
    by: Actor = SYSTEM
    secret: Mapping[str, Any] = field(default_factory=dict)
    idempotency: str = ""
    attempt: int = 1
    step: Any = None  # runtime.step.Step, inside a step

    def incident(self, message: str, *, kind: str = "business") -> None:
        """Something a person must see; the case goes on."""
        self.step.incident(self.element, kind, message, name=self.element_name)

    def post(self, name: str, payload: dict[str, Any], *, key: str = "") -> None:
        """An errand that a worker carries after the commit."""
        self.step.post(name, payload, key=key)

    def rescope(self, *, region: str | None = None, institution: str | None = None) -> None:
        """Whose queue this case's tasks belong to from now on."""
        self.step.region = self.step.region if region is None else region
        self.step.institution = self.step.institution if institution is None else institution


@dataclass(frozen=True)
class Operation:
    """A verb for diagrams. `outside`: a job runs it, with no transaction held; else it runs inside the step."""

    name: str
    run: Callable[..., Any]
    title: str
    parameters: tuple[Field, ...] = ()
    results: tuple[Field, ...] = ()
    effects: tuple[str, ...] = ()
    simulate: Callable[..., Any] | None = None
    outside: bool = False
    attempts: int = 8


@dataclass(frozen=True)
class Subject:
    """A kind of case. `facts(key)` gives a mapping name → function that reads that fact, called only if it is used.
    `panel(key, user)` is what a reviewer is shown of it; without one, its public facts. `hidden(key)` are the words
    that are struck out where others' words about it are shown to staff (an institution's refusal, say)."""

    kind: str
    title: str
    facts: Callable[[str], Mapping[str, Callable[[], Any]]]
    fields: tuple[Fact, ...] = ()
    policies: tuple[str, ...] = ()
    link: Callable[[str], str] | None = None
    panel: Show | None = None
    hidden: Callable[[str], Iterable[str]] | None = None


class Catalogue:
    """The operations and subjects of this installation."""

    def __init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.subjects: dict[str, Subject] = {}

    def add(self, *entries: Operation | Subject) -> None:
        for entry in entries:
            shelf: dict[str, Any] = self.operations if isinstance(entry, Operation) else self.subjects
            name = entry.name if isinstance(entry, Operation) else entry.kind
            if name in shelf:
                raise Misconfigured(f"重复登记：{name}")
            shelf[name] = entry

    def subject_of(self, policy: str) -> Subject | None:
        return next((s for s in self.subjects.values() if policy in s.policies or s.kind == policy), None)

    def struck(self, policy: str, key: str, words: str) -> str:
        """The words without what the case hides."""
        subject = self.subject_of(policy)
        for word in subject.hidden(key) if subject is not None and subject.hidden is not None else ():
            words = words.replace(word, "…") if word else words
        return words


class LazyFacts(Mapping[str, Any]):
    """Facts read from the database only when an expression names them, once a step; `used` is for the history."""

    def __init__(self, readers: Mapping[str, Callable[[], Any]]):
        self.readers = readers
        self.used: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.used:
            self.used[name] = self.readers[name]()
        return self.used[name]

    def __contains__(self, name: object) -> bool:
        return name in self.readers

    def __iter__(self) -> Any:
        return iter(self.readers)

    def __len__(self) -> int:
        return len(self.readers)
