"""The whole product as `make run` starts it, on free ports and in a folder of its own."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.demo import PORTS
from app.processes import Process
from app.settings import DEFAULTS, ROOT
from tests.support.ports import free_ports
from tests.support.waiting import gone, until

PATIENCE = 200.0  # longer than it gives itself


class Product:
    """`environment` goes over what the machine says: DATABASE_URL, WORKERS, SANDBOX_DELAY …"""

    def __init__(self, folder: Path, **environment: str):
        self.folder = folder
        ours = {name: value for name, value in os.environ.items() if name not in DEFAULTS and name != "CONFIG_FILE"}
        ours |= {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
        ours |= {"VAR_DIR": str(folder), "WEB_WORKERS": "1", "WORKERS": "1", "SANDBOX_DELAY": "0.2"} | environment
        self.environment = ours
        self.url = f"http://127.0.0.1:{ours['WEB_PORT']}"
        self.process = Process(
            "serve", [sys.executable, "-m", "app.serve"], environment=ours, log=folder / "serve.log", folder=ROOT,
            patience=40,
        )  # fmt: skip

    def start(self) -> "Product":
        self.process.start()
        until(lambda: self.ready() or not self.process.alive, PATIENCE, what=f"ready\n{self.said}")
        assert self.process.alive, self.said
        return self

    def ready(self) -> bool:
        return "Ready at" in self.said

    @property
    def said(self) -> str:
        """What it printed."""
        return self.process.log.read_text() if self.process.log.exists() else ""

    @property
    def demo(self) -> dict[str, Any]:
        """The parties: institutions, people, addresses of the stand-ins (app/sandbox says its shape)."""
        return json.loads((self.folder / "demo.json").read_text())

    def pids(self) -> dict[str, int]:
        """name of each part → its process number."""
        return json.loads((self.folder / "run.json").read_text())["processes"]

    def kill(self, name: str) -> None:
        """kill -9 one part; the supervisor starts it again."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def status(self, path: str) -> int:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return answer.status

    def command(self, *arguments: str) -> "list[str]":
        """A command of this installation, to be run with `environment`."""
        return [sys.executable, "-m", "app.serve", "flask", *arguments]

    def stop(self) -> None:
        """Ctrl-C."""
        parts = list(self.pids().values()) if self.process.alive else []
        self.process.popen and self.process.popen.send_signal(signal.SIGTERM)
        assert self.process.wait(self.process.patience), f"does not stop:\n{self.said}"
        until(lambda: all(gone(pid) for pid in parts), what="all parts gone")


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One running product for all tests of the session that drive a browser or the protocol."""
    running = Product(tmp_path_factory.mktemp("product")).start()
    yield running
    running.stop()
