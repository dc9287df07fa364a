"""Documents people and institutions send: encrypted, written, and only then named by a committed row.

A file is cut into chunks, each sealed under a key of the file's own (kept in its row, wrapped by the master key) and
named by the ciphertext's hash. Writing takes as long as the file is large, so it happens before the transaction:
`write`, then `keep` inside it. A file without a row is an orphan and is collected.
"""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Protocol
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import Flask, current_app
from sqlalchemy import LargeBinary, select
from sqlalchemy.orm import Mapped, mapped_column

from app import clock
from app.db import BigKey, UtcDateTime, db, in_transaction
from app.errors import BadInput, Misconfigured, NotFound
from app.sealing import seal, unseal

CHUNK = 256 * 1024
LIMIT = 50 * 1024 * 1024


class StoredFile(db.Model):  # type: ignore[name-defined]
    """A document. `sha256` is of the plain content; `name` is where the ciphertext lies."""

    __tablename__ = "stored_file"
    id: Mapped[int] = mapped_column(BigKey, primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    sha256: Mapped[str]
    size: Mapped[int]
    media_type: Mapped[str]
    created_at: Mapped[Any] = mapped_column(UtcDateTime)


class Store(Protocol):
    def put(self, name: str, path: Path) -> None: ...
    def open(self, name: str) -> IO[bytes]: ...
    def names(self) -> Iterator[tuple[str, float]]: ...
    def remove(self, name: str) -> None: ...


class LocalStore:
    """A folder; files are linked in whole, never written in place."""

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, path: Path) -> None:
        target = self.root / name[:2] / name
        target.parent.mkdir(exist_ok=True)
        with path.open("rb") as source:
            os.fsync(source.fileno())
        os.replace(path, target)

    def open(self, name: str) -> IO[bytes]:
        return (self.root / name[:2] / name).open("rb")

    def names(self) -> Iterator[tuple[str, float]]:
        for path in self.root.glob("[0-9a-f][0-9a-f]/*"):
            yield path.name, path.stat().st_mtime

    def remove(self, name: str) -> None:
        (self.root / name[:2] / name).unlink(missing_ok=True)


class S3Store:
    """An S3-compatible bucket: `s3://bucket/prefix`; endpoint and keys by the usual AWS_ variables."""

    def __init__(self, url: str):
        import boto3

        parts = urlsplit(url)
        self.bucket, self.prefix = parts.netloc, parts.path.strip("/")
        self.client = boto3.client("s3", endpoint_url=os.environ.get("AWS_ENDPOINT_URL"))

    def _key(self, name: str) -> str:
        return f"{self.prefix}/{name}" if self.prefix else name

    def put(self, name: str, path: Path) -> None:
        self.client.upload_file(str(path), self.bucket, self._key(name))
        path.unlink()

    def open(self, name: str) -> IO[bytes]:
        try:
            return self.client.get_object(Bucket=self.bucket, Key=self._key(name))["Body"]
        except self.client.exceptions.NoSuchKey as error:
            raise FileNotFoundError(name) from error

    def names(self) -> Iterator[tuple[str, float]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        for page in pages:
            for item in page.get("Contents", ()):
                yield item["Key"].rsplit("/", 1)[-1], item["LastModified"].timestamp()

    def remove(self, name: str) -> None:
        self.client.delete_object(Bucket=self.bucket, Key=self._key(name))


def init(app: Flask) -> None:
    url = app.config["FILES_URL"]
    if url.startswith("s3://"):
        app.extensions["files"] = S3Store(url)
    elif url.startswith("file://"):
        app.extensions["files"] = LocalStore(Path(url.removeprefix("file://")))
    else:
        raise Misconfigured("FILES_URL 应为 file:///目录 或 s3://桶/前缀")


def store() -> Store:
    return current_app.extensions["files"]


@dataclass(frozen=True)
class Written:
    """What lies in the store and has no row yet."""

    name: str
    wrapped: bytes
    sha256: str
    size: int
    media_type: str


def write(source: bytes | IO[bytes], media_type: str, *, limit: int = LIMIT) -> Written:
    """Encrypt the content chunk by chunk and put it into the store; holds no transaction. Raises BadInput."""
    if in_transaction():
        raise RuntimeError("files are written before the transaction, and kept inside it")
    key = os.urandom(32)
    cipher, plain, coded, size = AESGCM(key), hashlib.sha256(), hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=_scratch(), delete=False) as out:
        try:
            for number, chunk in enumerate(_chunks(source)):
                size += len(chunk)
                if size > limit:
                    raise BadInput(f"文件超过 {limit // 1024 // 1024}M，请压缩后重新上传")
                plain.update(chunk)
                sealed = cipher.encrypt(number.to_bytes(12, "big"), chunk, None)
                coded.update(sealed)
                out.write(sealed)
        except BaseException:
            os.unlink(out.name)
            raise
    name = coded.hexdigest()
    store().put(name, Path(out.name))
    return Written(name, seal(key, f"file:{name}"), plain.hexdigest(), size, media_type)


def keep(written: Written) -> StoredFile:
    """The row that makes a written file one of ours; in the caller's transaction."""
    row = StoredFile(**vars(written), created_at=clock.now())
    db.session.add(row)
    db.session.flush()
    return row


def discard(written: Written) -> None:
    """Take a written file away again, unless a committed row names it after all."""
    known = db.session.scalar(select(StoredFile.id).where(StoredFile.name == written.name))
    db.session.rollback()
    if known is None:
        store().remove(written.name)


def read(file_id: int) -> Iterator[bytes]:
    """The plain content, chunk by chunk; what is missing is missed at once, not while reading."""
    row = row_of(file_id)
    cipher = AESGCM(unseal(row.wrapped, f"file:{row.name}"))
    return _plain(cipher, store().open(row.name))


def _plain(cipher: AESGCM, source: IO[bytes]) -> Iterator[bytes]:
    with source:
        number = 0
        while sealed := source.read(CHUNK + 16):
            yield cipher.decrypt(number.to_bytes(12, "big"), sealed, None)
            number += 1


def content(file_id: int) -> bytes:
    return b"".join(read(file_id))


def row_of(file_id: int) -> StoredFile:
    row = db.session.get(StoredFile, file_id)
    if row is None:
        raise NotFound("文件不存在")
    return row


def collect_orphans(older_than: timedelta = timedelta(days=1)) -> int:
    """Remove stored objects that no committed row names."""
    limit, removed = clock.now().timestamp() - older_than.total_seconds(), 0
    for name, written in list(store().names()):
        if written < limit and db.session.scalar(select(StoredFile.id).where(StoredFile.name == name)) is None:
            store().remove(name)
            removed += 1
    return removed


def _scratch() -> Path:
    kept = store()
    root = kept.root if isinstance(kept, LocalStore) else Path(tempfile.gettempdir())
    folder = root / "tmp"
    folder.mkdir(exist_ok=True)
    return folder


def _chunks(source: bytes | IO[bytes]) -> Iterator[bytes]:
    if isinstance(source, bytes):
        for start in range(0, len(source), CHUNK):
            yield source[start : start + CHUNK]
        return
    while chunk := source.read(CHUNK):
        yield chunk
