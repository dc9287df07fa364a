"""What differs between two versions of a policy folder, element by element, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from app.runtime.definitions import SHARED
from app.studio import compare_diagram, compare_form, compare_table
from app.studio.change import Change
from app.studio.folders import Folder


@dataclass(frozen=True)
class FileChanges:
    """One file that differs. `changes` is empty where only the layout does."""

    name: str
    title: str
    kind: str  # added, removed, changed
    changes: list[Change]

    @property
    def is_diagram(self) -> bool:
        return self.name.endswith(".bpmn")


def compare(before: Folder, after: Folder, operations: Mapping[str, str]) -> list[FileChanges]:
    """`operations`: name → title, for the words."""
    return [
        _file(name, before, after, operations)
        for name in sorted({*before.files, *after.files}, key=_order)
        if before.files.get(name) != after.files.get(name)
    ]


def _file(name: str, before: Folder, after: Folder, operations: Mapping[str, str]) -> FileChanges:
    old, new = before.files.get(name), after.files.get(name)
    kind = "added" if old is None else "removed" if new is None else "changed"
    changes = list(_changes(name, old, new, after.policy, operations)) if kind == "changed" else []
    return FileChanges(name, title(name), kind, changes)


def _changes(
    name: str, old: str | None, new: str | None, policy: str, operations: Mapping[str, str]
) -> Iterator[Change]:
    old, new = old or "", new or ""
    if name.endswith(".bpmn"):
        yield from compare_diagram.changes(policy, old, new, operations)
    elif name.endswith(".dmn"):
        yield from compare_table.changes(old, new)
    elif name.endswith(".json"):
        yield from compare_form.changes(old, new)
    else:
        yield Change("changed", "", _("内容有改动"))


def marks(files: list[FileChanges], name: str) -> dict[str, list[str]]:
    """Ids by kind, for the drawing."""
    found: dict[str, list[str]] = {"added": [], "removed": [], "changed": []}
    for file in files:
        if file.name == name:
            for change in file.changes:
                if change.element_id and change.element_id not in found[change.kind]:
                    found[change.kind].append(change.element_id)
    return found


def title(name: str) -> str:
    """A file as operators call it."""
    if name == "process.bpmn":
        return _("流程图")
    if name.startswith(SHARED):
        return _("共用决策表 %(name)s", name=name.removeprefix(SHARED))
    if name.endswith(".dmn"):
        return _("决策表 %(name)s", name=name.removesuffix(".dmn"))
    if name.startswith("forms/"):
        return _("表单 %(name)s", name=name.removeprefix("forms/").removesuffix(".json"))
    if name.endswith(".bpmn"):
        return _("流程图 %(name)s", name=name.removesuffix(".bpmn"))
    return _("情景") if name == "scenarios.yaml" else name


def _order(name: str) -> tuple[int, str]:
    kinds = ("process.bpmn", ".bpmn", ".dmn", ".json")
    return next((i for i, ending in enumerate(kinds) if name.endswith(ending)), len(kinds)), name
