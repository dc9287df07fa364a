"""Files people send: how many, how large, and what they really are (by content, not by name)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import filetype
import marshmallow
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage, MultiDict

from app.formjs import archives, papers, pictures
from app.formjs.fields import Context, Field, Wrong

TYPES: Mapping[str, str] = {
    "pdf": "application/pdf",
    "zip": "application/zip",
    "png": "image/png",
    "jpg": "image/jpeg",
}
SAME = {"jpeg": "jpg", "application/pdf": "pdf", "application/zip": "zip", "image/png": "png", "image/jpeg": "jpg"}
HEAD = 8192
PROGRAMS = {"exe", "elf", "dex", "msi"}
_SIZE = re.compile(r"(\d+)\s*([KMkm])?[Bb]?")


@dataclass(frozen=True)
class Upload:
    """An accepted file: `name` as people see it, `media_type` by content; `stream` stands at its beginning."""

    name: str
    media_type: str
    size: int
    stream: IO[bytes]


def size_of(text: str) -> int | None:
    """Bytes from 50M, 300K or 1024."""
    found = _SIZE.fullmatch(text.strip())
    if not found:
        return None
    return int(found[1]) * {"": 1, "k": 1024, "m": 1024**2}[(found[2] or "").lower()]


@dataclass(frozen=True)
class FileField(Field):
    """form-js's filepicker. Reads to an Upload or None; with `multiple` to a list of them."""

    accept: tuple[str, ...] = ("pdf", "zip")
    multiple: bool = False
    largest: int = 50 * 1024**2
    count: int = 10

    widget = "files"

    @property
    def hint(self) -> str:
        told = _("支持%(types)s格式，大小不超过%(size)s", types=", ".join(self.accept), size=_size(self.largest))
        return f"{super().hint} {told}".strip()

    @property
    def accept_attribute(self) -> str:
        return ",".join(f".{kind}" for kind in self.accept) + (",.jpeg" if "jpg" in self.accept else "")

    @property
    def too_large(self) -> str:
        """What a script says of a file before sending it; {name} is its name."""
        size = _size(self.largest)
        return _("%(label)s“%(name)s”超过 %(size)s，请压缩后重新上传", label=self.name, name="{name}", size=size)

    def missing(self) -> str:
        return _("请上传%(label)s", label=self.name)

    def read(self, form: MultiDict[str, str], files: MultiDict[str, FileStorage], ctx: Context) -> Any:
        sent = [one for one in files.getlist(self.key) if one.filename]
        if not self.multiple:
            sent = sent[:1]
        if len(sent) > self.count:
            raise Wrong(_("%(label)s最多 %(count)d 个文件", label=self.name, count=self.count))
        uploads = [self._accepted(one) for one in sent]
        return self.accepted(uploads if self.multiple else (uploads[0] if uploads else None), ctx)

    def empty(self, value: Any) -> bool:
        return not value

    def typed(self, value: Any) -> str:
        return ""

    def said(self, value: Any, ctx: Context) -> str:
        ones = value if isinstance(value, list | tuple) else [value] if value else []
        return "、".join(one if isinstance(one, str) else _name(one) for one in ones) or "–"

    def json_field(self, ctx: Context) -> marshmallow.fields.Field:
        raise NotImplementedError("files do not travel in JSON")

    def _accepted(self, sent: FileStorage) -> Upload:
        stream: Any = sent.stream
        name = os.path.basename((sent.filename or "").replace("\\", "/"))[-120:]
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        if size == 0:
            raise Wrong(_("%(label)s“%(name)s”是空文件，请重新选择", label=self.name, name=name))
        if size > self.largest:
            told = _(
                "%(label)s“%(name)s”超过 %(size)s，请压缩后重新上传",
                label=self.name,
                name=name,
                size=_size(self.largest),
            )
            raise Wrong(told)
        head = stream.read(HEAD)
        found = filetype.guess(head)
        kind = found.extension if found else ""
        if kind in PROGRAMS or head.startswith((b"MZ", b"\x7fELF", b"#!")):
            raise Wrong(_("%(label)s“%(name)s”是可执行程序，不能上传", label=self.name, name=name))
        if kind not in self.accept:
            types = ", ".join(self.accept)
            raise Wrong(_("%(label)s“%(name)s”的内容不是 %(types)s 格式", label=self.name, name=name, types=types))
        if told := _flaw(stream, kind, size):
            raise Wrong(_("%(label)s“%(name)s”%(told)s", label=self.name, name=name, told=told))
        stream.seek(0)
        return Upload(name, TYPES[kind], size, stream)


def _flaw(stream: Any, kind: str, size: int) -> str | None:
    """What is wrong inside a file of this kind."""
    if kind == "pdf":
        return papers.flaw(stream, size)
    return archives.flaw(stream, size) if kind == "zip" else pictures.flaw(stream, kind)


def _size(size: int) -> str:
    return f"{size // 1024**2}M" if size >= 1024**2 else f"{size // 1024}K"


def _name(one: Any) -> str:
    return str(one.get("name", "")) if isinstance(one, Mapping) else str(getattr(one, "name", one))
