"""An answer to a task, from a person or an institution's system: the form read, files kept, secret parts parted.

`sent = written(answer)` before the transaction, `parted(form, sent)` inside it, `dropped(sent)` if it was refused.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import files, formjs, money
from app.formjs import Form, Upload
from app.formjs.fields import Field
from app.formjs.numbers import MoneyField
from app.runtime import definitions, expressions
from app.runtime.models import Instance, UserTask
from app.runtime.step import catalogue


def form_of(task: UserTask, instance: Instance) -> Form | None:
    """The task's form as the instance's version has it."""
    return formjs.load(definitions.get(instance.version_id).form(task.form)) if task.form else None


def facts(instance: Instance) -> dict[str, Any]:
    """What the form's conditions and choices may read."""
    subject = catalogue().subject_of(instance.policy)
    return {name: read() for name, read in subject.facts(instance.key).items()} if subject is not None else {}


@dataclass(frozen=True)
class Sent:
    """A document of the answer as it lies in the store, and what its sender called it."""

    name: str
    written: files.Written


def written(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The answer with its uploads written into the store; before the transaction."""
    return {key: _written(value) for key, value in answer.items()}


def dropped(answer: Mapping[str, Any]) -> None:
    """The answer was refused: nothing of it stays in the store."""
    for value in answer.values():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Sent):
                files.discard(one.written)


def parted(form: Form, answer: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, secret): what the process may know, and what is kept sealed beside it. Files are kept on the way.

    Money is yuan in `data`, "1234.00" as in the interface's messages; in `secret` it is fen.
    """
    data: dict[str, Any] = {}
    secret: dict[str, Any] = {}
    for field in form.fields:
        if field.key not in answer:
            continue
        value = answer[field.key]
        if field.type == "filepicker":
            data[field.key], secret[f"{field.key}_names"] = _kept(value)
        elif field.secrecy:
            if not field.empty(value):
                secret[field.key] = expressions.plain(value)
        else:
            data[field.key] = _plain(field, value)
    return data, secret


def _plain(field: Field, value: Any) -> Any:
    if isinstance(field, MoneyField) and value is not None:
        return money.yuan(value)
    return expressions.plain(value)


def _written(value: Any) -> Any:
    if isinstance(value, list):
        return [_written(one) for one in value]
    return Sent(value.name, files.write(value.stream, value.media_type)) if isinstance(value, Upload) else value


def _kept(value: Sent | list[Sent] | None) -> tuple[list[dict[str, Any]], list[str]]:
    sent = value if isinstance(value, list) else [value] if value is not None else []
    kept = [files.keep(one.written) for one in sent]
    described = [{"file": row.id, "sha256": row.sha256, "size": row.size} for row in kept]
    return described, [one.name for one in sent]
