"""Texts, and everything as text."""

from __future__ import annotations

from decimal import Decimal

from ..bounds import Run
from ..failures import Failed
from ..patterns import Pattern
from ..signatures import standard
from ..temporal import show
from ..values import Builtin, Function, Range, Value


def as_text(value: Value, nested: bool = False) -> str:
    """The text of a value; inside lists and contexts texts are quoted."""
    if type(value) is str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if nested else value
    if value is None:
        return "null"
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is Decimal:
        return f"{value:f}"
    if type(value) is list:
        return "[" + ", ".join(as_text(item, True) for item in value) + "]"
    if type(value) is dict:
        return "{" + ", ".join(f"{key}: {as_text(item, True)}" for key, item in value.items()) + "}"
    if type(value) is Range and value.operator:
        end = value.high if value.operator[0] == "<" else value.low
        return f"({value.operator} {as_text(end, True)})"
    if type(value) is Range:
        ends = as_text(value.low, True), as_text(value.high, True)
        return f"{'[' if value.low_in else '('}{ends[0]}..{ends[1]}{']' if value.high_in else ')'}"
    if type(value) in (Function, Builtin):
        return "function"
    return show(value)


@standard("string", "from: any")
def string(run: Run, value: Value) -> Value:
    if value is None:
        return None
    text = as_text(value)
    run.text(len(text))
    return text


@standard("substring", "string: text, start position: number, length?: number?")
def substring(run: Run, string: str, start: Decimal, length: Decimal | None = None) -> Value:
    at = int(start)
    if at == 0 or abs(at) > len(string):
        raise Failed("argument_value", name="substring", found=str(start))
    begin = at - 1 if at > 0 else len(string) + at
    if length is None:
        return string[begin:]
    if length < 1:
        raise Failed("argument_value", name="substring", found=str(length))
    return string[begin : begin + int(length)]


@standard("string length", "string: text")
def string_length(run: Run, string: str) -> Value:
    return Decimal(len(string))


@standard("upper case", "string: text")
def upper_case(run: Run, string: str) -> Value:
    run.text(len(string))
    return string.upper()


@standard("lower case", "string: text")
def lower_case(run: Run, string: str) -> Value:
    run.text(len(string))
    return string.lower()


@standard("substring before", "string: text, match: text")
def substring_before(run: Run, string: str, match: str) -> Value:
    run.text(len(string))
    return string.partition(match)[0] if match and match in string else ""


@standard("substring after", "string: text, match: text")
def substring_after(run: Run, string: str, match: str) -> Value:
    run.text(len(string))
    return string.partition(match)[2] if match else string


@standard("contains", "string: text, match: text")
def contains(run: Run, string: str, match: str) -> Value:
    run.text(len(string))
    return match in string


@standard("starts with", "string: text, match: text")
def starts_with(run: Run, string: str, match: str) -> Value:
    return string.startswith(match)


@standard("ends with", "string: text, match: text")
def ends_with(run: Run, string: str, match: str) -> Value:
    return string.endswith(match)


@standard("matches", "input: text, pattern: text, flags?: text?")
def matches(run: Run, string: str, pattern: str, flags: str | None = None) -> Value:
    return Pattern(pattern, flags, run).found_in(string)


@standard("replace", "input: text, pattern: text, replacement: text, flags?: text?")
def replace(run: Run, string: str, pattern: str, replacement: str, flags: str | None = None) -> Value:
    run.text(len(string) + string.__len__() * len(replacement) // 8)
    result = Pattern(pattern, flags, run).replaced(string, replacement)
    run.text(len(result))
    return result


@standard("split", "string: text, delimiter: text")
def split(run: Run, string: str, delimiter: str) -> Value:
    parts = Pattern(delimiter, None, run).split(string)
    run.items(len(parts))
    return parts


@standard("string join", "list: list, delimiter?: text?")
def string_join(run: Run, texts: list[Value], delimiter: str | None = None) -> Value:
    if not all(text is None or type(text) is str for text in texts):
        raise Failed("argument_value", name="string join", found=as_text(texts)[:40])
    kept = [text for text in texts if text is not None]
    run.text(sum(map(len, kept)) + len(delimiter or "") * len(kept))
    return (delimiter or "").join(kept)
