"""The sandbox as real processes, and a platform for them to call."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from app.sandbox import demo
from tests.sandbox.receiver import Platform, until
from tests.support.ports import free_port

ROOT = Path(__file__).parent.parent.parent


class Sandbox:
    """One `python -m app.sandbox PART`, which may be killed and started again on the same folder."""

    def __init__(self, folder: Path, part: str, platform: Platform, **env: str) -> None:
        self.folder, self.part, self.platform = folder, part, platform
        self.ports = {name: free_port() for name in ("login", "institution", "trading")}
        self.env = {
            **os.environ,
            "PUBLIC_URL": platform.url,
            "SANDBOX_DELAY": "0.05",
            **{f"SANDBOX_{name.upper()}_PORT": str(port) for name, port in self.ports.items()},
            **env,
        }
        self.config = self._init()
        platform.config = self.config
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, part: str) -> str:
        return f"http://127.0.0.1:{self.ports[part]}"

    def start(self) -> None:
        command = [sys.executable, "-m", "app.sandbox", self.part, "--dir", str(self.folder)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=self.env)
        parts = self.ports if self.part == "all" else [self.part]
        for part in parts:
            until(lambda part=part: self._alive(part), f"{part} is up")

    def kill(self) -> None:
        assert self.process
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)

    def ledger(self, order_no: str) -> dict[str, list[dict[str, Any]]]:
        return requests.get(f"{self.url('institution')}/ledger", params={"order_no": order_no}, timeout=5).json()

    def misbehave(self, order_no: str = "", institution: str = "BANK01", **rule: Any) -> None:
        body = {"institution": institution, "order_no": order_no, **rule}
        answer = requests.post(f"{self.url('institution')}/misbehave", json=body, timeout=5)
        assert answer.status_code == 200, answer.text

    def decides(self, institution: str, number: str) -> dict[str, Any]:
        """The verdict on an application, as the institution's own reviewer learns it."""
        body = {"institution": institution, "number": number}
        return requests.post(f"{self.url('institution')}/decide", json=body, timeout=5).json()

    def _alive(self, part: str) -> bool:
        assert self.process
        assert self.process.poll() is None, f"{self.part} ended with {self.process.returncode}"
        try:
            return requests.get(f"{self.url(part)}/livez", timeout=1).ok
        except requests.RequestException:
            return False

    def _init(self) -> demo.Demo:
        command = [sys.executable, "-m", "app.sandbox", "init", "--dir", str(self.folder)]
        subprocess.run(command, cwd=ROOT, env=self.env, check=True)
        return demo.load(self.folder)


@pytest.fixture(scope="session")
def platform() -> Iterator[Platform]:
    platform = Platform()
    yield platform
    platform.stop()


@pytest.fixture(scope="session")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """All three parts in one process, with a platform of their own."""
    platform = Platform()
    sandbox = Sandbox(tmp_path_factory.mktemp("outside"), "all", platform)
    sandbox.start()
    yield sandbox
    assert sandbox.stop() == 0
    platform.stop()


@pytest.fixture(scope="session")
def sandbox(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    sandbox = Sandbox(tmp_path_factory.mktemp("sandbox"), "institution", platform, SANDBOX_SM2="GUA02")
    sandbox.start()
    yield sandbox
    sandbox.stop()


_numbers = iter(range(1, 100_000))


@pytest.fixture
def order_no() -> str:
    return f"DD20261123{next(_numbers):08d}"


@pytest.fixture
def order(order_no: str) -> Callable[..., dict[str, Any]]:
    """An A2 body as Python values, the same at each call but for what is changed."""
    now = datetime.now(UTC).replace(microsecond=0)

    def make(**changed: Any) -> dict[str, Any]:
        party = {"name": "湘建一川建设集团有限公司", "uscc": "91430100MA8XJY0188"}
        return {
            "order_no": order_no,
            "product_code": "BANK01-TB",
            "mode": "SEALED",
            "lot_ref": "LR-8812",
            "guarantee_amount": 80_000_000,
            "valid_from": now,
            "valid_to": now + timedelta(days=130),
            "bid_validity_days": 90,
            "opening_date": (now + timedelta(days=20)).date(),
            "bidder": party,
            "handler": {"name": "刘思齐", "id_no": "430102197601100011", "phone": "13900000001"},
            "expires_at": now + timedelta(minutes=10),
        } | changed

    return make
