"""Backup → restore → outside calls wait → resumed, on both databases."""

import json
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app import files, numbering, sealing
from app.audit import SYSTEM, AuditLine, chain, record
from app.db import db, transaction
from app.evidence import checkpoints
from app.jobs import queue, relay
from app.jobs.models import Job
from tests.support.papers import kept

pytestmark = pytest.mark.both_databases
CONTENT = "一份保函".encode() * 100_000


@pytest.fixture
def lived(app: Flask) -> Flask:
    """An installation with a file, a sealed value, a timer and an outside call that wait."""
    with app.app_context():
        kept(CONTENT)
    with app.app_context(), transaction():
        app.config["TRIAL_SEALED"] = sealing.seal_for_lot("LOT1", {"bidder": "甲公司"}, "trial")
        record(numbering.next_number("DD"), "第一天", by=SYSTEM)
        queue.post("notices/sms", {"notice": 1}, key="n1")
        queue.post("", {}, kind="timer")
    return app


def run(app: Flask, *arguments: object) -> str:
    answer = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def refused(app: Flask, *arguments: object) -> str:
    answer = app.test_cli_runner().invoke(args=[str(argument) for argument in arguments])
    assert answer.exit_code == 1, answer.output
    return answer.output


def lines() -> int:
    return db.session.scalar(select(func.count()).select_from(AuditLine)) or 0


@pytest.mark.parametrize("name", ["folder", "backup.tar"])
def test_what_was_backed_up_comes_back_and_calls_wait_until_resumed(
    lived: Flask, make_app: Callable[..., Flask], tmp_path: Path, name: str
) -> None:
    target = tmp_path / name
    assert "密钥不在备份中" in run(lived, "backup", target)
    with lived.app_context(), transaction():
        record("DD2", "备份之后", by=SYSTEM)
        first = db.session.scalar(select(files.StoredFile.name))
    files_root = Path(lived.config["FILES_URL"].removeprefix("file://"))
    shutil.rmtree(files_root / first[:2])

    fresh = make_app(FILES_URL=f"file://{tmp_path / 'files'}")
    said = run(fresh, "restore", target)
    assert "notices/sms  1" in said

    with fresh.app_context():
        assert lines() == 2, "the line of before the backup, and the one that tells of the restore"
        assert files.content(db.session.scalar(select(files.StoredFile.id))) == CONTENT
        assert sealing.unseal_for_lot("LOT1", lived.config["TRIAL_SEALED"], "trial") == {"bidder": "甲公司"}
        with transaction():
            assert [job.kind for job in relay.due()] == ["timer"]
        call = db.session.scalars(select(Job).where(Job.name == "notices/sms")).one().id
        with transaction():
            assert queue.claim(call) is None, "an id left over in Redis opens nothing"
        numbers = set()
        with transaction():
            numbers |= {numbering.next_number("DD") for _ in range(20)}
        known = set(db.session.scalars(select(AuditLine.subject)))
        assert not numbers & known

    assert "等待发出的对外调用：1" in run(fresh, "resume")
    with fresh.app_context(), transaction():
        assert [job.name for job in relay.due()] == ["notices/sms"]
        assert queue.claim(call) is not None


def test_a_database_in_use_or_with_rows_is_not_overwritten_unasked(lived: Flask, app: Flask, tmp_path: Path) -> None:
    run(lived, "backup", tmp_path / "b")
    assert "--replace" in refused(app, "restore", tmp_path / "b")
    with app.app_context():
        held = db.engine.connect()
        held.execute(select(func.count()).select_from(AuditLine))
        answer = refused_by_process(app, tmp_path / "b")
        held.close()
    assert "正在使用" in answer
    assert "已恢复" in run(app, "restore", tmp_path / "b", "--replace")


def refused_by_process(app: Flask, source: Path) -> str:
    """The same command in a process of its own: only there are the test's connections somebody else's."""
    names = ("DATABASE_URL", "REDIS_URL", "FILES_URL", "SHARED_LOCAL_FILES", "OIDC_ISSUER", "DEMO")
    environment = {name: str(app.config[name]) for name in names}
    environment |= {name: str(app.config[name]) for name in app.config if name.endswith("_FILE") and app.config[name]}
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "restore", str(source), "--replace"]
    answer = subprocess.run(
        command, env={"PATH": "/usr/bin"} | environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    return answer.stderr


def test_a_damaged_or_unfinished_backup_changes_nothing(lived: Flask, app: Flask, tmp_path: Path) -> None:
    run(lived, "backup", tmp_path / "b")
    stored = next((tmp_path / "b/files").glob("*/*"))
    stored.write_bytes(stored.read_bytes()[:-1])
    assert "已损坏" in refused(app, "restore", tmp_path / "b", "--replace")
    (tmp_path / "b/manifest.json").unlink()
    assert "不是完整的备份" in refused(app, "restore", tmp_path / "b", "--replace")
    with app.app_context():
        assert lines() == 1
        assert not queue.paused()


@pytest.mark.parametrize("name", ["../outside", "link"])
def test_an_archive_that_reaches_outside_its_folder_is_no_backup(app: Flask, tmp_path: Path, name: str) -> None:
    archive, member = tmp_path / "b.tar", tarfile.TarInfo(name)
    if name == "link":
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with tarfile.open(archive, "w") as tar:
        tar.addfile(member)
    assert "不是备份文件，或已损坏" in refused(app, "restore", archive)
    assert not (tmp_path / "outside").exists()


def test_a_backup_under_other_keys_is_refused_before_anything_is_touched(
    lived: Flask, make_app: Callable[..., Flask], tmp_path: Path
) -> None:
    run(lived, "backup", tmp_path / "b")
    other = tmp_path / "other.key"
    other.write_text(sealing.Keyring.fresh())
    assert "主密钥 k1 与备份所用的不同" in refused(make_app(MASTER_KEY_FILE=str(other)), "restore", tmp_path / "b")
    other.write_text(sealing.Keyring.fresh("k9"))
    assert "没有备份所用的主密钥：k1" in refused(make_app(MASTER_KEY_FILE=str(other)), "restore", tmp_path / "b")


def test_the_audit_trails_checkpoints_are_in_it_and_after_a_restore_the_trail_is_still_good(
    lived: Flask, app: Flask, tmp_path: Path
) -> None:
    with lived.app_context():
        checkpoints.make("2026-12-01")
    run(lived, "backup", tmp_path / "b")
    run(app, "restore", tmp_path / "b", "--replace")
    with app.app_context():
        chain.seal()
    assert "✓ 校验 2 条，到第 2 条" in run(app, "audit", "verify", "--checkpoints", tmp_path / "b/checkpoints")


def test_the_keys_travel_only_under_a_passphrase(lived: Flask, tmp_path: Path) -> None:
    word = tmp_path / "word"
    word.write_text("short")
    assert "至少 12" in refused(lived, "backup", tmp_path / "b", "--passphrase-file", word)
    word.write_text("correct horse battery staple")
    run(lived, "backup", tmp_path / "b", "--passphrase-file", word)
    master = Path(lived.config["MASTER_KEY_FILE"]).read_bytes()
    secret = master.split(b":")[1].strip()
    for path in (tmp_path / "b").rglob("*"):
        assert path.is_dir() or secret not in path.read_bytes()

    laid = lay_out(tmp_path / "b", word, tmp_path / "keys")
    assert laid.returncode == 0
    assert (tmp_path / "keys/master_key").read_bytes() == master
    assert (tmp_path / "keys/master_key").stat().st_mode & 0o077 == 0
    word.write_text("another passphrase")
    assert "口令不对" in lay_out(tmp_path / "b", word, tmp_path / "keys").stderr


def lay_out(backup: Path, word: Path, target: Path) -> "subprocess.CompletedProcess[str]":
    command = [
        sys.executable,
        "-m",
        "app.backup.keys",
        str(backup),
        "--passphrase-file",
        str(word),
        "--to",
        str(target),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_second_backup_into_the_folder_copies_only_new_files(lived: Flask, tmp_path: Path) -> None:
    run(lived, "backup", tmp_path / "b")
    stored = next((tmp_path / "b/files").glob("*/*"))
    before = stored.stat().st_mtime_ns
    with lived.app_context():
        kept(b"another")
    run(lived, "backup", tmp_path / "b")
    manifest = json.loads((tmp_path / "b/manifest.json").read_text())
    assert len(manifest["files"]) == 2
    assert stored.stat().st_mtime_ns == before
    assert [path.name for path in (tmp_path / "b").glob("database-*")] == [manifest["database"]]
