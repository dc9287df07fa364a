"""Contexts: reading, changing and merging their entries."""

from __future__ import annotations

from ..bounds import Run
from ..failures import Failed
from ..signatures import standard
from ..values import Value


@standard("get value", "m: context, key: text")
def get_value(run: Run, m: dict[str, Value], key: str) -> Value:
    return m.get(key)


@standard("get value", "context: context, keys: list")
def get_value_deep(run: Run, context: Value, keys: list[Value]) -> Value:
    for key in keys:
        if type(context) is not dict or type(key) is not str:
            return None
        context = context.get(key)
    return context if keys else None


@standard("get entries", "m: context")
def get_entries(run: Run, m: dict[str, Value]) -> Value:
    run.items(len(m))
    return [{"key": key, "value": value} for key, value in m.items()]


@standard("context", "entries: list | context")
def context(run: Run, entries: Value) -> Value:
    results: dict[str, Value] = {}
    entries = entries if type(entries) is list else [entries]
    run.items(len(entries))
    for entry in entries:
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise Failed("argument_value", name="context", found="entries")
        if entry["key"] in results:
            raise Failed("duplicate_key", name=entry["key"])
        results[entry["key"]] = entry["value"]
    return results


@standard("context put", "context: context, key: text, value: any")
def context_put(run: Run, context: dict[str, Value], key: str, value: Value) -> Value:
    run.items(len(context) + 1)
    return {**context, key: value}


@standard("context put", "context: context, keys: list, value: any")
def context_put_deep(run: Run, context: dict[str, Value], keys: list[Value], value: Value) -> Value:
    if not keys or not all(type(key) is str for key in keys):
        raise Failed("argument_value", name="context put", found="keys")
    run.items(len(context) + 1)
    first, *rest = keys
    if not rest:
        return {**context, first: value}
    inner = context.get(first)
    if type(inner) is not dict:
        raise Failed("argument_value", name="context put", found=f"“{first}”")
    return {**context, first: context_put_deep(run, inner, rest, value)}


@standard("context merge", "contexts: list | context")
def context_merge(run: Run, contexts: Value) -> Value:
    results: dict[str, Value] = {}
    for one in contexts if type(contexts) is list else [contexts]:
        if type(one) is not dict:
            raise Failed("argument_value", name="context merge", found="contexts")
        run.items(len(one))
        results |= one
    return results
