"""`make run`: the whole product on one machine, in one foreground process group.

    python -m app.serve                  everything, until Ctrl-C
    python -m app.serve prepare          only the keys, settings and folders of var/
    python -m app.serve flask …          a command of this installation, e.g. flask backup DIR

Environment: VAR_DIR, WEB_HOST, WEB_PORT, SANDBOX_*_PORT, WEB_WORKERS, WORKERS; and every setting (README).
"""

import fcntl
import json
import os
import selectors
import shutil
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import IO

from app.demo import Demo, free
from app.embedded import Valkey
from app.errors import AppError, Misconfigured
from app.processes import Process, follow_parent
from app.settings import ROOT

READY_WITHIN = 180.0  # a loaded machine, a cold disk
STEADY = 20.0  # seconds after which a process counts as well again
LOG_LIMIT = 20_000_000


def say(text: str = "") -> None:
    print(text, flush=True)  # noqa: T201  # the terminal of whoever typed make run


class Stopped(Exception):  # not an error: somebody said stop before everything stood
    """Asked to stop while starting."""


class Child:
    """A process that is started again when it ends by itself, each time a little later."""

    def __init__(self, process: Process, label: str):
        self.process, self.label = process, label
        self.failures = 0
        self.again_at: float | None = None

    def fell(self) -> None:
        lived = time.monotonic() - self.process.started_at
        self.failures = 1 if lived > STEADY else self.failures + 1
        wait = min(30.0, 0.5 * 2 ** (self.failures - 1))
        self.again_at = time.monotonic() + wait
        say(f"✗ {self.label} 已退出（{_how(self.process.status)}），{wait:g} 秒后重启；日志 {self.process.log}")

    def rise(self) -> None:
        self.again_at = None
        self.process.start()


class Supervisor:
    """Starts the parts in order, keeps them alive, stops them in the reverse order."""

    def __init__(self, demo: Demo):
        self.demo = demo
        self.stopping = 0
        self.children: list[Child] = []
        self.valkey = Valkey(demo.folder / "valkey", log=self._log("valkey")) if demo.embedded_redis else None
        self._wake, self._woken = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(self._woken, False)

    def run(self) -> int:
        lock = _only_one(self.demo.folder)
        self._listen()
        try:
            self.demo.check_ports()
            say("正在启动 … Starting")
            self._begin()
            if self._until_ready():
                self._carry()
                self._announce()
            while not self.stopping:
                self._sleep(0.5)
                self._mend()
        except Stopped:
            return 0
        except Misconfigured as error:
            say(f"✗ {error.message}")
            return 1
        finally:
            self._end()
            lock.close()
        return 0

    def _begin(self) -> None:
        if self.valkey:
            self.valkey.start()
            self.children.append(Child(self.valkey.process, "Redis（内置）"))
        self.demo.prepare(self.valkey.url if self.valkey else self.demo.environment["REDIS_URL"])
        if self.valkey:
            self.valkey.wait(60)
        shutil.rmtree(self.demo.folder / "metrics", ignore_errors=True)
        (self.demo.folder / "metrics").mkdir()
        if not self.demo.begun():
            demo = str(self.demo.folder / "demo.json")
            self._once("prepare", "数据库与演示数据", ["-m", "flask", "--app", "wsgi", "prepare", "--demo", demo])
            self.demo.remember()
        sandbox = ["-m", "app.sandbox", "all", "--dir", str(self.demo.folder)]
        self._keep("sandbox", "外部系统（演示）", sandbox)
        gunicorn = ["-m", "gunicorn", "-c", str(ROOT / "config/gunicorn.py"), "wsgi:app"]
        self._keep("web", "网站", gunicorn, patience=25.0)  # longer than it gives its own workers
        self._write_state()

    def _carry(self) -> None:
        """What works behind the pages starts once they answer: nobody waits for it, and it would slow them now."""
        self._keep("relay", "派发", ["-m", "app.jobs.relay"])
        for number in range(1, int(self.demo.environment.get("WORKERS") or 2) + 1):
            self._keep(f"worker-{number}", f"后台 {number}", ["-m", "app.worker"])
        self._write_state()

    def _process(self, name: str, arguments: Iterable[str], patience: float = 10.0) -> Process:
        command = [sys.executable, *arguments]
        environment = self.demo.processes_environment()
        return Process(name, command, environment=environment, log=self._log(name), folder=ROOT, patience=patience)

    def _keep(self, name: str, label: str, arguments: list[str], *, patience: float = 10.0) -> None:
        child = Child(self._process(name, arguments, patience), label)
        self.children.append(child)
        child.rise()

    def _once(self, name: str, label: str, arguments: list[str]) -> None:
        process = self._process(name, arguments).start()
        while not process.wait(0.05):
            if self.stopping:
                process.stop()
                raise Stopped
        if process.status != 0:
            raise Misconfigured(f"{label}准备失败：\n{process.tail()}")

    def _log(self, name: str) -> Path:
        path = self.demo.folder / "log" / f"{name}.log"
        with suppress(FileNotFoundError):
            if path.stat().st_size > LOG_LIMIT:
                path.replace(path.with_suffix(".log.1"))
        return path

    def _until_ready(self) -> bool:
        """Whether it became ready; raises with the last words of a part that keeps failing before that."""
        until = time.monotonic() + READY_WITHIN
        while not self.stopping:
            if all(child.process.alive for child in self.children) and self._answers():
                return True
            self._mend()
            for child in self.children:
                if child.failures >= 3:
                    raise Misconfigured(f"{child.label}未能启动：\n{child.process.tail()}")
            if time.monotonic() > until:
                raise Misconfigured(f"{READY_WITHIN:g} 秒内未就绪：{_readyz(self.demo.url)[1]}")
            self._sleep(0.05)
        return False

    def _answers(self) -> bool:
        beside = [port for name, port in self.demo.ports.items() if name != "WEB_PORT"]
        return _readyz(self._local())[0] == 200 and not any(free("127.0.0.1", port) for port in beside)

    def _local(self) -> str:
        host = "127.0.0.1" if self.demo.host in ("0.0.0.0", "::") else self.demo.host  # noqa: S104
        return f"http://{host}:{self.demo.ports['WEB_PORT']}"

    def _mend(self) -> None:
        now, changed = time.monotonic(), False
        for child in self.children if not self.stopping else ():
            if child.again_at is None and not child.process.alive:
                child.fell()
            elif child.again_at is not None and now >= child.again_at:
                child.rise()
                changed = True
        if changed:
            self._write_state()

    def _write_state(self) -> None:
        """Who runs under which number, for whoever watches or disturbs them (make chaos)."""
        state = {
            "pid": os.getpid(),
            "url": self.demo.url,
            "redis_url": self.valkey.url if self.valkey else self.demo.environment["REDIS_URL"],
            "processes": {child.process.name: child.process.pid for child in self.children},
        }
        fresh = self.demo.folder / "run.json.new"
        fresh.write_text(json.dumps(state, indent=1))
        fresh.replace(self.demo.folder / "run.json")

    def _announce(self) -> None:
        for line in self.demo.welcome():
            say(line)

    # signals and sleep

    def _listen(self) -> None:
        signal.set_wakeup_fd(self._woken, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._asked)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        if os.environ.get("MAKELEVEL"):
            follow_parent()

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        self.stopping += 1
        if self.stopping > 1:
            for child in self.children:
                child.process.signal(signal.SIGKILL)

    def _sleep(self, seconds: float) -> None:
        """Until a signal comes, a child ends, or the time is over."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake, selectors.EVENT_READ)
            if selector.select(seconds):
                with suppress(BlockingIOError):
                    os.read(self._wake, 4096)

    def _end(self) -> None:
        """First what serves and carries, all at once; then the outside; the Redis-compatible server last."""
        if self.children:
            say("正在停止 … Stopping")
        last = ("sandbox", "valkey")
        working = [child.process for child in self.children if child.process.name not in last]
        _stop(working)
        for name in last:
            _stop([child.process for child in self.children if child.process.name == name])
        if self.valkey:
            self.valkey.stop()
        (self.demo.folder / "run.json").unlink(missing_ok=True)


def _stop(processes: list[Process]) -> None:
    for process in processes:
        process.signal(process.last_word)
    until = time.monotonic() + max([process.patience for process in processes], default=0.0)
    for process in processes:
        if not process.wait(until - time.monotonic()):
            process.signal(signal.SIGKILL)
            process.wait(5)


def _only_one(folder: Path) -> IO[str]:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = (folder / "run.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with suppress(OSError, ValueError):
            other = json.loads((folder / "run.json").read_text())
            raise Misconfigured(f"已在运行：{other['url']}（进程 {other['pid']}）") from None
        raise Misconfigured(f"{folder} 正被另一个 make run 使用") from None
    return lock


def _readyz(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310  # our own address
            return answer.status, answer.read(2000).decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read(2000).decode("utf-8", "replace")
    except OSError as error:
        return 0, str(error)


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        return f"信号 {signal.Signals(-status).name}"
    return f"状态 {status}"


def main(arguments: list[str]) -> int:
    os.umask(0o077)
    demo = Demo()
    try:
        if not arguments:
            return Supervisor(demo).run()
        redis_url = demo.environment.get("REDIS_URL") or Valkey(demo.folder / "valkey").url
        if not (demo.folder / "config.yaml").exists() or arguments == ["prepare"]:
            demo.prepare(redis_url)
        if arguments[0] == "flask":
            command = [sys.executable, "-m", "flask", "--app", "wsgi", *arguments[1:]]
            os.execve(sys.executable, command, demo.processes_environment())  # noqa: S606
    except AppError as error:
        say(f"✗ {error.message}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
