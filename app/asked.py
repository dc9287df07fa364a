"""A browser's request as the application reads it: what nobody can type is not there.

PostgreSQL takes no NUL in a text, and XML no control character; one in a form or an address is a mistake or a try.
"""

import re
from collections.abc import Iterable
from typing import Any

from flask import Request
from werkzeug.datastructures import ImmutableMultiDict

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Typed(ImmutableMultiDict[str, Any]):
    """Names and values without control characters; line ends and tabs stay."""

    def __init__(self, mapping: Any = None) -> None:
        pairs: Iterable[Any] = mapping if isinstance(mapping, list | tuple) else ImmutableMultiDict(mapping).items(True)
        super().__init__([(_typed(name), _typed(value)) for name, value in pairs])


class Asked(Request):
    parameter_storage_class = Typed


def _typed(value: Any) -> Any:
    return CONTROL.sub("", value) if isinstance(value, str) else value
