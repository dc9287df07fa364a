"""Applications for tests: settings, keys and a database that every test finds as a new installation has it."""

import shutil
import sqlite3
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine

from app import create_app, schema, sealing
from app.db import db
from tests.support.postgres import Postgres

FOR_TESTS = {"TESTING": True, "WTF_CSRF_ENABLED": False}  # tests/accounts asks for the tokens


@event.listens_for(Engine, "connect")
def _no_waiting_for_disks(connection: Any, _record: Any) -> None:
    """What a power cut would leave of a trial database is nobody's concern."""
    if type(connection).__module__.startswith("sqlite3"):
        connection.execute("PRAGMA synchronous=OFF")


def keys(folder: Path) -> dict[str, str]:
    """The secrets of an installation, as files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {
        "MASTER_KEY_FILE": sealing.Keyring.fresh(),
        "SECRET_KEY_FILE": "a secret only this test run knows 0123456789",
        "OIDC_CLIENT_SECRET_FILE": "the secret agreed with the login platform",
    }
    for name, content in written.items():
        if not (folder / name.lower()).exists():
            (folder / name.lower()).write_text(content)
    return {name: str(folder / name.lower()) for name in written}


def _first_day(app: Flask) -> None:
    """The tables, made as every installation makes them."""
    with app.app_context():
        schema.make()
        with db.engine.connect() as connection:
            differ = compare_metadata(MigrationContext.configure(connection), db.metadata)
        if differ:
            raise RuntimeError(f'models without a migration: run `make migration M="..."` ({differ[:3]})')
    _let_go(app)


def _let_go(app: Flask) -> None:
    """No connection of this application's is open."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


REGISTERED = ("catalogue", "handlers", "policies", "relay_sources", "rounds")


@dataclass
class Installation:
    """One application on one kind of database, put back to its first day before each test."""

    kind: str
    folder: Path
    redis_url: str
    postgres: Postgres | None = None
    made: dict[str, Flask] = field(default_factory=dict)
    prepared: set[str] = field(default_factory=set)
    registered: dict[str, Any] = field(default_factory=dict)
    config: dict[str, Any] = field(default_factory=dict)

    def settings(self, url: str, **overrides: Any) -> dict[str, Any]:
        return {
            **keys(self.folder / "keys"),
            "DATABASE_URL": url,
            "REDIS_URL": self.redis_url,
            "FILES_URL": f"file://{self.folder / 'files'}",
            "SHARED_LOCAL_FILES": "yes",
            "OIDC_ISSUER": "http://127.0.0.1:8101",
            "OIDC_CLIENT_ID": "baohan",
            "DEMO": "yes",
            "OUTSIDE_ALLOWED": "127.0.0.1",
            **overrides,
        }

    def environment(self) -> dict[str, str]:
        """What another process of the same installation (a worker, a command) needs in its environment."""
        return {name: str(value) for name, value in self.settings(self.url).items()}

    @property
    def url(self) -> str:
        if self.postgres:
            return self.postgres.address("trial")
        return f"sqlite:///{self.folder / 'trial.db'}"

    def fresh(self, **overrides: Any) -> Flask:
        """The application on an untouched database; the same object each time, unless settings are given."""
        self._template()
        kept = self.made.get("app")
        if kept is not None:
            _let_go(kept)
        self._copy("first_day", "trial")
        if overrides:
            return create_app(**{**FOR_TESTS, **self.settings(self.url, **overrides)})
        if kept is None:
            kept = self.made["app"] = create_app(**FOR_TESTS, **self.settings(self.url))
            self.registered = {name: deepcopy(kept.extensions[name]) for name in REGISTERED}
            self.config = dict(kept.config)
        kept.config.clear()
        kept.config.update(self.config)
        kept.extensions.update(deepcopy(self.registered))  # what the last test entered is gone
        sealing.init(kept)  # keys of lots that the last test made are not remembered
        return kept

    def after(self, name: str, app: Flask, prepare: Callable[[], None]) -> None:
        """Have `app` find its untouched database as `prepare` leaves it: prepared once, copied from then on."""
        if name not in self.prepared:
            prepare()
            _let_go(app)
            self._copy("trial", name)
            self.prepared.add(name)
        else:
            _let_go(app)
            self._copy(name, "trial")

    def _copy(self, of: str, name: str) -> None:
        """A database in place of another, both without connections."""
        if self.postgres:
            self.postgres.make(name, template=of)
            return
        for ending in ("", "-wal", "-shm"):
            (self.folder / f"{name}.db{ending}").unlink(missing_ok=True)
        shutil.copyfile(self.folder / f"{of}.db", self.folder / f"{name}.db")

    def bare(self, **overrides: Any) -> Flask:
        """An application of its own on a database without a table."""
        if self.postgres:
            url = self.postgres.make("bare")
        else:
            (self.folder / "bare.db").unlink(missing_ok=True)
            url = f"sqlite:///{self.folder / 'bare.db'}"
        return create_app(**{**FOR_TESTS, **self.settings(url, **overrides)})

    def _template(self) -> None:
        if "template" not in self.made:
            path = self.folder / "first_day.db"
            url = self.postgres.make("first_day") if self.postgres else f"sqlite:///{path}"
            self.made["template"] = create_app(**self.settings(url))
            _first_day(self.made["template"])
            if not self.postgres:
                with sqlite3.connect(path) as connection:
                    connection.execute("PRAGMA journal_mode=DELETE")
