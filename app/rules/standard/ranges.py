"""How points and ranges lie to each other (Allen's relations)."""

from __future__ import annotations

from collections.abc import Callable

from ..bounds import Run
from ..comparison import order
from ..failures import Failed, RuleSyntaxError
from ..literals import range_from
from ..signatures import standard
from ..values import Range, Value, told


def _side(left: Value, right: Value) -> int:
    side = order(left, right)
    if side is None:
        raise Failed("not_comparable", left=told(left), right=told(right))
    return side


def _as_range(value: Value) -> Range:
    return value if type(value) is Range else Range(value, value)


def before(a: Range, b: Range) -> bool:
    side = _side(a.high, b.low)
    return side < 0 or (side == 0 and not (a.high_in and b.low_in))


def meets(a: Range, b: Range) -> bool:
    return a.high_in and b.low_in and _side(a.high, b.low) == 0


def _touch(a: Range, b: Range) -> bool:
    return not before(a, b) and not before(b, a)


def _low_side(a: Range, b: Range) -> int:
    """Which begins first: -1 if a does."""
    side = _side(a.low, b.low)
    return side or (0 if a.low_in == b.low_in else -1 if a.low_in else 1)


def _high_side(a: Range, b: Range) -> int:
    """Which ends first: -1 if a does."""
    side = _side(a.high, b.high)
    return side or (0 if a.high_in == b.high_in else 1 if a.high_in else -1)


def includes(a: Range, b: Range) -> bool:
    return _low_side(a, b) <= 0 <= _high_side(a, b)


def finishes(a: Range, b: Range) -> bool:
    return _high_side(a, b) == 0 and _low_side(a, b) >= 0


def starts(a: Range, b: Range) -> bool:
    return _low_side(a, b) == 0 and _high_side(a, b) <= 0


def overlaps_before(a: Range, b: Range) -> bool:
    return _touch(a, b) and _low_side(a, b) < 0 and _high_side(a, b) <= 0


def coincides(a: Range, b: Range) -> bool:
    return _low_side(a, b) == 0 == _high_side(a, b)


_Relation = Callable[[Range, Range], bool]


def _relation(name: str, holds: _Relation, *kinds: str) -> None:
    @standard(name, *kinds)
    def relation(run: Run, left: Value, right: Value) -> Value:
        return holds(_as_range(left), _as_range(right))


def _turned(holds: _Relation) -> _Relation:
    return lambda a, b: holds(b, a)


_POINT = "number | string | date | time | datetime | days | months"
_RANGES = ("range1: range, range2: range",)
_POINTS = (f"point1: {_POINT}, point2: {_POINT}", *_RANGES)
_POINT_IN_RANGE = (f"point: {_POINT}, range: range", *_RANGES)
_RANGE_OF_POINT = (f"range: range, point: {_POINT}", *_RANGES)
_EITHER = (*_POINTS, _POINT_IN_RANGE[0], _RANGE_OF_POINT[0])

_relation("before", before, *_EITHER)
_relation("after", _turned(before), *_EITHER)
_relation("meets", meets, *_RANGES)
_relation("met by", _turned(meets), *_RANGES)
_relation("overlaps", _touch, *_RANGES)
_relation("overlaps before", overlaps_before, *_RANGES)
_relation("overlaps after", _turned(overlaps_before), *_RANGES)
_relation("finishes", finishes, *_POINT_IN_RANGE)
_relation("finished by", _turned(finishes), *_RANGE_OF_POINT)
_relation("includes", includes, *_RANGE_OF_POINT)
_relation("during", _turned(includes), *_POINT_IN_RANGE)
_relation("starts", starts, *_POINT_IN_RANGE)
_relation("started by", _turned(starts), *_RANGE_OF_POINT)
_relation("coincides", coincides, *_POINTS)


@standard("range", "from: string")
def range_(run: Run, text: str) -> Value:
    """`range("[1..10]")`: only with ends that are written out."""
    try:
        return range_from(text)
    except (RuleSyntaxError, ValueError):
        raise Failed("argument_value", name="range", found=f"“{text[:40]}”") from None
