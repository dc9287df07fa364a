"""Child processes that never outlive who started them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def leash(last_word: signal.Signals = signal.SIGTERM) -> Callable[[], None]:
    """What a child does before it becomes its program: it ends with its parent, and leaves Ctrl-C to the parent.

    Ctrl-C reaches the whole foreground group; blocked in the children, it lets the parent stop them in order.
    """
    parent = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGINT, signal.SIGHUP})
        follow_parent(last_word)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    return prepare


def follow_parent(last_word: signal.Signals = signal.SIGTERM) -> None:
    """Have the kernel send `last_word` to this process when its parent is gone, however it went (Linux)."""
    if _libc is not None:
        _libc.prctl(PR_SET_PDEATHSIG, int(last_word), 0, 0, 0)


class Process:
    """One supervised program; its output goes to `log`."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        environment: Mapping[str, str] | None = None,
        log: Path,
        folder: Path | None = None,
        user: int | None = None,
        last_word: signal.Signals = signal.SIGTERM,
        patience: float = 10.0,
    ):
        self.name = name
        self.command = [str(part) for part in command]
        self.environment = dict(os.environ if environment is None else environment)
        self.log = log
        self.folder = folder
        self.user = user
        self.last_word = last_word
        self.patience = patience
        self.popen: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    def start(self) -> "Process":
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as out:
            self.popen = subprocess.Popen(  # noqa: S603  # our own programs, no shell
                self.command,
                env=self.environment,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                preexec_fn=leash(self.last_word),  # noqa: PLW1509  # the parents that use it have one thread
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
            )
        self.started_at = time.monotonic()
        return self

    @property
    def pid(self) -> int:
        return self.popen.pid if self.popen else 0

    @property
    def alive(self) -> bool:
        return self.popen is not None and self.popen.poll() is None

    @property
    def status(self) -> int | None:
        return self.popen.returncode if self.popen else None

    def signal(self, number: signal.Signals = signal.SIGTERM) -> None:
        if self.alive and self.popen:
            self.popen.send_signal(number)

    def wait(self, seconds: float) -> bool:
        """Whether it has ended within this time."""
        if self.popen is None:
            return True
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(max(0.0, seconds))
        return not self.alive

    def stop(self) -> None:
        """Ask, wait, insist."""
        self.signal(self.last_word)
        if not self.wait(self.patience):
            self.signal(signal.SIGKILL)
            self.wait(5)

    def tail(self, lines: int = 12) -> str:
        """The last words in its log, for whoever asks why it ended."""
        if not self.log.exists():
            return ""
        return "\n".join(_last(self.log.open("rb"), lines))


def _last(source: IO[bytes], lines: int) -> list[str]:
    with source:
        source.seek(0, os.SEEK_END)
        source.seek(max(0, source.tell() - 16384))
        return source.read().decode("utf-8", "replace").splitlines()[-lines:]
