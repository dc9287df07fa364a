"""Checkpoints: the chain's head, signed once a day, kept in the database, as a file and in backups.

A file kept where nobody of the database's can write shows that the whole trail was rewritten, whatever the database
says of itself.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from app import clock
from app.audit import chain
from app.audit.verifying import Finding, Verdict, verify
from app.db import db, transaction
from app.errors import AppError, Misconfigured, Unavailable
from app.evidence import signing
from app.evidence.models import AuditCheckpoint

KIND = "baohan-checkpoint"


class Tampered(AppError):
    """The trail is not as it was written."""

    code = "audit_tampered"


def daily(payload: Mapping[str, Any], key: str) -> None:
    """The errand of every night. A trail that was changed is signed as it is, and said aloud."""
    made = make(str(payload["date"]))
    if made.findings:
        raise Tampered(f"审计日志校验发现 {made.findings} 处问题：请执行 flask --app wsgi audit verify")


def make(day: str) -> AuditCheckpoint:
    """Verify what came since the last checkpoint, sign the head, write the files; an edge. Once a day."""
    key = signing.key()
    chain.seal()
    last = latest()
    verdict = verify(*_trusted(last))
    db.session.rollback()
    with transaction():
        head = chain.locked()
        if head is None:
            raise Unavailable("审计链正在接续，请稍后重试")
        last = latest()
        if last is not None and last.day >= day:
            return last
        made = AuditCheckpoint(
            seq=head.checkpoints + 1, day=day, no=head.no, hash=head.hash, at=clock.now(), key_id=key.id, signature="",
            checked=verdict.lines, findings=verdict.count,
        )  # fmt: skip
        made.signature = key.sign(signing.text(document(made)))
        db.session.add(made)
        chain.move(head, checkpoints=made.seq, marked_from=head.no if head.marked_from is None else head.marked_from)
    write_files()
    return made


def latest() -> AuditCheckpoint | None:
    return db.session.scalar(select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1))


def document(row: AuditCheckpoint) -> dict[str, Any]:
    """The checkpoint as a file."""
    return {
        "type": KIND,
        "version": 1,
        "seq": row.seq,
        "day": row.day,
        "no": row.no,
        "hash": row.hash.hex(),
        "at": clock.local(row.at).isoformat(timespec="microseconds"),
        "key_id": row.key_id,
        "signature": row.signature,
    }


def write_files(folder: Path | None = None) -> int:
    """Write the checkpoints that the folder (CHECKPOINT_DIR) has not yet; returns how many. None is overwritten."""
    if folder is None:
        if not current_app.config["CHECKPOINT_DIR"]:
            return 0
        folder = Path(current_app.config["CHECKPOINT_DIR"])
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for row in db.session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq)):
        path = folder / f"checkpoint-{row.seq:06}-{row.hash.hex()[:8]}.json"
        if path.exists():
            continue
        fresh = path.with_suffix(".new")
        with fresh.open("w") as out:
            json.dump(document(row), out, ensure_ascii=False, indent=1)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
        written += 1
    db.session.rollback()
    return written


def look(since: str = "", folder: Path | None = None) -> Verdict:
    """The trail, its checkpoints, and those kept as files. `since`: only what came after the last checkpoint of before
    that day, whose signature then is what is trusted."""
    start = None
    if since:
        before = select(AuditCheckpoint).where(AuditCheckpoint.day < since).order_by(AuditCheckpoint.seq.desc())
        start = db.session.scalar(before.limit(1))
        if start is None:
            raise Misconfigured(f"{since} 之前没有检查点，请不带 --since 执行")
    verdict = verify(*_trusted(start))
    for finding in (*_kept(), *(_files(folder) if folder is not None else ())):
        verdict.add(finding)
    return verdict


def wrong(said: Mapping[str, Any]) -> str:
    """What is wrong with a checkpoint, against its signature and the line it names; "" if nothing."""
    return signing.wrong(said) or _against_line(said)


def _kept() -> Iterator[Finding]:
    expected = 1
    for row in db.session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq)):
        if row.seq != expected:
            yield Finding(0, f"第 {expected} 个检查点不见了")
        expected = row.seq + 1
        if problem := wrong(document(row)):
            yield Finding(row.no, f"第 {row.seq} 个检查点：{problem}")
    head = chain.seen()
    if head is not None and head.genuine and head.checkpoints >= expected:
        yield Finding(0, f"第 {expected} 个检查点不见了")


def _files(folder: Path) -> Iterator[Finding]:
    paths = sorted(folder.glob("*.json"))
    if not paths:
        raise Misconfigured(f"{folder} 中没有检查点文件")
    for path in paths:
        try:
            said = json.loads(path.read_text())
            if said.get("type") != KIND or not isinstance(said["no"], int) or not isinstance(said["hash"], str):
                raise ValueError
        except (ValueError, KeyError, AttributeError):
            yield Finding(0, f"{path.name} 不是检查点文件")
            continue
        if problem := wrong(said):
            yield Finding(said["no"], f"检查点文件 {path.name}：{problem}")


def _against_line(said: Mapping[str, Any]) -> str:
    found = chain.hash_of(said["no"])
    if found is None:
        return _("所指的记录不见了")
    return "" if found.hex() == said["hash"] else _("与现在的审计链不同：此前的记录被改写")


def _trusted(start: AuditCheckpoint | None) -> tuple[int, bytes]:
    return (start.no, start.hash) if start is not None else (0, chain.START)
