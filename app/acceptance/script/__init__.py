"""The script: every check of the acceptance test, in the order it is made. To add a check is to add a row to a
chapter; docs/acceptance.md lists them all, and a test holds the two together."""

from app.acceptance.checks import Check
from app.acceptance.script import (
    applications,
    closing,
    connection,
    every_call,
    ordering,
    paying,
    products,
    repaying,
    unsealing,
)

CHAPTERS = (
    connection.chapter,
    products.chapter,
    ordering.chapter,
    paying.chapter,
    repaying.chapter,
    unsealing.chapter,
    applications.chapter,
    every_call.chapter,
    closing.chapter,
)
SCRIPT: tuple[Check, ...] = tuple(check for chapter in CHAPTERS for check in chapter.checks)

_numbers = {check.no for check in SCRIPT}
assert len(_numbers) == len(SCRIPT)
assert not [need for check in SCRIPT for need in check.needs if need not in _numbers]
