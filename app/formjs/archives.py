"""Archives people send: whether one opens everywhere, and unpacks to about what it says, in its own folder."""

import os
import re
import stat
import struct
import zipfile
import zlib
from typing import Any

from flask_babel import gettext as _

MOST = 2000
LARGEST = 512 * 1024**2
RATIO = 200
DIRECTORY = 1024**2  # bytes; so much for MOST entries
CHUNK = 256 * 1024
METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # others unpack without bounds
PROTECTED = 0x1 | 0x40 | 0x2000
NESTED = re.compile(r"\.(zip|rar|7z|tar|t?gz|t?bz2?|t?xz|zst|cab|iso|jar)$", re.IGNORECASE)
OFFICE = re.compile(r"\.(docx|xlsx|pptx|ofd|odt|ods|odp|wps|et|dps)$", re.IGNORECASE)  # archives that are documents
PROGRAMS = re.compile(r"\.(exe|dll|com|scr|msi|bat|cmd|ps1|vbs?|js|jse|wsf|hta|lnk|sh|apk)$", re.IGNORECASE)
_END, _END_OF_64 = b"PK\x05\x06", b"PK\x06\x07"


def flaw(stream: Any, size: int) -> str | None:
    """What is wrong with the archive, as the rest of a sentence that began with its name; None: nothing."""
    try:
        told = _too_many(stream, size)
        if told is None:
            with zipfile.ZipFile(stream) as archive:
                inside = archive.infolist()
                told = _of_names(inside) or _of_sizes(inside, size) or _of_contents(archive, inside)
        return told
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError, NotImplementedError):
        return _("无法打开，请重新压缩后上传")


def _too_many(stream: Any, size: int) -> str | None:
    """Asked of the archive's last lines, before its directory is read: that alone could fill the memory."""
    tail = _tail(stream, size, 22 + 65535)
    at = len(tail) - 22 if tail[-22:].startswith(_END) and tail.endswith(b"\0\0") else tail.rfind(_END)
    if at < 0 or len(tail) < at + 22:
        raise zipfile.BadZipFile
    count, directory = struct.unpack_from("<HI", tail, at + 10)
    if count > MOST or directory > DIRECTORY or tail[max(0, at - 20) : at].startswith(_END_OF_64):
        return _("内的文件超过 %(count)d 个，请减少内容后上传", count=MOST)
    return None


def _of_names(inside: list[zipfile.ZipInfo]) -> str | None:
    if any(one.flag_bits & PROTECTED for one in inside):
        return _("设有密码，请去掉密码后重新压缩上传")
    for one in inside:
        parts = re.split(r"[/\\]", one.filename)
        linked = stat.S_ISLNK(one.external_attr >> 16)
        if not parts[0] or ".." in parts or ":" in parts[0] or linked:
            return _("内有指向压缩包之外的路径，请重新压缩后上传")
        if PROGRAMS.search(one.filename):
            return _("内有可执行程序，请移除后重新压缩上传")
        if NESTED.search(one.filename):
            return _("内还有压缩包，请解开后一并压缩上传")
    if any(one.compress_type not in METHODS for one in inside):
        return _("使用了少见的压缩方式，请用普通zip格式重新压缩后上传")
    return None


def _of_sizes(inside: list[zipfile.ZipInfo], size: int) -> str | None:
    """What the directory says; entries that share their packed bytes add up to more than the archive."""
    total, packed = sum(one.file_size for one in inside), sum(one.compress_size for one in inside)
    if total > LARGEST or total > RATIO * max(packed, 1024) or packed > size:
        return _("解压后过大，请减少内容后上传")
    return None


def _of_contents(archive: zipfile.ZipFile, inside: list[zipfile.ZipInfo]) -> str | None:
    """Unpack everything once, a chunk at a time: no more may come out than was said, and it must be whole."""
    for one in inside:
        with archive.open(one) as content:
            chunk = content.read(CHUNK)
            if chunk.startswith((b"MZ", b"\x7fELF")):
                return _("内有可执行程序，请移除后重新压缩上传")
            if chunk.startswith((b"PK\x03\x04", b"Rar!", b"7z\xbc\xaf")) and not OFFICE.search(one.filename):
                return _("内还有压缩包，请解开后一并压缩上传")
            while chunk:
                chunk = content.read(CHUNK)
    return None


def _tail(stream: Any, size: int, length: int) -> bytes:
    stream.seek(max(0, size - length), os.SEEK_SET)
    return bytes(stream.read(length))
