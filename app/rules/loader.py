"""DMN files into a model: elements are read, references resolved, logic compiled, once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from .bounds import Run, Scope
from .boxed import Typed, read_formals, read_inside, typed
from .calls import function_code
from .code import Code, Surroundings, make
from .document import Element, all_of, first_of, name_of, names_in, read, tag, type_of
from .expression import guarded_make
from .failures import RuleSyntaxError, Said
from .itemtypes import ItemTypes
from .model import Key, Model, Part, Requirement, Session, bind, serve
from .reading import Reader
from .values import Function, Parameter, Value

_KINDS = {
    "decision": "decision",
    "inputData": "input",
    "businessKnowledgeModel": "knowledge",
    "decisionService": "service",
}


def load_dmn(
    data: bytes, imports: Mapping[str, bytes] | None = None, errors: list[RuleSyntaxError] | None = None
) -> Model:
    """The model of a DMN file; `imports` are other files by namespace.

    Raises RuleSyntaxError, naming the cell. With a list for `errors`, texts that cannot be read are collected
    there and answer null; only what leaves no model at all is raised.
    """
    return _Loading(imports or {}, errors).model(read(data))


class _Loading:
    def __init__(self, files: Mapping[str, bytes], errors: list[RuleSyntaxError] | None) -> None:
        self.files, self.errors = files, errors
        self.parts: dict[Key, Part] = {}
        self.types: dict[str, ItemTypes] = {}
        self.names: dict[str, set[str]] = {}
        self.open: list[str] = []

    def model(self, root: Element) -> Model:
        namespace = root.get("namespace") or ""
        self.load(root, namespace)
        clear: set[Key] = set()
        for part in self.parts.values():
            guarded_make(partial(self._refuse_cycle, part, set(), clear))
        return Model(name_of(root), namespace, self.parts, self.types[namespace])

    def load(self, root: Element, namespace: str) -> None:
        if namespace in self.open:
            raise RuleSyntaxError("cycle", name=name_of(root))
        self.open.append(namespace)
        imported: dict[str, str] = {}
        for one in all_of(root, "import"):
            space = one.get("namespace") or ""
            if space in self.files:
                imported[name_of(one)] = space
                if space not in self.types:
                    self.load(read(self.files[space]), space)
        self.open.pop()
        names = set(names_in(root)).union(*(self.names[space] for space in imported.values()))
        self.names[namespace] = names
        types = ItemTypes(root, {prefix: self.types[space] for prefix, space in imported.items()}, names)
        self.types[namespace] = types
        reader = Reader(sorted(names), types, self.errors)
        elements = [one for one in root if tag(one) in _KINDS]
        prefixes = {space: prefix for prefix, space in imported.items()}
        for element in elements:
            part = self._part(element, namespace, reader, prefixes)
            self.parts[part.key] = part
        for element in elements:
            guarded_make(partial(self._compile, element, namespace, reader))

    def _part(self, element: Element, namespace: str, reader: Reader, prefixes: Mapping[str, str]) -> Part:
        variable = first_of(element, "variable")
        name = name_of(variable) or name_of(element)
        of = reader.type(type_of(variable), Said(name, name))
        key = (namespace, element.get("id") or name)
        part = Part(key, _KINDS[tag(element)], name, of, self._requirements(element, namespace, prefixes))
        if part.kind == "service":
            inputs = [*all_of(element, "inputData"), *all_of(element, "inputDecision")]
            part.inputs = tuple(_reference(one, namespace, prefixes) for one in inputs)
            part.outputs = tuple(_reference(one, namespace, prefixes).key for one in all_of(element, "outputDecision"))
        return part

    def _requirements(self, element: Element, namespace: str, prefixes: Mapping[str, str]) -> tuple[Requirement, ...]:
        wanted = [
            inner
            for requirement in all_of(element, "informationRequirement", "knowledgeRequirement")
            for inner in all_of(requirement, "requiredDecision", "requiredInput", "requiredKnowledge")
        ]
        return tuple(_reference(one, namespace, prefixes) for one in wanted)

    def _compile(self, element: Element, namespace: str, reader: Reader) -> None:
        part = self.parts[(namespace, element.get("id") or name_of(element))]
        for requirement in (*part.requires, *part.inputs, *(Requirement(key) for key in part.outputs)):
            if requirement.key not in self.parts:
                raise RuleSyntaxError("unknown_reference", element.sourceline or 1, name=requirement.key[1]).at(
                    part.where
                )
        if part.kind == "decision":
            self._compile_decision(part, element, reader)
        elif part.kind == "knowledge":
            self._compile_knowledge(part, first_of(element, "encapsulatedLogic"), reader)
        elif part.kind == "service":
            part.function = self._service(part)

    def _compile_decision(self, part: Part, element: Element, reader: Reader) -> None:
        if not any(tag(child) not in _NO_LOGIC for child in element):
            return
        part.tree = typed(
            reader, read_inside(reader, element, part.where), type_of(first_of(element, "variable")), part.where
        )
        part.code = self._made(part, reader, local=False)

    def _made(self, part: Part, reader: Reader, local: bool) -> Code:
        assert part.tree is not None
        try:
            return make(part.tree, Surroundings(reader.types, local))
        except RuleSyntaxError as error:
            return make(reader.wrong(error, part.where), Surroundings())

    def _compile_knowledge(self, part: Part, logic: Element | None, reader: Reader) -> None:
        """A knowledge model is a function that sees its parameters and what it requires."""
        if logic is None:
            part.function = Function(part.name, (), lambda arguments, run: None)
            return
        part.formals = read_formals(reader, logic, part.where)
        of = part.type.result if part.type and part.type.kind == "function" else part.type
        part.tree = read_inside(reader, logic, part.where)
        part.tree = part.tree if of is None or of.kind == "Any" else Typed(part.tree, of, part.name)
        body = self._made(part, reader, local=True)
        external = (logic.get("kind") or "FEEL") != "FEEL"

        def call(arguments: list[Value], run: Run) -> Value:
            names: dict[str, Any] = {}
            bind(names, part.requires, Session(self.parts, {}, run))
            own = function_code(part.formals, body, external, part.type, part.name)(Scope(names, None, run))
            return own.call(arguments, run)

        parameters = tuple(Parameter(*formal) for formal in part.formals)
        part.function = Function(part.name, parameters, call, of)

    def _service(self, part: Part) -> Function:
        given = [self.parts[one.key] for one in part.inputs]
        parameters = tuple(Parameter(one.name, one.type) for one in given)
        return Function(part.name, parameters, lambda arguments, run: serve(part, self.parts, arguments, run))

    def _refuse_cycle(self, part: Part, above: set[Key], clear: set[Key]) -> None:
        """A decision must not need itself; `clear` are those already followed to their ends."""
        if part.key in above:
            raise RuleSyntaxError("cycle", name=part.name)
        if part.kind != "decision" or part.key in clear:
            return
        for requirement in part.requires:
            self._refuse_cycle(self.parts[requirement.key], above | {part.key}, clear)
        clear.add(part.key)


_NO_LOGIC = {
    "", "description", "extensionElements", "variable", "question", "allowedAnswers", "informationRequirement",
    "knowledgeRequirement", "authorityRequirement", "supportedObjective", "impactedPerformanceIndicator",
    "decisionMaker", "decisionOwner", "usingProcess", "usingTask",
}  # fmt: skip


def _reference(element: Element, namespace: str, prefixes: Mapping[str, str]) -> Requirement:
    space, _, name = (element.get("href") or "").rpartition("#")
    space = space or namespace
    return Requirement((space, name), "" if space == namespace else prefixes.get(space, ""))
