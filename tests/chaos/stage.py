"""The product on PostgreSQL in a folder of its own, as `make run` starts it; its clock moves by starting it anew."""

import os
import signal
import sqlite3
import time
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import redis
import yaml
from flask import Flask

from app import clock, create_app
from app.demo import PORTS
from app.settings import ROOT
from tests.support.people import session_of
from tests.support.ports import free_ports
from tests.support.postgres import Postgres
from tests.support.product import Product

FAILPOINT = Path(__file__).parent / "failpoint"
SETTINGS = {
    "SHARED_LOCAL_FILES": "yes",
    "WEB_WORKERS": "2",
    "WORKERS": "2",
    "SANDBOX_DELAY": "0.5",
    "LEASE_SECONDS": "15",  # a killed worker's rows are taken up sooner than in the field, so that the run is short
    "REOFFER_AFTER": "5",
}


class Stage:
    """Everything that runs; `close` leaves nothing behind."""

    def __init__(self, folder: Path):
        self.folder, self.var, self.warrants = folder, folder / "var", folder / "warrants"
        self.warrants.mkdir(parents=True)
        self.postgres = Postgres().start()
        self.url = self.postgres.make("chaos")
        ports = {name: str(port) for name, port in zip(PORTS, free_ports(len(PORTS)), strict=True)}
        self.settings = {
            **SETTINGS,
            **ports,
            "DATABASE_URL": self.url,
            "FAILPOINTS": str(self.warrants),
            "PYTHONPATH": str(FAILPOINT),
        }
        self.product: Product | None = None
        self._app: Flask | None = None

    def start(self, offset: float = 0.0) -> None:
        """Bring it up with the clock moved by `offset` seconds, ours too."""
        (self.var / "serve.log").unlink(missing_ok=True)
        clock.shift(timedelta(seconds=offset))
        self.product = Product(self.var, **self.settings, CLOCK_OFFSET=str(offset)).start()

    def stop(self) -> None:
        if self.product is not None and self.product.process.alive:
            self.product.stop()
        self.product = None

    def close(self) -> None:
        try:
            self.stop()
        finally:
            self.postgres.stop()

    # what stands where

    @property
    def running(self) -> Product:
        assert self.product is not None
        return self.product

    @property
    def web(self) -> str:
        return self.running.url

    @property
    def institutions(self) -> str:
        return f"http://127.0.0.1:{self.settings['SANDBOX_INSTITUTION_PORT']}"

    @property
    def trading(self) -> str:
        return f"http://127.0.0.1:{self.settings['SANDBOX_TRADING_PORT']}"

    @property
    def app(self) -> Flask:
        """The application in this process: sessions are made and rows are read with it."""
        if self._app is None:
            values = yaml.safe_load((self.var / "config.yaml").read_text())
            values |= {name: self.settings[name] for name in ("DATABASE_URL", "SHARED_LOCAL_FILES")}
            os.environ.setdefault("FONT_DIR", str(ROOT / "app/static/fonts"))
            self._app = create_app(**values)
        return self._app

    def sign_in(self, role: str, **who: Any) -> dict[str, str]:
        """The cookie of a fresh session."""
        return session_of(self.app, role, **who)[1]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the product's database beside the product."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            return connection.execute(query, values).fetchall()  # type: ignore[call-overload,no-any-return]

    def books(self, query: str) -> list[sqlite3.Row]:
        """Read the institutions' own file beside the institutions."""
        path = self.var / "sandbox" / "institution.sqlite"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=15)) as connection:
            connection.row_factory = sqlite3.Row
            return connection.execute(query).fetchall()

    def ledger(self) -> dict[str, list[dict[str, Any]]]:
        """What the institutions say themselves (GET /ledger)."""
        return httpx.get(f"{self.institutions}/ledger", timeout=60).raise_for_status().json()  # type: ignore[no-any-return]

    def misbehave(self, rule: dict[str, Any]) -> None:
        httpx.post(f"{self.institutions}/misbehave", json=rule, timeout=30).raise_for_status()

    # doing harm

    def kill(self, name: str, *, children: bool = False) -> None:
        """kill -9 a part, and those it began."""
        pid = self.running.pids()[name]
        for one in [pid, *(offspring(pid) if children else ())]:
            with suppress(ProcessLookupError):
                os.kill(one, signal.SIGKILL)

    def kill_child(self, name: str, which: int) -> bool:
        """kill -9 one of a part's own children; False if it has none."""
        found = offspring(self.running.pids()[name])
        if not found:
            return False
        with suppress(ProcessLookupError):
            os.kill(found[which % len(found)], signal.SIGKILL)
        return True

    def flush(self) -> None:
        """Empty Redis, if it is there."""
        with suppress(redis.RedisError), redis.Redis.from_url(self.app.config["REDIS_URL"]) as client:
            client.flushall()


def offspring(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def patiently(seconds: float, what: str) -> Any:
    """`for _ in patiently(30, "…")`: turns of a bounded poll; raises when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.2)
    raise TimeoutError(f"not within {seconds:g} s: {what}")
