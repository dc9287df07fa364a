"""Documents as people have them: whole PDFs, archives and pictures, and what is kept of them."""

import io
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from flask import Flask

from app import files
from app.db import transaction
from app.files import LocalStore, StoredFile


def kept(content: bytes, media_type: str = "application/pdf") -> StoredFile:
    """A document in the store, with its row."""
    written = files.write(content, media_type)
    with transaction():
        return files.keep(written)


class Watched(LocalStore):
    """A folder that asks, at each writing, whether somebody else could write to the database now.

    PostgreSQL lets others write anyway; there it only counts.
    """

    def __init__(self, app: Flask) -> None:
        super().__init__(Path(app.config["FILES_URL"].removeprefix("file://")))
        self.database, self.asked = app.config["SQLALCHEMY_DATABASE_URI"], 0

    def put(self, name: str, path: Path) -> None:
        if self.database.startswith("sqlite:///"):
            place = self.database.removeprefix("sqlite:///")
            with closing(sqlite3.connect(place, timeout=0, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                other.execute("ROLLBACK")
        self.asked += 1
        super().put(name, path)


@pytest.fixture
def watched(app: Flask) -> Iterator[Watched]:
    usual = app.extensions["files"]
    app.extensions["files"] = Watched(app)
    yield app.extensions["files"]
    app.extensions["files"] = usual


def pdf(text: str = "", size: int = 0) -> bytes:
    """One empty page, padded to `size` bytes; `text` tells it from others."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    ]
    out, places = bytearray(b"%PDF-1.7\n%" + text.encode() + b"\n"), []
    for number, part in enumerate(parts, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    out += b"%" + b"." * max(0, size - len(out) - 220) + b"\n" if size else b""
    table = len(out)
    out += b"xref\n0 4\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size 4 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % table
    return bytes(out[:-1] + b" " * max(0, size - len(out)) + b"\n")


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def png(width: int = 4, height: int = 4) -> bytes:
    """A grey picture; of a large one only its beginning is there, which is all that says how large it is."""
    rows = b"".join(b"\0" + b"\x80" * width for _ in range(min(height, 64)))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunks = (b"IHDR", head), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpg(width: int = 4, height: int = 4) -> bytes:
    """The segments of a JPEG in their order; its one scan is empty."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\0"
    scan = b"\x01\x01\0\0\x3f\0"
    segments = (b"\xe0", b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0"), (b"\xc0", frame), (b"\xda", scan)
    return (
        b"\xff\xd8"
        + b"".join(b"\xff" + kind + struct.pack(">H", len(data) + 2) + data for kind, data in segments)
        + b"\x12\x34\xff\xd9"
    )
