"""What a backup says of itself. It is written last: a folder without it is not a backup."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from app.errors import Misconfigured

FORMAT = 1
NAME = "manifest.json"


@dataclass
class Manifest:
    """`database` is the folder of the database's parts, with each part's SHA-256; `files` are named by their own."""

    made_at: str
    kind: str  # sqlite, postgresql
    schema: str | None
    database: str
    parts: dict[str, str]
    files: list[str]
    keys: dict[str, str]  # id of each master key → a value that only it opens
    sealed_keys: bool  # whether keys.sealed holds the key files
    rows: dict[str, int] = field(default_factory=dict)
    format: int = FORMAT

    def write(self, folder: Path) -> None:
        fresh = folder / f"{NAME}.new"
        with fresh.open("w") as out:
            json.dump(asdict(self), out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(folder / NAME)

    @classmethod
    def read(cls, folder: Path) -> "Manifest":
        try:
            content = json.loads((folder / NAME).read_text())
        except FileNotFoundError:
            raise Misconfigured(f"{folder} 不是完整的备份：没有 {NAME}") from None
        if content.get("format") != FORMAT:
            raise Misconfigured(f"备份格式 {content.get('format')} 与本程序（{FORMAT}）不符")
        return cls(**content)

    def check(self, folder: Path) -> None:
        """Raise where a part or a file is missing or is not what it was."""
        for name, digest in self.parts.items():
            _same(folder / self.database / name, digest)
        for name in self.files:
            _same(folder / "files" / name[:2] / name, name)


def sha256(path: Path) -> str:
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def _same(path: Path, digest: str) -> None:
    if not path.exists():
        raise Misconfigured(f"备份不完整：缺少 {path.name}")
    if sha256(path) != digest:
        raise Misconfigured(f"备份已损坏：{path.name}")
