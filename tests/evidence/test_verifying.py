"""Somebody may write into the database, and has no key: whatever they do to the trail is found, and where."""

import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from app import clock, worker
from app.audit import chain
from app.db import db, transaction
from app.evidence import NIGHTLY, checkpoints
from app.jobs import queue
from app.runtime.models import Incident
from tests.audit.trail import attack, write, written

pytestmark = pytest.mark.both_databases
COPY = (
    "INSERT INTO audit_line (at, subject, text, actor, actor_label, actor_sealed, facts, mark) "
    "SELECT at, subject, text, actor, actor_label, actor_sealed, facts, mark FROM audit_line WHERE chain_no = 5"
)
SHIFT = "UPDATE audit_line SET chain_no = chain_no + 1000 WHERE chain_no > 5"
BACK = "UPDATE audit_line SET chain_no = chain_no - 1000 WHERE chain_no > 1000"


@pytest.fixture
def trail(app: Flask) -> Flask:
    """Twenty lines, chained."""
    with app.app_context():
        written(20)
    return app


def verified(app: Flask, *options: object) -> tuple[int, list[str]]:
    answer = app.test_cli_runner().invoke(args=["audit", "verify", *map(str, options)])
    return answer.exit_code, answer.output.splitlines()


def test_a_trail_nobody_touched_is_good(trail: Flask) -> None:
    assert verified(trail) == (0, ["✓ 校验 20 条，到第 20 条：没有发现问题"])
    with trail.app_context():
        write(2)
    assert verified(trail) == (0, ["✓ 校验 20 条，到第 20 条，另有 2 条尚未入链：没有发现问题"])


@pytest.mark.parametrize(
    "what",
    [
        "text = '别的'",
        "facts = '[99]'",
        "facts = NULL",
        "at = '2026-01-01 00:00:00.000000+00:00'",
        "subject = 'DD2'",
        "actor = 'staff-8'",
        "actor_label = '别人'",
        "actor_sealed = (SELECT b.actor_sealed FROM audit_line b WHERE b.chain_no = 3)",
        "id = 4711",
    ],
)
def test_a_changed_column_is_found(trail: Flask, what: str) -> None:
    with trail.app_context():
        attack(f"UPDATE audit_line SET {what} WHERE chain_no = 6")
    status, said = verified(trail)
    assert status == 1
    assert said[0].startswith("✗ 第 6 条："), said


def test_a_line_removed_from_the_middle_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack("DELETE FROM audit_line WHERE chain_no IN (7, 8)")
    assert verified(trail)[1] == ["✗ 第 7 条：到第 8 条，共 2 条记录被删除", "✗ 校验 18 条，到第 20 条：发现 1 处问题"]


def test_a_line_removed_and_the_numbers_closed_up_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack("DELETE FROM audit_line WHERE chain_no = 5", SHIFT, BACK.replace("- 1000", "- 1001"))
    status, said = verified(trail)
    assert status == 1
    assert said[0] == "✗ 第 5 条：与前一条不衔接：这里有记录被改动、移动或插入"
    assert "✗ 第 20 条：记录被删除" in said


def test_a_missing_tail_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack("DELETE FROM audit_line WHERE chain_no > 17")
    assert verified(trail)[1][0] == "✗ 第 18 条：到第 20 条，共 3 条记录被删除"
    with trail.app_context():
        written(2)
    assert verified(trail)[1][0] == "✗ 第 18 条：到第 20 条，共 3 条记录被删除", "also after others came behind it"


def test_a_head_that_hides_the_missing_tail_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack(
            "DELETE FROM audit_line WHERE chain_no > 17",
            "UPDATE audit_head SET no = 17, hash = (SELECT chain_hash FROM audit_line WHERE chain_no = 17)",
        )
    assert verified(trail)[1][0] == "✗ 链首记录被改动：不是本系统写入的"
    with trail.app_context():
        attack("DELETE FROM audit_head")
    assert verified(trail)[1][0] == "✗ 链首记录不见了"


def test_a_line_put_in_between_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack(
            SHIFT,
            BACK.replace("- 1000", "- 999"),
            "INSERT INTO audit_line (at, subject, text, actor, actor_label, chain_no, chain_hash) "
            "SELECT at, subject, '塞入', 'system', '系统', 6, chain_hash FROM audit_line WHERE chain_no = 5",
        )
    status, said = verified(trail)
    assert status == 1
    assert said[0].startswith("✗ 第 6 条：")


@pytest.mark.parametrize("chained", [False, True])
def test_a_line_nobody_recorded_is_found_before_and_after_it_is_chained(trail: Flask, chained: bool) -> None:
    with trail.app_context():
        attack(
            "INSERT INTO audit_line (at, subject, text, actor, actor_label) "
            "SELECT at, subject, '塞入', 'system', '系统' FROM audit_line WHERE chain_no = 20"
        )
        if chained:
            chain.seal()
    where = "第 21 条：" if chained else "尚未入链的记录（DD1，塞入）"
    assert verified(trail)[1][0] == f"✗ {where}不是本系统写入的（没有印记）"


def test_a_line_recorded_once_and_copied_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack(COPY)
        chain.seal()
    assert verified(trail)[1][0] == "✗ 第 21 条：是第 5 条的复制品"


@pytest.mark.parametrize("with_hashes", [False, True])
def test_two_lines_that_changed_places_are_found(trail: Flask, with_hashes: bool) -> None:
    columns = "chain_no" if not with_hashes else "chain_no, chain_hash"
    with trail.app_context():
        pair = {
            no: db.session.execute(text(f"SELECT {columns} FROM audit_line WHERE chain_no = {no}")).one()
            for no in (8, 9)
        }
        db.session.rollback()
        ids = {no: db.session.scalar(text(f"SELECT id FROM audit_line WHERE chain_no = {no}")) for no in (8, 9)}
        db.session.rollback()
        attack("UPDATE audit_line SET chain_no = chain_no + 1000 WHERE chain_no IN (8, 9)")
        for mine, other in ((8, 9), (9, 8)):
            hashes = ", chain_hash = :hash" if with_hashes else ""
            values = {"hash": pair[other][1]} if with_hashes else {}
            attack(f"UPDATE audit_line SET chain_no = {other}{hashes} WHERE id = {ids[mine]}", **values)
    status, said = verified(trail)
    assert status == 1
    assert said[0] == "✗ 第 8 条：与前一条不衔接：这里有记录被改动、移动或插入"


def rewrite() -> None:
    """The whole chain computed anew over what stands there; the head, too, as well as that is possible."""
    before, no = chain.START, 0
    for no, _digest, columns in list(chain.stretch(0)):
        before = chain.following(before, chain.canonical(no, columns))
        attack(f"UPDATE audit_line SET chain_hash = :hash WHERE chain_no = {no}", hash=before)
    attack(f"UPDATE audit_head SET hash = :hash, no = {no}", hash=before)


def test_a_chain_computed_anew_over_a_changed_line_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack("UPDATE audit_line SET text = '别的' WHERE chain_no = 6")
        rewrite()
    said = verified(trail)[1]
    assert said[:2] == ["✗ 第 6 条：内容被改动，链也被重算", "✗ 链首记录被改动：不是本系统写入的"]


def test_a_chain_computed_anew_over_a_missing_line_is_found(trail: Flask) -> None:
    with trail.app_context():
        attack("DELETE FROM audit_line WHERE chain_no = 5", SHIFT, BACK.replace("- 1000", "- 1001"))
        rewrite()
    assert verified(trail)[1][0] == "✗ 链首记录被改动：不是本系统写入的"


def test_a_line_dated_back_is_found(trail: Flask) -> None:
    """Somebody sets a host's clock back and lets the program itself write."""
    with trail.app_context():
        before = clock.offset()
        clock.shift(before - timedelta(days=3))
        try:
            written(1)
        finally:
            clock.shift(before)
    assert verified(trail)[1][0] == "✗ 第 21 条：时间早于它前面的记录一小时以上"


# checkpoints


@pytest.fixture
def kept(make_app: Callable[..., Flask], tmp_path: Path) -> tuple[Flask, Path]:
    """Two nights' checkpoints, at lines 10 and 15 of 18, and their files copied elsewhere."""
    app = make_app(CHECKPOINT_DIR=str(tmp_path / "checkpoints"))
    with app.app_context():
        written(10)
        checkpoints.make("2026-12-01")
        written(5)
        checkpoints.make("2026-12-02")
        written(3)
    shutil.copytree(tmp_path / "checkpoints", tmp_path / "elsewhere")
    return app, tmp_path / "elsewhere"


def test_checkpoints_are_signed_and_kept_as_files(kept: tuple[Flask, Path]) -> None:
    app, elsewhere = kept
    files = [json.loads(path.read_text()) for path in sorted(elsewhere.iterdir())]
    assert [(one["seq"], one["day"], one["no"]) for one in files] == [(1, "2026-12-01", 10), (2, "2026-12-02", 15)]
    assert verified(app, "--checkpoints", elsewhere)[0] == 0
    assert verified(app, "--since", "2026-12-03", "--checkpoints", elsewhere)[1] == [
        "✓ 校验 3 条，到第 18 条：没有发现问题"
    ]


def test_a_night_is_signed_once(kept: tuple[Flask, Path]) -> None:
    app, _elsewhere = kept
    with app.app_context():
        assert checkpoints.make("2026-12-02").seq == 2
        assert checkpoints.make("2026-12-01").seq == 2


def test_a_database_rewritten_with_its_key_is_found_by_files_kept_elsewhere(kept: tuple[Flask, Path]) -> None:
    """Even somebody with the master key can't change what was signed and carried away."""
    app, elsewhere = kept
    with app.app_context():
        attack(
            "DELETE FROM audit_checkpoint", "DELETE FROM audit_head", "DELETE FROM audit_line WHERE chain_no = 4",
            "UPDATE audit_line SET chain_no = NULL, chain_hash = NULL",
        )  # fmt: skip
        chain.seal()
    assert verified(app)[0] == 0
    status, said = verified(app, "--checkpoints", elsewhere)
    assert status == 1
    assert next(line for line in said if "与现在的审计链不同" in line).startswith("✗ 第 10 条：检查点文件")


@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ("DELETE FROM audit_checkpoint WHERE seq = 1", "第 1 个检查点不见了"),
        ("DELETE FROM audit_checkpoint WHERE seq = 2", "第 2 个检查点不见了"),
        ("UPDATE audit_checkpoint SET no = 11 WHERE seq = 1", "第 1 个检查点：签名无效"),
        ("UPDATE audit_checkpoint SET day = '2026-11-30' WHERE seq = 1", "第 1 个检查点：签名无效"),
        ("UPDATE signing_key SET public = 'a' WHERE key_id <> ''", "登记的公钥"),
        ("DELETE FROM signing_key", "不是本平台的密钥"),
    ],
)
def test_a_checkpoint_that_was_touched_is_found(kept: tuple[Flask, Path], statement: str, finding: str) -> None:
    app, _elsewhere = kept
    with app.app_context():
        attack(statement)
    status, said = verified(app)
    assert status == 1
    assert finding in said[0]


def test_a_file_that_was_touched_is_found(kept: tuple[Flask, Path]) -> None:
    app, elsewhere = kept
    path = sorted(elsewhere.iterdir())[0]
    path.write_text(path.read_text().replace('"no": 10', '"no": 9'))
    assert "签名无效" in verified(app, "--checkpoints", elsewhere)[1][0]
    path.write_text("{}")
    assert "不是检查点文件" in verified(app, "--checkpoints", elsewhere)[1][0]


def test_the_nightly_errand_signs_a_changed_trail_and_says_so(kept: tuple[Flask, Path]) -> None:
    app, _elsewhere = kept
    with app.app_context():
        attack("UPDATE audit_line SET text = '别的' WHERE chain_no = 17")
        with transaction():
            job = queue.post(NIGHTLY, {"date": "2026-12-03"}, key=f"{NIGHTLY}:2026-12-03")
        worker.carry_one(job.id)
        (incident,) = db.session.scalars(db.select(Incident))
        assert incident.message == "审计日志校验发现 1 处问题：请执行 flask --app wsgi audit verify"
        made = checkpoints.latest()
        assert made is not None
        assert (made.day, made.no, made.checked, made.findings) == ("2026-12-03", 18, 3, 1)
