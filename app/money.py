"""Money: integer fen inside; yuan only in templates, forms and the protocol."""

import re
from decimal import Decimal

from app.errors import BadInput

_YUAN = re.compile(r"\d{1,13}(\.\d{1,2})?")
_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def shown(fen: int | None) -> str:
    """¥1,234,567.00, for people."""
    if fen is None:
        return "–"
    sign = "-" if fen < 0 else ""
    return f"{sign}¥{abs(fen) // 100:,}.{abs(fen) % 100:02d}"


def yuan(fen: int) -> str:
    """1234567.00, for the protocol."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def parse(text: str) -> int:
    """Fen from yuan as people or the protocol write it; raises BadInput."""
    plain = str(text).strip().replace(",", "").replace("，", "").removeprefix("¥").removeprefix("￥")
    if not _YUAN.fullmatch(plain):
        raise BadInput("金额应为不超过两位小数的正数，例如 1234.00", value=str(text)[:40])
    return int(Decimal(plain) * 100)


def capitals(fen: int) -> str:
    """壹佰贰拾叁万元整: the amount in capitals, as guarantees and confirmation pages print it."""
    if fen == 0:
        return "零元整"
    whole, jiao, cents = abs(fen) // 100, abs(fen) // 10 % 10, abs(fen) % 10
    text = ("负" if fen < 0 else "") + (f"{_whole(whole)}元" if whole else "")
    if not jiao and not cents:
        return text + "整"
    if jiao:
        text += _DIGITS[jiao] + "角"
    elif whole:
        text += "零"
    return text + (_DIGITS[cents] + "分" if cents else "整")


def _whole(number: int) -> str:
    groups = []
    while number:
        groups.append(number % 10000)
        number //= 10000
    text, gap = "", False
    for place in range(len(groups) - 1, -1, -1):
        value = groups[place]
        if value == 0:
            gap = bool(text)
            continue
        if text and (gap or value < 1000):
            text += "零"
        text += _four(value) + _GROUPS[place]
        gap = False
    return text


def _four(number: int) -> str:
    text, gap = "", False
    for place in (3, 2, 1, 0):
        digit = number // 10**place % 10
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _DIGITS[digit] + _UNITS[place]
        gap = False
    return text
