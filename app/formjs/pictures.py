"""Pictures people send: whether a PNG or JPEG is whole, and no larger than a page can show."""

import os
import struct
import zlib
from typing import Any

from flask_babel import gettext as _

SIDE = 4096
MOST = 10_000  # chunks or segments
_SIZED = {0xC0, 0xC1, 0xC2}  # JPEG frames that browsers draw
_BARE = {0x01, *range(0xD0, 0xD8)}  # JPEG markers without a length


class Broken(Exception):
    """The picture ends too early or does not follow its format."""


def flaw(stream: Any, kind: str) -> str | None:
    """As archives.flaw; `kind` is png or jpg."""
    stream.seek(0)
    try:
        width, height = _png(stream) if kind == "png" else _jpg(stream)
    except (Broken, struct.error):
        return _("不完整或已损坏，请重新导出后上传")
    if max(width, height) > SIDE:
        return _("的边长超过 %(side)d 像素，请缩小后上传", side=SIDE)
    return None


def _png(stream: Any) -> tuple[int, int]:
    """(width, height), once every chunk is there and sums up right."""
    stream.read(8)
    size, drawn = (0, 0), False
    for number in range(MOST):
        length, kind = struct.unpack(">I4s", stream.read(8))
        if length > 2**31 - 1:
            raise Broken
        data = stream.read(length)
        if struct.unpack(">I", stream.read(4))[0] != zlib.crc32(kind + data):
            raise Broken
        if (number == 0) != (kind == b"IHDR"):
            raise Broken
        if kind == b"IHDR":
            size = struct.unpack_from(">II", data)
        drawn |= kind == b"IDAT"
        if kind == b"IEND":
            if not drawn or 0 in size:
                break
            return size
    raise Broken


def _jpg(stream: Any) -> tuple[int, int]:
    """(width, height), once a frame and a scan were found and the picture has its end."""
    stream.read(2)
    size = (0, 0)
    for _number in range(MOST):
        mark, kind = struct.unpack(">BB", stream.read(2))
        if mark != 0xFF:
            raise Broken
        if kind == 0xFF:
            stream.seek(-1, os.SEEK_CUR)
            continue
        if kind in _BARE:
            continue
        (length,) = struct.unpack(">H", stream.read(2))
        data = stream.read(length - 2) if length >= 2 else b""
        if len(data) != length - 2:
            raise Broken
        if kind in _SIZED:
            height, width = struct.unpack_from(">HH", data, 1)
            size = (width, height)
        if kind == 0xDA:
            if 0 in size or not _ends(stream):
                break
            return size
    raise Broken


def _ends(stream: Any) -> bool:
    stream.seek(-min(1024, stream.seek(0, os.SEEK_END)), os.SEEK_END)
    return b"\xff\xd9" in stream.read()
