"""What could have stood where the parser stopped, in words."""

from __future__ import annotations

from collections.abc import Iterable

from lark import Token

from .failures import RuleSyntaxError, Said
from .words import SIGNS

_WORDS = {
    "NAME": Said("名称", "a name"),
    "NUMBER": Said("数字", "a number"),
    "TEXT": Said("文本", "a text"),
    "COMPARE": Said("比较符号", "a comparison"),
    "SIGN": Said("+ 或 -", "+ or -"),
    "PRODUCT": Said("* 或 /", "* or /"),
    "QUANTIFIER": Said("some 或 every", "some or every"),
    "$END": Said("结尾", "the end"),
    "_INSTANCE_OF": Said("instance of", "instance of"),
}
_SIGNS = {kind: Said(sign, sign) for sign, kind in SIGNS.items()}
_VALUE, _OPERATOR = Said("值", "a value"), Said("运算符", "an operator")
_OPERAND = {"NAME", "NUMBER", "TEXT", "LPAR"}
_AFTER = {"SIGN", "PRODUCT", "POWER", "COMPARE", "LESS", "MORE", "IN", "BETWEEN", "AND", "OR", "_INSTANCE_OF"}


def _told(expected: Iterable[str]) -> list[Said]:
    """Shortly: a value, an operator, or the few exact words."""
    left = set(expected) - {"OPENING", "CLOSING", "EXTERNAL"}
    if left >= _OPERAND:
        return [_VALUE]
    general = []
    if len(left & _AFTER) > 5:
        general, left = [_OPERATOR], left - _AFTER - {"DOT", "LSQB", "LPAR"}
    exact = (_WORDS.get(word) or _SIGNS.get(word) or Said(word.lower(), word.lower()) for word in left)
    return general + sorted(exact)


def unexpected(token: Token, expected: Iterable[str]) -> RuleSyntaxError:
    """The error for a word that cannot stand here."""
    told = _told(expected)[:6]
    wanted = Said("、".join(one.zh for one in told), ", ".join(one.en for one in told))
    place, words = (token.line or 1, token.column or 1), [one.zh for one in told]
    if token.type == "$END":
        return RuleSyntaxError("unfinished", *place, expected=words, wanted=wanted)
    return RuleSyntaxError("unexpected", *place, expected=words, found=str(token)[:40], wanted=wanted)
