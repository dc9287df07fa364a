"""Text into words. Names may hold spaces, any letters, and, where they are known, signs and keywords."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from typing import Any

from lark import Token

from .bounds import NESTING, SIZE, TOKENS
from .failures import RuleSyntaxError
from .syntax import Place

KEYWORDS = {
    "if": "IF", "then": "THEN", "else": "ELSE", "for": "FOR", "in": "IN", "return": "RETURN",
    "some": "QUANTIFIER", "every": "QUANTIFIER", "satisfies": "SATISFIES", "and": "AND", "or": "OR",
    "between": "BETWEEN", "function": "FUNCTION", "true": "TRUE", "false": "FALSE", "null": "NULL",
    "not": "NOT",
}  # fmt: skip
SIGNS = {
    "**": "POWER", "*": "PRODUCT", "/": "PRODUCT", "+": "SIGN", "-": "SIGN", "..": "_DOTS", ".": "DOT",
    "->": "_ARROW", "<": "LESS", ">": "MORE", "<=": "COMPARE", ">=": "COMPARE", "=": "COMPARE",
    "!=": "COMPARE", "(": "LPAR", ")": "RPAR", "[": "LSQB", "]": "RSQB", "{": "LBRACE", "}": "RBRACE",
    ",": "COMMA", ":": "COLON", "@": "AT",
}  # fmt: skip
# Names of the standard that hold a keyword; a caller adds the names it knows.
STANDARD_NAMES = frozenset({"date and time", "years and months duration", "days and time duration"})

_LETTERS = (
    "?A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u167f\u1681-\u180d\u180f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3005-\u3007\u3021-\ud7ff\uf900-\ufdcf\ufdf0-\ufefe\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
    "\uff66-\uffdc\U00010000-\U000effff"
)
_WORD = f"[{_LETTERS}][{_LETTERS}0-9\u00b7\u0300-\u036f\u203f\u2040]*"
_SPACE = "[\\s\u0085\u00a0\u1680\u180e\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]"
_NEXT = re.compile(
    rf"(?P<space>(?:{_SPACE}|//[^\n]*|/\*(?:[^*]|\*(?!/))*\*/)+)"
    r"|(?P<number>(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?)"
    r'|(?P<text>"(?:[^"\\]|\\.)*")'
    rf"|(?P<word>{_WORD})"
    r"|(?P<sign>\*\*|\.\.|->|<=|>=|!=|[-+*/.<>=()\[\]{},:@])",
    re.ASCII | re.DOTALL,
)
_NAME_END = re.compile(f"[{_LETTERS}0-9\u00b7\u0300-\u036f\u203f\u2040]")
_MORE_NAME = re.compile(rf"{_SPACE}+(?:({_WORD})|(\d+[{_LETTERS}0-9]*)(?![.]?\d))", re.ASCII)
_INSTANCE = re.compile(rf"instance{_SPACE}+of(?![{_LETTERS}0-9])", re.ASCII)
_KEY = re.compile(rf"({_WORD}[^:{{}}\[\]\"(),]*?){_SPACE}*(?=:)", re.ASCII)
_LOOP_NAME = re.compile(rf"({_WORD}[^,{{}}\[\]\"()]*?)(?={_SPACE}+in{_SPACE})", re.ASCII)
_FORMAL = re.compile(rf"({_WORD}[^:,(){{}}\[\]\"]*?){_SPACE}*(?=[:,)])", re.ASCII)
_FILTER_AHEAD = re.compile(rf"{_SPACE}*(?:[\"@\[({{]|\d|(?!and\b|or\b|then\b|else\b|return\b|in\b){_WORD})", re.ASCII)
_ENDS_OPERAND = frozenset({"NAME", "NUMBER", "TEXT", "TRUE", "FALSE", "NULL", "RPAR", "RSQB", "RBRACE", "CLOSING"})
_HALF = dict(zip("，。：；（）［］｛｝“”＂＜＞＝＋－＊／！？、", ',.:;()[]{}"""<>=+-*/!?,', strict=True))
# What other languages write, and what is written here.
_FOREIGN = {
    "==": "=", "&&": "and", "||": "or", "!": "not(…)", "'": '"', "%": "modulo(a, b)", "None": "null", "True": "true",
    "False": "false",
}  # fmt: skip
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{6})|([nrtbf'\"\\]))", re.ASCII)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_SPACES = re.compile(f"{_SPACE}+")


class Words:
    """The words of one text; `known` are names that hold signs or keywords."""

    def __init__(self, text: str, known: Iterable[str] = ()) -> None:
        if len(text) > SIZE:
            raise RuleSyntaxError("too_long", limit=SIZE)
        self.text = text
        self.lines = [found.end() for found in re.finditer("\n", text)]
        self.known: dict[str, list[str]] = {}
        for name in (*STANDARD_NAMES, *known):
            self.learn(name)
        self.found: list[Token] = []
        self.open: list[str] = []  # brackets, what stands in them, and loops
        self.position = 0
        self._take = {"number": self._number, "text": self._text, "word": self._word, "sign": self._sign}

    def place(self, position: int) -> Place:
        line = bisect_right(self.lines, position)
        return line + 1, position - (self.lines[line - 1] if line else 0) + 1

    def error(self, code: str, position: int, **facts: Any) -> RuleSyntaxError:
        return RuleSyntaxError(code, *self.place(position), **facts)

    def learn(self, name: str) -> None:
        """From here on this name is one word, if the rules for ordinary names would not see it as one."""
        parts = _SPACES.split(name)
        odd = any(part in KEYWORDS for part in parts) or not all(is_word(part) for part in parts)
        if odd and name and name not in KEYWORDS:
            first = re.match(_WORD, name)
            names = self.known.setdefault(first.group() if first else "", [])
            if name not in names:
                names.append(name)
                names.sort(key=len, reverse=True)

    def all(self) -> list[Token]:
        size = len(self.text)
        while self.position < size:
            found = _NEXT.match(self.text, self.position)
            if not found:
                raise self._unknown()
            if found.lastgroup == "space":
                self.position = found.end()
                continue
            if len(self.found) >= TOKENS:
                raise self.error("too_many_tokens", self.position, limit=TOKENS)
            self._take[found.lastgroup or ""](found.group())
        return self.found

    def _add(self, kind: str, value: str, length: int) -> None:
        line, column = self.place(self.position)
        self.found.append(Token(kind, value, start_pos=self.position, line=line, column=column))
        self.position += length

    def _unknown(self) -> RuleSyntaxError:
        char = self.text[self.position]
        foreign = next((sign for sign in _FOREIGN if self.text.startswith(sign, self.position)), "")
        if foreign:
            return self.error("foreign", self.position, found=foreign, instead=_FOREIGN[foreign])
        if char == '"':
            return self.error("unclosed_text", self.position)
        if self.text.startswith("/*", self.position):
            return self.error("unclosed_comment", self.position)
        if char in _HALF:
            return self.error("fullwidth", self.position, found=char, half=_HALF[char])
        return self.error("character", self.position, found=char)

    def _last(self) -> str:
        return self.found[-1].type if self.found else ""

    def _number(self, text: str) -> None:
        self._add("NUMBER", text, len(text))

    def _text(self, text: str) -> None:
        self._add("TEXT", unescape(text[1:-1]), len(text))

    def _word(self, word: str) -> None:
        if word.startswith("__"):
            raise self.error("reserved", self.position, name=word)
        if self._declared():
            return
        for name in self.known.get(word, ()):
            length = self._spelled(name)
            if length:
                self._add("NAME", name, length)
                return
        if word == "function" and self.text[self.position + 8 :].lstrip().startswith("<"):
            self._add("NAME", word, len(word))
            return
        if word in KEYWORDS and self._last() != "DOT":
            self._keyword(word)
            return
        if word == "instance" and (found := _INSTANCE.match(self.text, self.position)):
            self._add("_INSTANCE_OF", word, len(found.group()))
            return
        if word == "external" and self._last() == "RPAR":
            self._add("EXTERNAL", word, len(word))
            return
        if word in _FOREIGN and self._last() != "DOT":
            raise self.error("foreign", self.position, found=word, instead=_FOREIGN[word])
        self._ordinary(word)

    def _keyword(self, word: str) -> None:
        """A loop's head counts as a bracket: its commas and dots are its own."""
        kind = KEYWORDS[word]
        self._add(kind, word, len(word))
        if kind in ("FOR", "QUANTIFIER"):
            self.open.append("for")
        elif kind in ("RETURN", "SATISFIES") and self.open and self.open[-1] == "for":
            self.open.pop()

    def _ordinary(self, word: str) -> None:
        """A name: this word and the words after it, up to a keyword or a sign."""
        end, parts = self.position + len(word), [word]
        while found := _MORE_NAME.match(self.text, end):
            part = found[1] or found[2]
            if part in KEYWORDS or _INSTANCE.match(self.text, found.start(found.lastindex or 0)):
                break
            if any(self._spelled(name, found.start(1)) for name in self.known.get(part, ())):
                break
            parts.append(part)
            end = found.end()
        self._add("NAME", " ".join(parts), end - self.position)

    def _spelled(self, name: str, start: int | None = None) -> int:
        """The length this known name has here, however it is spaced; 0 if it does not stand here."""
        start = self.position if start is None else start
        if self.text.startswith(name, start):
            length = len(name)
        else:
            parts = [re.escape(part) for part in _SPACES.split(name)]
            found = re.compile(f"{_SPACE}+".join(parts)).match(self.text, start)
            length = len(found.group()) if found else 0
        end = start + length
        if length and end < len(self.text) and _NAME_END.match(self.text, end) and _NAME_END.match(name[-1]):
            return 0
        return length

    def _declared(self) -> bool:
        """Where a name is declared (key, loop variable, parameter) it may hold signs; learn it."""
        last, inside = self._last(), self.open[-1] if self.open else ""
        if inside == "{" and last in ("LBRACE", "COMMA"):
            found = _KEY.match(self.text, self.position)
        elif last in ("FOR", "QUANTIFIER"):
            found = _LOOP_NAME.match(self.text, self.position)
        elif inside == "function" and last in ("LPAR", "COMMA"):
            found = _FORMAL.match(self.text, self.position)
        else:
            return False
        if not found or "\n" in found[1] or "//" in found[1]:
            return False
        name = _SPACES.sub(" ", found[1])
        self.learn(name)
        self._add("NAME", name, len(found[1]))
        return True

    def _sign(self, sign: str) -> None:
        kind = SIGNS[sign]
        if self.text.startswith("==", self.position):
            raise self._unknown()
        operand_ended = self._last() in _ENDS_OPERAND or (sign == "]" and self._last() == "MORE")
        inside = self.open[-1] if self.open else ""
        if sign == "]" and not operand_ended and self._last() != "LSQB":
            kind = "OPENING"
        elif sign == "[" and operand_ended and inside == ".." and not self._filter_ahead():
            kind = "CLOSING"
        if kind in ("LPAR", "LSQB", "LBRACE", "OPENING"):
            self.open.append("function" if self._last() == "FUNCTION" else sign)
            if len(self.open) > NESTING:
                raise self.error("too_nested", self.position, limit=NESTING)
        elif kind in ("RPAR", "RSQB", "RBRACE", "CLOSING") and self.open:
            self.open.pop()
        elif kind == "_DOTS" and inside and inside != "for":
            self.open[-1] = ".."
        self._add(kind, sign, len(sign))

    def _filter_ahead(self) -> bool:
        return bool(_FILTER_AHEAD.match(self.text, self.position + 1))


def is_word(part: str) -> bool:
    """Can this stand as a name, or as part of one, without being known?"""
    return not part.startswith("__") and bool(re.fullmatch(rf"{_WORD}|[0-9][{_LETTERS}0-9]*", part, re.ASCII))


def unescape(text: str) -> str:
    """The escapes of a text; an unknown one stays as it is written (patterns need `\\d`)."""
    if "\\" not in text:
        return text

    def one(found: re.Match[str]) -> str:
        if code := found[1] or found[2]:
            return chr(min(int(code, 16), 0x10FFFF))
        return _ESCAPES.get(found[3], found[3])

    result = _ESCAPE.sub(one, text)
    return result.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
