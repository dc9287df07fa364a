"""Children: they stop when asked, and none outlives who started it, however that one went."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis

from app.embedded import Valkey
from app.errors import Misconfigured
from app.processes import Process
from tests.support.waiting import gone, until

NAP = "import time; print('begun', flush=True); time.sleep(600)"


def test_a_child_stops_when_asked(tmp_path: Path) -> None:
    child = Process("nap", [sys.executable, "-c", NAP], log=tmp_path / "log").start()
    until(lambda: "begun" in child.tail())
    child.stop()
    assert child.status == -signal.SIGTERM


def test_a_child_that_will_not_stop_is_ended(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + NAP
    child = Process("deaf", [sys.executable, "-c", deaf], log=tmp_path / "log", patience=0.2).start()
    until(lambda: "begun" in child.tail())
    child.stop()
    assert child.status == -signal.SIGKILL


def test_ctrl_c_of_the_whole_group_is_left_to_the_parent(tmp_path: Path) -> None:
    child = Process("nap", [sys.executable, "-c", NAP], log=tmp_path / "log").start()
    until(lambda: "begun" in child.tail())
    child.signal(signal.SIGINT)
    assert not child.wait(0.3)
    child.stop()


def test_nothing_is_left_when_the_parent_is_killed(tmp_path: Path) -> None:
    start = (
        "import sys, time; from pathlib import Path; "
        "from app.processes import Process; from app.embedded import Valkey;"
        f"v = Valkey(Path({str(tmp_path / 'kv')!r})).start().wait();"
        f"p = Process('nap', [sys.executable, '-c', {NAP!r}], log=Path({str(tmp_path / 'log')!r})).start();"
        "print(p.pid, v.process.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", start], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        children = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(children) == 2
        parent.kill()
    until(lambda: all(gone(pid) for pid in children))


def test_the_embedded_server_keeps_its_data_over_a_kill(tmp_path: Path) -> None:
    server = Valkey(tmp_path / "kv").start().wait()
    with redis.Redis.from_url(server.url) as client:
        client.set("seen", "1")
        client.execute_command("WAITAOF", 1, 0, 3000)
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait(5)
    server.start().wait()
    with redis.Redis.from_url(server.url) as client:
        assert client.get("seen") == b"1"
    server.stop()


def test_two_servers_never_open_one_folder(tmp_path: Path) -> None:
    first = Valkey(tmp_path / "kv").start().wait()
    with pytest.raises(Misconfigured, match="正被另一个进程使用"):
        Valkey(tmp_path / "kv").start()
    first.stop()


def test_a_folder_far_down_gets_a_socket_all_the_same(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    server = Valkey(deep).start().wait()
    started = time.monotonic()
    server.stop()
    assert time.monotonic() - started < 5
