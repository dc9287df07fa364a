"""Multiples of points on the SM2 curve in whole numbers; gmssl's own goes through hex text at each step.

Not constant in time, as little as gmssl's: keys of consequence belong into a hardware module.
"""

from __future__ import annotations

from functools import lru_cache

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
A = P - 3
B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93

Jacobian = tuple[int, int, int]
_INFINITY: Jacobian = (1, 1, 0)
_WINDOW = 4


def on_curve(x: int, y: int) -> bool:
    return 0 <= x < P and 0 <= y < P and (y * y - (x * x * x + A * x + B)) % P == 0


def multiple(k: int, x: int, y: int) -> tuple[int, int] | None:
    """k·(x, y); None for the point at infinity."""
    table = _table(x, y)
    total = _INFINITY
    for at in range((k.bit_length() - 1) // _WINDOW, -1, -1):
        for _ in range(_WINDOW):
            total = _double(total)
        digit = (k >> (at * _WINDOW)) & ((1 << _WINDOW) - 1)
        if digit:
            total = _add(total, table[digit])
    px, py, z = total
    if z == 0:
        return None
    inverse = pow(z, -1, P)
    square = inverse * inverse % P
    return px * square % P, py * square * inverse % P


@lru_cache(maxsize=64)
def _table(x: int, y: int) -> tuple[Jacobian, ...]:
    """0 to 15 times the point; kept for the generator and the parties' keys."""
    points = [_INFINITY, (x, y, 1)]
    while len(points) < 1 << _WINDOW:
        points.append(_add(points[-1], points[1]))
    return tuple(points)


def _double(point: Jacobian) -> Jacobian:
    x, y, z = point
    if z == 0 or y == 0:
        return _INFINITY
    zz, yy = z * z % P, y * y % P
    s = 4 * x * yy % P
    m = 3 * (x - zz) * (x + zz) % P
    nx = (m * m - 2 * s) % P
    return nx, (m * (s - nx) - 8 * yy * yy) % P, 2 * y * z % P


def _add(left: Jacobian, right: Jacobian) -> Jacobian:
    x1, y1, z1 = left
    x2, y2, z2 = right
    if z1 == 0:
        return right
    if z2 == 0:
        return left
    zz1, zz2 = z1 * z1 % P, z2 * z2 % P
    u1, u2 = x1 * zz2 % P, x2 * zz1 % P
    s1, s2 = y1 * zz2 * z2 % P, y2 * zz1 * z1 % P
    h, r = (u2 - u1) % P, (s2 - s1) % P
    if h == 0:
        return _double(left) if r == 0 else _INFINITY
    hh = h * h % P
    hhh = h * hh % P
    v = u1 * hh % P
    x3 = (r * r - hhh - 2 * v) % P
    return x3, (r * (v - x3) - s1 * hhh) % P, h * z1 * z2 % P
