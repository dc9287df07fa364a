"""Moving the clock, ours and the database's together, as CLOCK_OFFSET does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from app import clock


@contextmanager
def later(**ahead: float) -> Iterator[None]:
    """`with later(minutes=31):` everything inside happens then."""
    before = clock.offset()
    clock.shift(before + timedelta(**ahead))
    try:
        yield
    finally:
        clock.shift(before)
