"""What the editors offer for one policy: operations, forms, decisions, roles, messages, facts. Plain JSON."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask import current_app
from lxml import etree

from app.accounts import Role
from app.runtime import definitions, parser
from app.runtime.elements import Diagram
from app.runtime.faults import Refused
from app.runtime.models import PolicyVersion
from app.runtime.operations import Field, Operation
from app.studio import folders
from app.studio.folders import Folder


def catalogue(folder: Folder) -> dict[str, Any]:
    known = current_app.extensions["catalogue"]
    subject = known.subject_of(folder.policy)
    others = {policy: _live(version) for policy, version in folders.all_live().items()}
    return {
        "operations": [_operation(known.operations[name]) for name in sorted(known.operations)],
        "forms": [_form(name, text) for name, text in sorted(folder.forms.items())],
        "decisions": list(_decisions(folder.files)),
        "roles": [{"code": role.value, "label": role.label} for role in Role],
        "messages": _messages(folder.policy, others),
        "facts": [
            {"name": fact.name, "type": fact.type, "label": fact.label} for fact in (subject.fields if subject else ())
        ],
        "policies": [{"name": policy, "title": other.title} for policy, other in sorted(others.items())],
        "processes": _processes(folder),
    }


def _live(version: PolicyVersion) -> Folder:
    """A live version's folder, from what this process has parsed already."""
    try:
        return Folder(version.policy, definitions.get(version.id).files)
    except Refused:  # published under earlier rules
        return folders.version_folder(version)


def _diagram(folder: Folder) -> Diagram:
    return parser.read(folder.policy, folder.own)[0]


def _operation(operation: Operation) -> dict[str, Any]:
    return {
        "name": operation.name,
        "title": operation.title,
        "outside": operation.outside,
        "parameters": [_field(one) for one in operation.parameters],
        "results": [_field(one) for one in operation.results],
        "effects": list(operation.effects),
    }


def _field(field: Field) -> dict[str, Any]:
    return {"name": field.name, "type": field.type, "label": field.label, "optional": not field.required}


def _form(name: str, text: str) -> dict[str, Any]:
    try:
        schema = orjson.loads(text)
    except orjson.JSONDecodeError:
        schema = {}
    fields = list(components(schema))
    return {
        "name": name,
        "title": folders.form_title(text, name),
        "fields": [
            {"key": one["key"], "label": str(one.get("label") or one["key"]), "type": one.get("type", "")}
            for one in fields
        ],
    }


def components(schema: object) -> Iterator[Mapping[str, Any]]:
    """A form's fields, groups unfolded."""
    children = schema.get("components") if isinstance(schema, dict) else None
    for one in children if isinstance(children, list) else ():
        if isinstance(one, dict):
            if isinstance(one.get("key"), str):
                yield one
            yield from components(one)


def _decisions(files: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for name in sorted(files):
        if name.endswith(".dmn"):
            for identifier, title, node in folders.decisions_of(files[name]):
                inputs = [
                    (text.text or "").strip()
                    for expression in node.iter()
                    if isinstance(expression.tag, str) and etree.QName(expression).localname == "inputExpression"
                    for text in expression
                    if isinstance(text.tag, str) and etree.QName(text).localname == "text"
                ]
                yield {"id": identifier, "name": title, "file": name, "inputs": inputs}


def _messages(policy: str, others: Mapping[str, Folder]) -> list[dict[str, str]]:
    """Messages that other policies send here, and those that live drawings already wait for."""
    found: dict[str, str] = {}
    for other in others.values():
        if other.policy != policy and f'policy="{policy}"' not in "".join(other.files.values()):
            continue
        for element in _diagram(other).elements.values():
            if element.message and element.send_to == policy:
                found.setdefault(element.message, f"由“{other.title}”的“{element.label}”发出")
            elif element.message and other.policy == policy and element.waits_for_message:
                found.setdefault(element.message, "")
    return [{"name": name, "label": found[name]} for name in sorted(found)]


def _processes(folder: Folder) -> list[dict[str, str]]:
    diagram = _diagram(folder)
    return [
        {"name": process.id, "title": process.name or process.id}
        for process in diagram.processes.values()
        if process.owner is None and process.id != diagram.main
    ]
