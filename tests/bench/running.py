"""Real processes of an installation, and what processor time each of them takes."""

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

from app.processes import Process
from tests.bench.timing import cpu_ms
from tests.support.installation import Installation


class Parts:
    """Processes that end with the block; `mark()`, then `cpu_ms(of)`: milliseconds for each of `of`, by process."""

    def __init__(self, installation: Installation, **environment: str) -> None:
        self.folder = installation.folder
        self.environment = {**_inherited(), **installation.environment(), **environment}
        self.running: dict[str, Process] = {}
        self.watched: dict[str, int] = {}
        self.marks: dict[str, float] = {}
        if installation.postgres:
            self.watch("postgresql", installation.postgres.process.pid)

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in reversed(self.running.values()):
            process.stop()

    def start(self, name: str, module: str, *arguments: str) -> Process:
        command = [sys.executable, "-m", module, *arguments]
        log: Path = self.folder / f"{name}.log"
        process = Process(name, command, environment=self.environment, log=log).start()
        self.running[name] = process
        self.watch(name, process.pid)
        return process

    def watch(self, name: str, pid: int | None) -> None:
        assert pid is not None
        self.watched[name] = pid

    def mark(self) -> None:
        self.marks = {name: cpu_ms(pid) for name, pid in self.watched.items()}

    def cpu_ms(self, of: int) -> dict[str, float]:
        used = {name: (cpu_ms(pid) - self.marks[name]) / of for name, pid in self.watched.items()}
        return {**{name: round(ms, 2) for name, ms in used.items()}, "all": round(sum(used.values()), 2)}

    def said(self) -> str:
        return "\n".join(process.tail() for process in self.running.values())


def _inherited() -> dict[str, Any]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
