"""docs/verify_receipt.py, alone: no product, no database, nothing but Python."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.audit import chain
from app.evidence import checkpoints
from app.settings import ROOT
from tests.audit.trail import attack, write
from tests.orders.scene import Scene

Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """verify("receipt.json", …) runs the script in a folder of its own; the keys come second."""
    shutil.copy(ROOT / "docs/verify_receipt.py", tmp_path)

    def run(first: str, *others: str) -> tuple[int, str]:
        command = [sys.executable, "-I", "verify_receipt.py", first, "keys.json", *others]
        done = subprocess.run(
            command, cwd=tmp_path, env={"PYTHONIOENCODING": "utf-8"}, capture_output=True, text=True, check=False
        )
        assert done.stderr == ""
        return done.returncode, done.stdout

    return run


@pytest.fixture
def taken(scene: Scene, tmp_path: Path) -> Path:
    """A receipt, the keys, a checkpoint and the chain, carried away."""
    with scene.app.app_context():
        write(5)
    no = scene.apply()
    with scene.app.app_context():
        chain.seal()
        said = checkpoints.document(checkpoints.make("2026-12-01"))
    (tmp_path / "checkpoint.json").write_text(json.dumps(said, ensure_ascii=False))
    exported = scene.app.test_cli_runner().invoke(args=["audit", "export", "--after", "2"])
    assert exported.exit_code == 0, exported.output
    (tmp_path / "chain.jsonl").write_bytes(exported.stdout_bytes)
    client = scene.client()
    (tmp_path / "receipt.json").write_bytes(client.get(f"/receipts/{no}/1/file").data)
    (tmp_path / "keys.json").write_bytes(client.get("/receipts/keys.json").data)
    return tmp_path


def changed(folder: Path, name: str, change: Callable[[Any], object]) -> None:
    document = json.loads((folder / name).read_text())
    change(document)
    (folder / name).write_text(json.dumps(document, ensure_ascii=False))


def test_a_receipt_is_verified_with_the_key_alone(taken: Path, verify: Verify) -> None:
    status, said = verify("receipt.json")
    assert status == 0
    for words in ("✓ 回执有效", "提交保函申请", "标段 A4301-2026-LOT-1", "开标", "提交内容与摘要一致"):
        assert words in said
    changed(taken, "keys.json", lambda keys: keys.update(keys["keys"][0]) or keys.pop("keys"))
    assert verify("receipt.json")[0] == 0, "one key is enough"


def test_a_receipt_that_was_changed_is_none(taken: Path, verify: Verify) -> None:
    whole = json.loads((taken / "receipt.json").read_text())
    for name, value in whole.items():
        other = 7 if isinstance(value, int) else f"{value}x"
        (taken / "receipt.json").write_text(json.dumps(whole | {name: other}, ensure_ascii=False))
        status, said = verify("receipt.json")
        assert (name, status, said[:2]) == (name, 1, "✗ ")


def test_another_platforms_key_does_not_do(taken: Path, verify: Verify) -> None:
    other = "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    other += "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
    changed(taken, "keys.json", lambda keys: keys["keys"][0].update(public_key=f"04{other}"))
    assert verify("receipt.json") == (1, "✗ 签名无效：内容被改动，或不是本平台签发\n")


def test_a_stretch_of_the_chain_is_what_the_checkpoint_signed(taken: Path, verify: Verify) -> None:
    assert verify("checkpoint.json")[0] == 0
    status, said = verify("checkpoint.json", "chain.jsonl")
    assert status == 0
    assert "✓ 审计链第 3 条到第 " in said
    status, said = verify("receipt.json", "chain.jsonl", "checkpoint.json")
    assert status == 0
    assert "✓ 回执就是审计链第 " in said


def test_a_chain_that_was_changed_is_not(taken: Path, verify: Verify) -> None:
    lines = (taken / "chain.jsonl").read_bytes().splitlines(keepends=True)
    for altered in (
        lines[:3] + lines[4:],
        [*lines[:3], lines[3].replace(b"+00:00", b"+00:01"), *lines[4:]],
        [*lines[:3], lines[4], lines[3], *lines[5:]],
        lines[:-1],
    ):
        (taken / "chain.jsonl").write_bytes(b"".join(altered))
        assert verify("checkpoint.json", "chain.jsonl")[0] == 1
    changed(taken, "checkpoint.json", lambda said: said.update(no=said["no"] - 1))
    assert verify("checkpoint.json")[1].startswith("✗ 签名无效")


def test_a_receipt_whose_line_was_replaced_is_not_in_the_chain(scene: Scene, taken: Path, verify: Verify) -> None:
    """The platform itself rewrote its trail, with its keys, and signed it anew."""
    no = json.loads((taken / "receipt.json").read_text())["no"]
    with scene.app.app_context():
        attack(
            "UPDATE audit_line SET text = '放弃申请' WHERE subject = :no", "DELETE FROM audit_checkpoint",
            "DELETE FROM audit_head", "UPDATE audit_line SET chain_no = NULL, chain_hash = NULL", no=no,
        )  # fmt: skip
        chain.seal()
        said = checkpoints.document(checkpoints.make("2026-12-02"))
    (taken / "checkpoint.json").write_text(json.dumps(said, ensure_ascii=False))
    exported = scene.app.test_cli_runner().invoke(args=["audit", "export"])
    (taken / "chain.jsonl").write_bytes(exported.stdout_bytes)
    assert verify("checkpoint.json", "chain.jsonl")[0] == 0
    assert verify("receipt.json", "chain.jsonl", "checkpoint.json")[1].endswith("✗ 审计链中该条不是这一步\n")


def test_what_is_no_document_is_said(taken: Path, verify: Verify) -> None:
    (taken / "receipt.json").write_text("[1]")
    assert verify("receipt.json") == (1, "✗ 既不是回执，也不是检查点\n")
    (taken / "receipt.json").write_text("<html>")
    assert "文件无法读取" in verify("receipt.json")[1]
