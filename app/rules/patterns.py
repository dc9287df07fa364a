"""Regular expressions as XPath and XML Schema spell them, matched by an engine with a time limit."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import regex

from .bounds import Run
from .failures import Failed, RuleError

LONGEST = 1_000  # characters of a pattern
_CLASSES = {
    "d": r"\p{Nd}", "D": r"\P{Nd}", "s": r" \t\n\r", "S": r"^ \t\n\r", "w": r"^\p{P}\p{Z}\p{C}",
    "W": r"\p{P}\p{Z}\p{C}", "i": r"\p{L}_:", "I": r"^\p{L}_:", "c": r"\p{L}\p{M}\p{Nd}\-._:·",
    "C": r"^\p{L}\p{M}\p{Nd}\-._:·",
}  # fmt: skip
_PLAIN = set("nrt\\|.?*+(){}-[]^$")


class _Translation:
    """One pattern, character by character, into the engine's spelling."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.text, self.flags = _without_spaces(pattern) if "x" in flags else pattern, flags
        self.at = 0
        self.groups: list[int] = []  # open ones
        self.closed: set[int] = set()
        self.count = 0

    def wrong(self, reason: str) -> Failed:
        return Failed("pattern", pattern=self.text[:60], reason=reason)

    def take(self) -> str:
        if self.at >= len(self.text):
            raise self.wrong("…")
        self.at += 1
        return self.text[self.at - 1]

    def whole(self) -> str:
        parts = []
        quantifiable = False
        while self.at < len(self.text):
            char = self.take()
            if char in "?*+{":
                if not quantifiable:
                    raise self.wrong(char)
                parts.append(self.quantifier(char))
                quantifiable = False
                continue
            quantifiable = char not in "(|^$"
            parts.append(self.atom(char))
        if self.groups:
            raise self.wrong("(")
        return "".join(parts)

    def atom(self, char: str) -> str:
        if char == "\\":
            return self.escape()
        if char == "[":
            return self.klass()
        if char == "(":
            return self.opening()
        if char == ")":
            if not self.groups:
                raise self.wrong(")")
            self.closed.add(self.groups.pop())
            return ")"
        if char in "]}":
            raise self.wrong(char)
        if char == ".":
            return "(?s:.)" if "s" in self.flags else r"[^\n\r]"
        if char == "^":
            return r"(?:\A|(?<=\n)(?!\Z))" if "m" in self.flags else r"\A"
        if char == "$":
            return r"(?=\n|\Z)" if "m" in self.flags else r"\Z"
        return char if char == "|" else regex.escape(char)

    def opening(self) -> str:
        if self.text.startswith("?:", self.at):
            self.at += 2
            self.groups.append(0)
            return "(?:"
        if self.text.startswith("?", self.at):
            raise self.wrong("(?")
        self.count += 1
        self.groups.append(self.count)
        return "("

    def quantifier(self, char: str) -> str:
        if char == "{":
            end = self.text.find("}", self.at)
            inner = self.text[self.at : end] if end > 0 else ""
            low, comma, high = inner.partition(",")
            if not low.isdecimal() or (high and not high.isdecimal()) or len(inner) > 9:
                raise self.wrong("{")
            if high and int(high) < int(low):
                raise self.wrong("{")
            self.at = end + 1
            char = f"{{{low}{comma}{high}}}"
        if self.text.startswith("?", self.at):
            self.at += 1
            char += "?"
        return char

    def escape(self) -> str:
        char = self.take()
        if char in "pP":
            return self.property(char)
        if char in _CLASSES:
            return f"[{_CLASSES[char]}]"
        if char in "123456789":
            number = int(char)
            while self.at < len(self.text) and self.text[self.at].isdecimal() and number * 10 <= self.count:
                number = number * 10 + int(self.take())
            if number not in self.closed:
                raise self.wrong(f"\\{number}")
            return f"(?:\\{number})"
        if char in _PLAIN:
            return f"\\{char}"
        raise self.wrong(f"\\{char}")

    def property(self, sign: str) -> str:
        end = self.text.find("}", self.at)
        if self.take() != "{" or end < 0:
            raise self.wrong(f"\\{sign}")
        name = self.text[self.at : end]
        self.at = end + 1
        if not name.replace("-", "").isalnum():
            raise self.wrong(name)
        return f"\\{sign}{{{f'Block={name[2:]}' if name.startswith('Is') else name}}}"

    def klass(self) -> str:
        """`[a-z-[aeiou]]`: ranges, escapes and one subtraction at the end."""
        negated = "^" if self.text.startswith("^", self.at) else ""
        self.at += len(negated)
        parts: list[str] = []
        ends_range = True  # nothing before, or a range or an escape: "-" is no range here
        while True:
            char = self.take()
            if char == "]":
                if not parts:
                    raise self.wrong("[]")
                return f"[{negated}{''.join(parts)}]"
            if char == "-" and self.text.startswith("[", self.at):
                self.at += 1
                taken = self.klass()
                if not parts or self.take() != "]":
                    raise self.wrong("-[")
                return f"[[{negated}{''.join(parts)}]--{taken}]"
            if char == "[":
                raise self.wrong("[")
            if char == "-" and parts and not self.text.startswith("]", self.at):
                if ends_range:
                    raise self.wrong("-")
                high = self.take()
                high = self.class_escape() if high == "\\" else regex.escape(high)
                parts.append(f"-{high}")
                ends_range = True
                continue
            ends_range = False
            parts.append(self.class_escape() if char == "\\" else regex.escape(char, special_only=False))

    def class_escape(self) -> str:
        char = self.take()
        if char in "pP":
            return self.property(char)
        if char in _CLASSES:
            return f"[{_CLASSES[char]}]"
        if char in _PLAIN:
            return f"\\{char}"
        raise self.wrong(f"\\{char}")


def _without_spaces(pattern: str) -> str:
    """Flag `x`: spaces mean nothing, except in a class."""
    kept, depth, escaped = [], 0, False
    for char in pattern:
        if char in " \t\n\r" and not depth:
            continue
        if not escaped:
            depth += (char == "[") - (char == "]")
        escaped = char == "\\" and not escaped
        kept.append(char)
    return "".join(kept)


@lru_cache(256)
def _compiled(pattern: str, flags: str) -> regex.Pattern[str] | Failed:
    if set(flags) - set("smixq"):
        return Failed("pattern", pattern=pattern[:60], reason=flags[:10])
    try:
        spelled = regex.escape(pattern) if "q" in flags else _Translation(pattern, flags).whole()
        options = regex.V1 | (regex.IGNORECASE if "i" in flags else 0)
        return regex.compile(spelled, options)
    except Failed as failure:
        return failure
    except (regex.error, OverflowError, RecursionError) as error:
        return Failed("pattern", pattern=pattern[:60], reason=str(error))


class Pattern:
    """A pattern ready to be used within what time an evaluation has left."""

    def __init__(self, pattern: str, flags: str | None, run: Run) -> None:
        if len(pattern) > LONGEST:
            raise RuleError("text_size", limit=LONGEST)
        compiled = _compiled(pattern, flags or "")
        if isinstance(compiled, Failed):
            raise Failed(compiled.code, **compiled.facts)
        self.compiled, self.run = compiled, run

    def _timed(self, work: Callable[..., Any], *arguments: Any) -> Any:
        self.run.spend(5)
        try:
            return work(*arguments, timeout=max(self.run.left(), 0.001))
        except TimeoutError:
            raise RuleError("time", limit=self.run.bounds.seconds) from None

    def found_in(self, text: str) -> bool:
        return self._timed(self.compiled.search, text) is not None

    def replaced(self, text: str, replacement: str) -> str:
        parts = _replacement(replacement, self.compiled.groups)

        def fill(found: regex.Match[str]) -> str:
            self.run.spend()
            return "".join(part if isinstance(part, str) else found[part] or "" for part in parts)

        return str(self._timed(self.compiled.sub, fill, text))

    def split(self, text: str) -> list[str]:
        whole, last = [], 0
        for found in self._timed(self.compiled.finditer, text):
            self.run.spend()
            whole.append(text[last : found.start()])
            last = found.end()
        return [*whole, text[last:]]


def _replacement(text: str, groups: int) -> list[str | int]:
    """`$1` is a group, `\\$` and `\\\\` are themselves, any other use of them is an error."""
    parts: list[str | int] = []
    at = 0
    while at < len(text):
        char, following = text[at], text[at + 1 : at + 2]
        at += 1
        if char == "\\":
            if following not in ("\\", "$"):
                raise Failed("pattern", pattern=text[:60], reason="\\")
            parts.append(following)
            at += 1
        elif char == "$":
            if not following.isdecimal():
                raise Failed("pattern", pattern=text[:60], reason="$")
            number = int(following)
            at += 1
            while at < len(text) and text[at].isdecimal() and number * 10 + int(text[at]) <= groups:
                number = number * 10 + int(text[at])
                at += 1
            parts.append(number if number <= groups else "")
        else:
            parts.append(char)
    return parts
