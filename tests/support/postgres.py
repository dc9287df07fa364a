"""A PostgreSQL of the suite's own: one cluster a session, one cloned database a test."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg

from app.processes import Process
from tests.support.machine import postgres_bin

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}

INITDB = ("-E", "UTF8", "--locale=C", "--no-sync", "--auth=trust")


class Postgres:
    """A cluster under a temporary folder, reached by its socket only. `durable` keeps the real cost of a commit."""

    def __init__(self, *, durable: bool = False, **parameters: str):
        binaries = postgres_bin()
        if binaries is None:
            raise RuntimeError("no PostgreSQL on this machine: run `make machine`")
        self.binaries = binaries
        self.folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
        # PostgreSQL refuses to run as root; Debian's package brings a user.
        self.user = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        settings = {"listen_addresses": "", "max_connections": "200", "unix_socket_directories": str(self.folder)}
        settings |= ({} if durable else FAST) | parameters
        self.process = Process(
            "postgres",
            [binaries / "postgres", "-D", self.folder / "data", *(f"-c{k}={v}" for k, v in settings.items())],
            log=self.folder / "log",
            folder=self.folder,
            user=self.user.pw_uid if self.user else None,
            last_word=signal.SIGQUIT,
        )

    def start(self) -> "Postgres":
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        subprocess.run(
            [self.binaries / "initdb", "-D", self.folder / "data", "-U", "baohan", *INITDB],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=self.user.pw_uid if self.user else None,
            group=self.user.pw_gid if self.user else None,
            extra_groups=[] if self.user else None,
        )
        self.process.start()
        until = time.monotonic() + 20
        while True:
            try:
                self.admin = psycopg.connect(self.address("postgres"), autocommit=True)
                return self
            except psycopg.OperationalError:
                if not self.process.alive or time.monotonic() > until:
                    raise RuntimeError(f"PostgreSQL did not start:\n{self.process.tail()}") from None
                time.sleep(0.02)

    def address(self, name: str) -> str:
        return f"postgresql://baohan@/{name}?host={self.folder}"

    def make(self, name: str, template: str = "template0") -> str:
        """A database cloned from `template`, in place of one of that name."""
        self.admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self.address(name)

    def stop(self) -> None:
        self.admin.close()
        self.process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
