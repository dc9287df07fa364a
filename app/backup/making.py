"""Take a backup: a snapshot of the database, the files its rows name, and what is needed to know the keys again."""

import shutil
from collections.abc import Callable
from pathlib import Path

from flask import current_app
from sqlalchemy import select

from app import clock, schema, sealing
from app.backup import databases, keys
from app.backup.manifest import Manifest, sha256
from app.backup.place import filled
from app.db import db
from app.errors import Misconfigured
from app.evidence import checkpoints
from app.files import StoredFile, store


def backup(target: Path, *, passphrase_file: Path | None = None, say: Callable[[str], None] = print) -> Manifest:
    """Write a backup to a folder (again and again: files it has are not copied twice) or to a new .tar file."""
    word = keys.passphrase(passphrase_file) if passphrase_file else None
    with filled(target) as folder:
        at = clock.now()
        database = f"database-{at:%Y%m%dT%H%M%S.%f}Z"
        (folder / database).mkdir(mode=0o700)
        revision = schema.seen().current
        db.session.rollback()
        rows = databases.dump(db.engine, folder / database)
        say(f"数据库：{sum(rows.values())} 行")
        files = _copy_files(folder)
        say(f"文件：{len(files)} 个")
        checkpoints.write_files(folder / "checkpoints")
        sealed = folder / keys.NAME
        sealed.unlink(missing_ok=True)
        if word:
            sealed.touch(mode=0o600)
            sealed.write_bytes(keys.seal(keys.files_of(current_app.config), word))
        manifest = Manifest(
            made_at=at.isoformat(),
            kind=db.engine.dialect.name,
            schema=revision,
            database=database,
            parts={path.name: sha256(path) for path in sorted((folder / database).iterdir())},
            files=files,
            keys={name: sealing.keyring().proof(name) for name in sealing.keyring().masters},
            sealed_keys=word is not None,
            rows=rows,
        )
        manifest.write(folder)
        for old in folder.glob("database-*"):
            if old.name != database:
                shutil.rmtree(old)
    return manifest


def _copy_files(folder: Path) -> list[str]:
    """Every file a row names, as it is stored: encrypted. The rows are read after the snapshot was taken, so that none
    of its rows is without its file, unless it was destroyed meanwhile."""
    names = sorted(db.session.scalars(select(StoredFile.name)))
    db.session.rollback()
    for name in names:
        target = folder / "files" / name[:2] / name
        if target.exists():
            continue
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = target.with_suffix(".new")
        try:
            with store().open(name) as source, fresh.open("wb") as out:
                shutil.copyfileobj(source, out, 1 << 20)
        except FileNotFoundError:
            raise Misconfigured(f"库中登记的文件不存在：{name}") from None
        if sha256(fresh) != name:
            raise Misconfigured(f"文件已损坏：{name}")
        fresh.replace(target)
    return names
