"""A played institution in a thread of its own, before a small platform; and the commands, run as a shell runs them."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask
from werkzeug.serving import make_server

from app import gateway
from app.db import transaction
from app.partner import __main__ as partner
from app.partner import card
from app.partner.play import Institution
from app.sandbox import demo as sandbox
from tests.sandbox.receiver import Platform
from tests.support.ports import free_port

CODE = "BANK01"
PRODUCT = {
    "product_code": "BANK01-TB", "name": "银行投标保函", "type": "bank_guarantee", "rate": "0.0030",
    "minimum_premium": "200.00", "limit": "8000000.00", "categories": ["works", "goods"], "regions": ["430000"],
}  # fmt: skip


@dataclass
class Said:
    status: int
    out: str
    err: str


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """`python -m app.partner …` in a folder of its own: its exit code and what it printed."""
    monkeypatch.chdir(tmp_path)

    def command(*words: object) -> Said:
        capsys.readouterr()
        try:
            status = partner.main([str(word) for word in words])
        except SystemExit as end:
            status = int(end.code or 0)
        told = capsys.readouterr()
        return Said(status, told.out, told.err)

    return command


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the product answers over HTTP."""
    server = make_server("127.0.0.1", free_port(), app, threaded=True)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def parties(app: Flask, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The demo's parties at that address; the file of them is demo.json in the test's folder."""
    monkeypatch.setenv("PUBLIC_URL", address)
    document = sandbox.create(tmp_path).content
    with app.app_context(), transaction():
        gateway.seed_demo(document)
    return document


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    platform = Platform()
    yield platform
    platform.stop()


@pytest.fixture(scope="session")
def institution(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Institution]:
    """BANK01, played from a script; without a certificate, so that it makes one."""
    folder, port = tmp_path_factory.mktemp("partner"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PUBLIC_URL", platform.url)
        patch.setenv("SANDBOX_INSTITUTION_PORT", str(port))
        platform.config = sandbox.create(folder)
    card.save(folder / "partner.yaml", card.of_demo(folder / "demo.json", CODE))
    script = {
        "name": "潇湘试点银行", "uscc": "91430100MA8XJY0152", "listen": f"127.0.0.1:{port}", "path": f"/{CODE}",
        "delay": 0.02, "reject": {"over": "5000000.00"}, "applications": "APPROVE", "products": [PRODUCT],
    }  # fmt: skip
    (folder / "play.yaml").write_text(yaml.safe_dump(script, allow_unicode=True))
    playing = Institution(card.load(folder / "partner.yaml"), folder / "play.yaml", lambda _line: None)
    threading.Thread(target=playing.serve, daemon=True).start()
    yield playing
    playing.stop()


_numbers = iter(range(1, 100_000))


@pytest.fixture
def order() -> Callable[..., dict[str, Any]]:
    """An A2 body as Python values with a number of its own."""
    now, number = datetime.now(UTC).replace(microsecond=0), f"DD20261123{next(_numbers):08d}"

    def make(**changed: Any) -> dict[str, Any]:
        return {
            "order_no": number,
            "product_code": "BANK01-TB",
            "mode": "SEALED",
            "lot_ref": "LR-8812",
            "guarantee_amount": 80_000_000,
            "valid_from": now,
            "valid_to": now + timedelta(days=130),
            "bid_validity_days": 90,
            "opening_date": (now + timedelta(days=20)).date(),
            "bidder": {"name": "湘建一川建设集团有限公司", "uscc": "91430100MA8XJY0188"},
            "handler": {"name": "刘思齐", "id_no": "430102197601100011", "phone": "13900000001"},
            "expires_at": now + timedelta(minutes=10),
        } | changed

    return make
