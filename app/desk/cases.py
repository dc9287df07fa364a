"""What a reviewer is shown of a case: the subject's panel, what was handed in, documents, the way so far."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock, formjs
from app.accounts import User
from app.db import db
from app.desk import kinds
from app.formjs.masking import masked
from app.runtime import Catalogue, definitions, step
from app.runtime.models import History, Instance, UserTask
from app.runtime.panels import Document, Panel, Row, Section
from app.runtime.way import way


@dataclass(frozen=True)
class Case:
    """Everything of the page but the form."""

    task: UserTask
    instance: Instance
    kind: str
    panel: Panel
    link: str
    way: list[dict[str, Any]]


def case_of(task: UserTask, user: User) -> Case:
    instance = db.session.get_one(Instance, task.instance_id)
    subject = _catalogue().subject_of(instance.policy)
    if subject is not None and subject.panel is not None:
        panel = subject.panel(instance.key, user)
    else:
        panel = Panel(sections=_public_facts(instance))
    handed_in = Handed(instance, task.id)
    panel = Panel((*panel.sections, *handed_in.sections()), (*panel.documents, *handed_in.documents()), panel.state)
    link = subject.link(instance.key) if subject is not None and subject.link is not None else ""
    return Case(task, instance, kinds.title(instance.policy), panel, link, way(instance, remarks=True))


class Handed:
    """What the applicant filled in at the start: the start form's fields, personal ones masked, sealed ones never."""

    def __init__(self, instance: Instance, task_id: int):
        self.task_id = task_id
        self.values: dict[str, Any] = {}
        self.form: formjs.Form | None = None
        version = definitions.get(instance.version_id)
        begins = (e.form for e in version.definition.elements.values() if e.kind == "startEvent" and e.form)
        if name := next(begins, ""):
            self.form = formjs.load(version.form(name))
            self.values = _started_with(instance.id)

    def sections(self) -> list[Section]:
        rows = [row for row in self._rows() if row is not None]
        return [Section(_("申请内容"), tuple(rows))] if rows else []

    def documents(self) -> list[Document]:
        found = []
        for field in self._fields():
            if field.type == "filepicker" and field.key in self.values:
                names = self.values.get(f"{field.key}_names") or []
                for number, one in enumerate(_listed(self.values[field.key])):
                    url = url_for("desk.document", task_id=self.task_id, file=one["file"])
                    name = names[number] if number < len(names) else field.name
                    found.append(Document(name, url, one.get("size"), field.name))
        return found

    def personal(self, key: str) -> tuple[str, str] | None:
        """(label, value) of a personal field, for the one answer that reveals it."""
        field = next((f for f in self._fields() if f.key == key and f.secrecy == "personal"), None)
        if field is None or key not in self.values:
            return None
        return field.name, str(field.said(self.values[key], {}))

    def holds(self, file_id: int) -> bool:
        return any(
            one["file"] == file_id
            for field in self._fields()
            if field.type == "filepicker"
            for one in _listed(self.values.get(field.key))
        )

    def _fields(self) -> tuple[formjs.fields.Field, ...]:
        return tuple(f for f in self.form.fields if f.secrecy != "sealed") if self.form is not None else ()

    def _rows(self) -> list[Row | None]:
        return [self._row(field) for field in self._fields() if field.key in self.values]

    def _row(self, field: formjs.fields.Field) -> Row | None:
        if field.type == "filepicker" or self.values[field.key] in (None, ""):
            return None
        words = field.said(self.values[field.key], {})
        if field.secrecy != "personal":
            return Row(field.name, words)
        return Row(field.name, masked(words), reveal=url_for("desk.reveal", task_id=self.task_id, key=field.key))


def _started_with(instance_id: int) -> dict[str, Any]:
    query = select(History.sealed).where(History.instance_id == instance_id, History.kind == "start")
    content = step.unsealed(db.session.scalar(query), step.SCOPE) or {}
    return {**(content.get("payload") or {}), **(content.get("secret") or {})}


def _listed(value: Any) -> list[dict[str, Any]]:
    found = value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, dict) and isinstance(one.get("file"), int)]


def _public_facts(instance: Instance) -> tuple[Section, ...]:
    """Of a subject without a panel of its own: the facts nobody need keep secret."""
    subject = _catalogue().subject_of(instance.policy)
    if subject is None:
        return ()
    readers = subject.facts(instance.key)
    read: dict[str, Any] = {}
    rows = []
    for fact in subject.fields:
        top, _dot, rest = fact.name.partition(".")
        if fact.secrecy == "public" and top in readers:
            if top not in read:
                read[top] = readers[top]()
            value = read[top].get(rest) if rest and isinstance(read[top], Mapping) else read[top]
            rows.append(Row(fact.label, said(value)))
    return (Section(subject.title, tuple(rows)),) if rows else ()


def said(value: Any) -> str:
    """A fact's value as people read it."""
    match value:
        case None:
            return "–"
        case bool():
            return _("是") if value else _("否")
        case datetime():
            return clock.shown(value)
        case list() | tuple():
            return "、".join(said(one) for one in value) or "–"
    return str(value)


def _catalogue() -> Catalogue:
    return current_app.extensions["catalogue"]
