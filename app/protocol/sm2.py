"""SM2 key pairs and SM2-with-SM3 signatures (GM/T 0003, GM/T 0009 default user id); the only user of gmssl.

Keys are hex: private 64 digits, public x‖y 128 digits (a leading 04 is accepted). A signature is r‖s, 128.
gmssl is not trusted with three things: it draws k from `random`, strips leading 0 and 4 digits off keys, and
checks neither that a point is on the curve nor that r and s are in range.
"""

from __future__ import annotations

import re
import secrets

from gmssl.sm2 import CryptSM2, default_ecc_table

from app.protocol.digests import sm3

P = int(default_ecc_table["p"], 16)
N = int(default_ecc_table["n"], 16)
A = int(default_ecc_table["a"], 16)
B = int(default_ecc_table["b"], 16)
_USER_ID = b"1234567812345678"
_SHARED = bytes.fromhex(default_ecc_table["a"] + default_ecc_table["b"] + default_ecc_table["g"])
_HEX128 = re.compile(r"[0-9a-fA-F]{128}")


class BadKey(ValueError):
    """The text is no SM2 key."""


def new_private_key() -> str:
    return f"{secrets.randbelow(N - 2) + 1:064x}"


def public_key_of(private: str) -> str:
    point: str = _curve("", private)._kg(_scalar(private), default_ecc_table["g"])
    return point


def read_public_key(text: str) -> str:
    """The 128 digits of a public key given with or without its 04, in any case, or raise BadKey."""
    digits = "".join(text.split()).lower()
    if len(digits) == 130 and digits.startswith("04"):
        digits = digits[2:]
    if not _HEX128.fullmatch(digits):
        raise BadKey("SM2公钥应为128位或以04开头的130位十六进制数")
    x, y = int(digits[:64], 16), int(digits[64:], 16)
    if x >= P or y >= P or (y * y - (x * x * x + A * x + B)) % P:
        raise BadKey("SM2公钥不在曲线上")
    return digits


def sign(private: str, public: str, data: bytes) -> str:
    curve = _curve(public, private)
    digest = _digest(public, data)
    while True:
        signature: str | None = curve.sign(digest, f"{secrets.randbelow(N - 1) + 1:064x}")
        if signature:
            return signature


def verify(public: str, data: bytes, signature: str) -> bool:
    if not _HEX128.fullmatch(signature):
        return False
    r, s = int(signature[:64], 16), int(signature[64:], 16)
    if not (0 < r < N and 0 < s < N):
        return False
    try:
        return bool(_curve(public, "").verify(signature, _digest(public, data)))
    except TypeError:  # gmssl hands on None for the point at infinity
        return False


def _scalar(private: str) -> int:
    value = int(private, 16)
    if not 0 < value < N - 1:
        raise BadKey("SM2私钥不在范围内")
    return value


def _curve(public: str, private: str) -> CryptSM2:
    curve = CryptSM2(private_key=private, public_key="")
    curve.public_key = public
    return curve


def _digest(public: str, data: bytes) -> bytes:
    """e = SM3(Z ‖ data), Z binding the signer's id, curve and key."""
    z = sm3((len(_USER_ID) * 8).to_bytes(2, "big") + _USER_ID + _SHARED + bytes.fromhex(public))
    return sm3(z + data)
