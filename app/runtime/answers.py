"""What a person filled in: the task's form, read, its files kept, its secret parts parted from process data."""

from collections.abc import Mapping
from typing import Any

from app import files, formjs
from app.formjs import Form, Upload
from app.runtime import definitions, expressions
from app.runtime.models import Instance, UserTask


def form_of(task: UserTask, instance: Instance) -> Form | None:
    """The task's form as the instance's version has it."""
    return formjs.load(definitions.get(instance.version_id).form(task.form)) if task.form else None


def parted(form: Form, answer: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """(data, secret): what the process may know, and what is kept sealed beside it. Files are stored on the way."""
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
            data[field.key] = expressions.plain(value)
    return data, secret


def _kept(value: Upload | list[Upload] | None) -> tuple[list[dict[str, Any]], list[str]]:
    uploads = value if isinstance(value, list) else [value] if value is not None else []
    kept = [files.put(one.stream, one.media_type) for one in uploads]
    described = [{"file": row.id, "sha256": row.sha256, "size": row.size} for row in kept]
    return described, [one.name for one in uploads]
