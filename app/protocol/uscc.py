"""统一社会信用代码 (GB 32100-2015): alphabet and length are hard, the check digit is the caller's setting."""

from __future__ import annotations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)


def well_formed(code: str) -> bool:
    return len(code) == 18 and all(character in ALPHABET for character in code)


def check_digit(first_17: str) -> str:
    total = sum(ALPHABET.index(character) * weight for character, weight in zip(first_17, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def check_digit_holds(code: str) -> bool:
    """Codes in circulation may fail this (the manual's own examples do): flag, refuse only if set to."""
    return well_formed(code) and code[17] == check_digit(code[:17])
