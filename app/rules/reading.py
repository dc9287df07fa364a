"""Reading the texts of one DMN file: its names and types, and what is wrong where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from . import syntax
from .bounds import Scope
from .code import Code, Surroundings, codes
from .failures import Note, RuleSyntaxError, Said
from .kinds import Type
from .parser import parse, parse_tests
from .values import Value


@dataclass(frozen=True, slots=True)
class Broken(syntax.Node):
    """A text that could not be read, in a model that is loaded nevertheless: null, and why."""

    note: Note


@codes(Broken)
def _broken_code(node: Broken, around: Surroundings) -> Code:
    def complain(scope: Scope) -> Value:
        if scope.run.notes is not None:
            scope.run.notes.append(node.note)

    return complain


@dataclass(slots=True)
class Reader:
    """`errors` collects what is wrong; without it the first error is raised."""

    names: list[str]
    types: Mapping[str, Type]
    errors: list[RuleSyntaxError] | None = None

    def wrong(self, error: RuleSyntaxError, where: Said) -> Broken:
        told = error.at(where)
        if self.errors is None:
            raise told from None
        self.errors.append(told)
        return Broken(told.note)

    def expression(self, text: str, where: Said) -> syntax.Node:
        """The tree of a text; none is null."""
        if not text:
            return syntax.Literal(None)
        try:
            return parse(text, self.names)
        except RuleSyntaxError as error:
            return self.wrong(error, where)

    def tests(self, text: str, where: Said) -> syntax.Tests:
        """The unary tests of a text; none is `-`."""
        try:
            return parse_tests(text, self.names)
        except RuleSyntaxError as error:
            return syntax.Tests((self.wrong(error, where),))

    def type(self, name: str, where: Said) -> Type | None:
        """The type of this name; none for no name."""
        if not name:
            return None
        if name not in self.types:
            self.wrong(RuleSyntaxError("unknown_reference", name=name), where)
            return None
        return self.types[name]
