"""Numbers with a check digit: 统一社会信用代码 (GB 32100-2015), 居民身份证号 (GB 11643-1999)."""

import re
from datetime import date

USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC = re.compile(f"[{USCC_ALPHABET}]{{18}}")
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ID = re.compile(r"[1-9]\d{5}(\d{4})(\d{2})(\d{2})\d{3}[\dX]")
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def uscc_wellformed(code: str) -> bool:
    """18 characters of the standard's alphabet (no I, O, S, V, Z): a hard rule."""
    return bool(_USCC.fullmatch(code))


def uscc_check_digit(code: str) -> str:
    """The check digit that belongs to the first 17 characters."""
    total = sum(USCC_ALPHABET.index(c) * w for c, w in zip(code[:17], _USCC_WEIGHTS, strict=True))
    return USCC_ALPHABET[(31 - total % 31) % 31]


def uscc_checked(code: str) -> bool:
    """Whether the check digit is right: a doubt for the reviewer, unless set strict."""
    return uscc_wellformed(code) and uscc_check_digit(code) == code[17]


def id_number_valid(code: str) -> bool:
    """Form, date of birth and check digit."""
    found = _ID.fullmatch(code)
    if not found:
        return False
    try:
        date(int(found[1]), int(found[2]), int(found[3]))
    except ValueError:
        return False
    total = sum(int(c) * w for c, w in zip(code[:17], _ID_WEIGHTS, strict=True))
    return "10X98765432"[total % 11] == code[17]
