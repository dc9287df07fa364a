"""Two forms: fields added, removed and changed."""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from flask_babel import gettext as _

from app.studio.catalogue import components
from app.studio.change import Change
from app.studio.words import quoted


def changes(before: str, after: str) -> Iterator[Change]:
    old, new = _fields(before), _fields(after)
    for key, field in new.items():
        if key not in old:
            yield Change("added", key, _("新增字段“%(name)s”", name=_name(field)))
    for key, field in old.items():
        if key not in new:
            yield Change("removed", key, _("删除字段“%(name)s”", name=_name(field)))
            continue
        was, now = dict(_flat(field)), dict(_flat(new[key]))
        for name in sorted({*was, *now}):
            if was.get(name) != now.get(name):
                yield Change(
                    "changed",
                    key,
                    _("字段“%(field)s”的 %(name)s 由%(before)s改为%(after)s", field=_name(new[key]), name=name,
                      before=quoted(was.get(name)), after=quoted(now.get(name))),
                )  # fmt: skip
    if list(old) != list(new) and set(old) == set(new):
        yield Change("changed", "", _("字段的先后次序有变化"))


def _fields(text: str) -> dict[str, Mapping[str, Any]]:
    try:
        return {one["key"]: one for one in components(orjson.loads(text))}
    except orjson.JSONDecodeError:
        return {}


def _name(field: Mapping[str, Any]) -> str:
    return str(field.get("label") or field["key"])


def _flat(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """A field's settings by dotted path; nested fields are compared on their own."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name not in ("components", "id", "layout"):
                yield from _flat(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, "、".join(str(one.get("label", one) if isinstance(one, dict) else one) for one in value)
    else:
        yield path, value
