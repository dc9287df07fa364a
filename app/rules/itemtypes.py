"""Item definitions of a DMN file as types."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from .bounds import Run, Scope
from .code import Surroundings
from .document import Element, all_of, first_of, name_of, text_of, type_of
from .failures import RuleError, RuleSyntaxError, Said
from .kinds import ANY, STANDARD, Type
from .parser import parse_tests
from .unary import Match, match_code
from .values import Value


class ItemTypes(Mapping[str, Type]):
    """The types a file may name: the standard's, its own item definitions, and those of what it imports."""

    def __init__(self, root: Element, imported: Mapping[str, Mapping[str, Type]], names: Iterable[str]) -> None:
        self._names = list(names)
        self._elements = {name_of(one): one for one in all_of(root, "itemDefinition")}
        self._known: dict[str, Type] = dict(STANDARD)
        for prefix, types in imported.items():
            self._known |= {
                f"{prefix}.{name}" if prefix else name: of for name, of in types.items() if name not in STANDARD
            }
        self._open: set[str] = set()

    def __getitem__(self, name: str) -> Type:
        if name in self._elements and name not in self._known:
            if name in self._open:
                raise RuleSyntaxError("cycle", name=name)
            self._open.add(name)
            self._known[name] = self._read(self._elements[name], Said(name, name))
            self._open.discard(name)
        return self._known[name]

    def __contains__(self, name: object) -> bool:
        return name in self._elements or name in self._known

    def __iter__(self) -> Iterator[str]:
        yield from self._known
        yield from (name for name in self._elements if name not in self._known)

    def __len__(self) -> int:
        return len(self._known.keys() | self._elements.keys())

    def _named(self, name: str, where: Said) -> Type:
        if not name:
            return ANY
        try:
            return self[name]
        except KeyError:
            raise RuleSyntaxError("unknown_reference", name=name).at(where) from None

    def _read(self, element: Element, where: Said) -> Type:
        of = self._shape(element, where)
        allows = self._tests(element, "allowedValues", where)
        collection = (element.get("isCollection") or "") == "true"
        if allows:
            of = replace(of, allows=_both(of, allows))
        if collection:
            of = Type("list", of)
        constraint = self._tests(element, "typeConstraint", where)
        return replace(of, allows=_both(of, constraint)) if constraint else of

    def _shape(self, element: Element, where: Said) -> Type:
        components = all_of(element, "itemComponent")
        if components:
            fields = tuple(
                (name_of(one), self._read(one, where.then(name_of(one), name_of(one)))) for one in components
            )
            return Type("context", fields=fields)
        function = first_of(element, "functionItem")
        if function is not None:
            parameters = tuple(self._named(type_of(one), where) for one in all_of(function, "parameters"))
            result = self._named((function.get("outputTypeRef") or "").strip(), where)
            return Type("function", parameters=parameters, result=result)
        return self._named(type_of(element), where)

    def _tests(self, element: Element, tag: str, where: Said) -> Match | None:
        text = text_of(first_of(element, tag))
        if not text:
            return None
        try:
            return match_code(parse_tests(text, self._names), Surroundings(self))
        except RuleSyntaxError as error:
            raise error.at(where) from None


def _both(of: Type, match: Match):  # type: ignore[no-untyped-def]
    earlier = of.allows

    def allows(value: Value) -> bool:
        if earlier is not None and not earlier(value):
            return False
        try:
            return match(value, Scope({}, None, Run()))
        except RuleError:
            return False

    return allows
