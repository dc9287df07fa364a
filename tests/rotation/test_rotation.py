"""A new master key while everything runs: what the old one sealed is sealed anew, and nothing is lost or unfindable."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import LargeBinary, inspect, select, text

from app import sealing
from app.audit import AuditLine
from app.db import db, transaction
from app.rotation.places import EVIDENCE, HASHES, OF_A_LOT, left, places
from app.sealing import Keyring, LotKey, header
from app.settings import ROOT
from tests.orders.scene import XIANGJIAN, Scene
from tests.support.installation import Installation
from tests.support.waiting import until

pytestmark = pytest.mark.both_databases


@pytest.fixture
def keys(stage: Scene, installation: Installation) -> Iterator[Path]:
    """The installation's key file, as every host has it; put back when the test is over."""
    path = Path(stage.app.config["MASTER_KEY_FILE"])
    before = path.read_text()
    yield path
    path.write_text(before)
    sealing.init(stage.app)


def has(stage: Scene, path: Path, *lines: str) -> None:
    """This is what stands in the file from now on, and every process was restarted."""
    path.write_text("".join(lines))
    sealing.init(stage.app)


def run(stage: Scene, *arguments: str) -> str:
    answer = stage.app.test_cli_runner().invoke(args=["keys", *arguments])
    assert answer.exit_code == 0, answer.output
    return answer.output


def issued(stage: Scene) -> str:
    """An order with everything that is sealed about it; a stranger's complaint; a draft."""
    stage.lot()
    no = stage.apply()
    stage.passes(no)
    stage.paid(no)
    stage.issues(no)
    stage.lot("LOT-2")
    stage.applied("LOT-2", until="details")
    return no


def begun_with(stage: Scene, name: str) -> dict[str, int]:
    """Column → values that begin with this key's name, over everything there is."""
    found = {}
    with stage.app.app_context():
        for table in inspect(db.engine).get_table_names():
            for row in db.session.execute(text(f'SELECT * FROM "{table}"')).mappings():
                for column, value in row.items():
                    if isinstance(value, bytes | memoryview) and bytes(value).startswith(header(name)):
                        found[f"{table}.{column}"] = found.get(f"{table}.{column}", 0) + 1
    return found


def test_after_a_rotation_the_old_key_may_go(stage: Scene, keys: Path) -> None:
    old, new = keys.read_text(), Keyring.fresh("k2")
    no = issued(stage)
    with stage.app.app_context(), transaction():
        sealing.keep_masters()  # as `prepare` does at every deployment
    has(stage, keys, old, new)
    has(stage, keys, new, old)
    assert set(begun_with(stage, "k1")) > {"lot_key.wrapped", "stored_file.wrapped", "account.name", "instance.state"}
    said = run(stage, "rotate")
    assert "可以从各主机的密钥文件中移除 k1" in said
    has(stage, keys, new)
    assert set(begun_with(stage, "k1")) == EVIDENCE
    assert "梅溪湖" in stage.page(no)
    assert f"BH-{no}" in stage.client().get("/guarantees/").text
    with stage.app.app_context():
        assert XIANGJIAN["sub"] in {line.actor_sealed for line in db.session.scalars(select(AuditLine))}
    assert stage.applied().status_code == 409  # the live order on this lot is still found by its keyed hash
    other = stage.apply("LOT-2")
    stage.passes(other)
    assert stage.state(other) == "等待支付"
    assert "k1\t已移出密钥文件，由数据库保管，索引之根" in run(stage, "list")


def test_one_that_is_killed_goes_on_where_it_was(stage: Scene, keys: Path, installation: Installation) -> None:
    old, new = keys.read_text(), Keyring.fresh("k2")
    with stage.app.app_context(), transaction():
        sealing.keep_masters()
        for number in range(400):
            sealing.prepare(f"LOT-K{number}")
        told = sealing.seal_for_lot("LOT-K399", {"bidder": "甲"}, "trial")
    has(stage, keys, new, old)

    def renewed() -> int:
        with stage.app.app_context():
            return sum(row.wrapped.startswith(header("k2")) for row in db.session.scalars(select(LotKey)))

    command = [sys.executable, "-m", "flask", "--app", "wsgi", "keys", "rotate", "--batch", "1"]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, **installation.environment()})
    try:
        until(lambda: renewed() > 5, 60)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    assert 5 < renewed() < 400
    with stage.app.app_context():
        assert sealing.unseal_for_lot("LOT-K399", told, "trial") == {"bidder": "甲"}
    run(stage, "rotate")
    assert renewed() == 400
    has(stage, keys, new)
    with stage.app.app_context():
        assert sealing.unseal_for_lot("LOT-K399", told, "trial") == {"bidder": "甲"}


def test_what_another_host_still_seals_by_the_old_key_is_said(stage: Scene, keys: Path) -> None:
    old, new = keys.read_text(), Keyring.fresh("k2")
    stage.lot()
    has(stage, keys, new, old)
    with stage.app.app_context():
        assert left("k2")
    answer = stage.app.test_cli_runner().invoke(args=["keys", "list"])
    assert "由其他密钥加密的数据：0" not in answer.output
    run(stage, "rotate")
    with stage.app.app_context():
        assert left("k2") == {}


def test_another_key_under_a_known_name_is_refused(stage: Scene, keys: Path) -> None:
    run(stage, "rotate")
    has(stage, keys, Keyring.fresh("k2"), Keyring.fresh("k1"))
    answer = stage.app.test_cli_runner().invoke(args=["keys", "rotate"])
    assert answer.exit_code == 1
    assert "不是本系统的主密钥" in answer.output


def test_every_column_of_bytes_is_known_to_the_rotation(app: Flask) -> None:
    """A new sealed column that nobody re-seals would be lost with the old key."""
    known = {place.name for place in places()} | EVIDENCE | HASHES | OF_A_LOT
    found = {
        f"{table.name}.{column.name}"
        for table in db.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, LargeBinary | sealing.Sealed)
    }
    assert found == known
