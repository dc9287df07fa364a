"""Bring an installation back from a backup. Afterwards outside calls wait until a person has looked and resumed them:
what was done since the backup was taken is done outside, and not known here."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from app import clock, schema, sealing
from app.audit import SYSTEM, record
from app.backup import databases
from app.backup.manifest import Manifest
from app.backup.place import opened
from app.db import db, transaction
from app.errors import Conflict, Misconfigured
from app.files import store
from app.jobs.pause import FLAG

NOTE = "restore"


def restore(source: Path, *, replace: bool = False, say: Callable[[str], None] = print) -> Manifest:
    """Check everything first, then files, then the database, paused from its first moment."""
    with opened(source) as folder:
        manifest = Manifest.read(folder)
        _refuse_strange(manifest)
        manifest.check(folder)
        db.session.remove()
        db.engine.dispose()
        databases.refuse_if_used(db.engine)
        if not databases.empty(db.engine) and not replace:
            raise Conflict("目标数据库不是空的：确认要用备份覆盖它，请加 --replace")
        kept = {name for name, _ in store().names()}
        for name in manifest.files:
            if name not in kept:
                _put(folder / "files" / name[:2] / name, name)
        say(f"文件：{len(manifest.files)} 个")
        databases.load(db.engine, folder / manifest.database, lambda: schema.make(manifest.schema), _pause)
        schema.make()
    with transaction():
        sealing.keep_masters()
        record("house", "从备份恢复，对外调用已暂停", by=SYSTEM, made_at=manifest.made_at)
    say(f"数据库：{sum(manifest.rows.values())} 行，备份于 {manifest.made_at}")
    return manifest


def _refuse_strange(manifest: Manifest) -> None:
    if manifest.kind != db.engine.dialect.name:
        raise Misconfigured(f"备份来自 {manifest.kind}，目标是 {db.engine.dialect.name}：请恢复到同一种数据库")
    ring = sealing.keyring()
    missing = [name for name in manifest.keys if name not in ring.masters]
    if missing:
        raise Misconfigured(f"配置中没有备份所用的主密钥：{', '.join(missing)}（见文档：先取出密钥）")
    wrong = [name for name, proof in manifest.keys.items() if ring.proof(name) != proof]
    if wrong:
        raise Misconfigured(f"主密钥 {', '.join(wrong)} 与备份所用的不同")
    if not schema.knows(manifest.schema):
        raise Misconfigured(f"备份的数据库结构（{manifest.schema}）比本程序新：请用新版本恢复")


def _put(path: Path, name: str) -> None:
    """The store takes a file of its own and moves it; the backup keeps its copy."""
    with tempfile.NamedTemporaryFile(delete=False) as copy, path.open("rb") as plain:
        shutil.copyfileobj(plain, copy, 1 << 20)
    store().put(name, Path(copy.name))


def _pause(driver: Any) -> None:
    """Set the switch in the load's own transaction, whichever driver holds it."""
    mark = "?" if type(driver).__module__.startswith("sqlite3") else "%s"
    at = clock.now()
    moment = at.replace(tzinfo=None).isoformat(" ") if mark == "?" else at
    driver.execute(f"DELETE FROM house_flag WHERE name = {mark}", (FLAG,))  # noqa: S608
    driver.execute(
        f"INSERT INTO house_flag (name, value, set_at, set_by) VALUES ({mark}, 'yes', {mark}, {mark})",  # noqa: S608
        (FLAG, moment, NOTE),
    )
