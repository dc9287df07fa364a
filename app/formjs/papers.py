"""PDFs people send: whether one is whole enough for a reader to find its pages."""

import os
import re
from typing import Any

from flask_babel import gettext as _

TAIL = 64 * 1024  # scanners leave padding behind the end
_TABLE = re.compile(rb"startxref\s+(\d{1,10})\s")
_BEGINNING = re.compile(rb"\s*(xref\s|\d{1,10}\s+\d{1,5}\s+obj)")


def flaw(stream: Any, size: int) -> str | None:
    """As archives.flaw. Looks at both ends and at the cross-reference table alone, however large the file is."""
    stream.seek(max(0, size - TAIL), os.SEEK_SET)
    tail = bytes(stream.read(TAIL))
    places = _TABLE.findall(tail)
    if b"%%EOF" not in tail or not places or not 0 < int(places[-1]) < size:
        return _("不完整或已损坏，请重新导出后上传")
    stream.seek(int(places[-1]))
    return None if _BEGINNING.match(stream.read(64)) else _("不完整或已损坏，请重新导出后上传")
