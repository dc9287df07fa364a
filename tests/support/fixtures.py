"""Servers, installations, applications and clients."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient

from app.embedded import Valkey
from app.processes import Process
from tests.support.installation import Installation
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL cluster of this session's own."""
    server = Postgres().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    server = Valkey(tmp_path_factory.mktemp("valkey"), durable=False).start().wait()
    yield server
    server.stop()


@pytest.fixture
def valkey(valkey_server: Valkey) -> Iterator[redis.Redis]:
    """A client of a real, empty Redis-compatible server."""
    with redis.Redis.from_url(valkey_server.url) as client:
        client.flushall()
        yield client


@pytest.fixture(scope="session")
def _installations() -> dict[str, Installation]:
    return {}


@pytest.fixture
def installation(
    request: pytest.FixtureRequest,
    _installations: dict[str, Installation],
    valkey_server: Valkey,
    valkey: redis.Redis,
    tmp_path_factory: pytest.TempPathFactory,
) -> Installation:
    """Settings, keys, files and a database as on the first day; see tests/conftest.py for which database."""
    kind = request.param
    if kind not in _installations:
        server = request.getfixturevalue("postgres") if kind == "postgresql" else None
        _installations[kind] = Installation(kind, tmp_path_factory.mktemp(kind), valkey_server.url, server)
    return _installations[kind]


@pytest.fixture
def app(installation: Installation) -> Flask:
    """The application on an untouched database. No context is pushed: `with app.app_context()`, or `app_context`."""
    return installation.fresh()


@pytest.fixture
def make_app(installation: Installation) -> Callable[..., Flask]:
    """An application with settings of the test's own: `make_app(IDLE_MINUTES=1)`."""
    return installation.fresh


@pytest.fixture
def app_context(app: Flask) -> Iterator[Flask]:
    """The application's context, for tests below the web."""
    with app.app_context():
        yield app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def start(app: Flask, installation: Installation, tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a process of this installation, `start("app.worker")`; it ends with the test."""
    running: list[Process] = []

    def begin(module: str, *arguments: str, **environment: Any) -> Process:
        command = [sys.executable, "-m", module, *arguments]
        variables = {**_inherited(), **installation.environment(), **{k: str(v) for k, v in environment.items()}}
        name = f"{module}-{len(running)}"
        running.append(Process(name, command, environment=variables, log=tmp_path / f"{name}.log").start())
        return running[-1]

    yield begin
    for process in reversed(running):
        process.stop()


def _inherited() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
