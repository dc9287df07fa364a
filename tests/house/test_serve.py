"""`make run`: everything comes up, what dies comes back, and nothing is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.product import PATIENCE, Product
from tests.support.waiting import gone, until


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A product that a test may hurt."""
    running = Product(tmp_path_factory.mktemp("own")).start()
    yield running
    if running.process.alive:
        running.stop()


def test_it_says_where_it_is_and_who_can_sign_in(own: Product) -> None:
    assert own.url in own.said
    for person in (own.demo["people"]["entities"][0], own.demo["people"]["staff"][0]):
        assert person["sub"] in own.said
        assert person["name"] in own.said
    assert own.status("/readyz") == 200
    assert {"valkey", "sandbox", "web", "relay", "worker-1"} == set(own.pids())


def test_all_parts_share_one_process_group(own: Product) -> None:
    assert {os.getpgid(pid) for pid in own.pids().values()} == {os.getpgid(own.process.pid)}


def test_secrets_are_files_that_only_the_owner_reads(own: Product) -> None:
    kept = [own.folder / "keys", own.folder / "demo.json", own.folder / "config.yaml"]
    for path in [*kept, *(own.folder / "keys").iterdir()]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["valkey", "relay", "worker-1", "web", "sandbox"])
def test_a_part_that_is_killed_comes_back(own: Product, name: str) -> None:
    before = own.pids()[name]
    own.kill(name)
    until(lambda: own.pids()[name] != before, 30, what=f"{name} started again")
    until(lambda: not gone(own.pids()[name]), 30)
    assert "SIGKILL" in own.said


def test_a_second_one_in_the_same_folder_is_refused(own: Product) -> None:
    until(lambda: ready(own), 60)
    answer = subprocess.run(
        [sys.executable, "-m", "app.serve"], env=own.environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert "已在运行" in answer.stdout
    assert own.status("/livez") == 200


def ready(product: Product) -> bool:
    try:
        return product.status("/readyz") == 200
    except OSError:
        return False


def test_ctrl_c_stops_all_of_it_and_a_second_start_keeps_the_data(own: Product) -> None:
    until(lambda: ready(own), 60)
    keys = {path.name: path.read_bytes() for path in (own.folder / "keys").iterdir()}
    parts = list(own.pids().values())
    assert own.process.popen is not None
    began = time.monotonic()
    own.process.popen.send_signal(signal.SIGINT)
    assert own.process.wait(PATIENCE)
    assert own.process.status == 0, own.said
    assert time.monotonic() - began < 20
    assert all(gone(pid) for pid in parts)

    (own.folder / "serve.log").unlink()
    own.start()
    assert {path.name: path.read_bytes() for path in (own.folder / "keys").iterdir()} == keys
    assert own.status("/readyz") == 200


def test_nothing_is_left_when_the_supervisor_is_killed(own: Product) -> None:
    parts = list(own.pids().values())
    os.kill(own.process.pid, signal.SIGKILL)
    own.process.wait(5)
    until(lambda: all(gone(pid) for pid in parts), 40, what="every part ended")


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    product = Product(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", int(product.environment["SANDBOX_LOGIN_PORT"])))
        other.listen()
        answer = subprocess.run(
            product.process.command, env=product.environment, capture_output=True, text=True, check=False
        )
    assert answer.returncode == 1
    assert f"端口 {product.environment['SANDBOX_LOGIN_PORT']}（统一注册平台（演示））已被占用" in answer.stdout
    assert "SANDBOX_LOGIN_PORT=" in answer.stdout
