"""Ports for servers of the suite's own: below those the kernel gives to whoever asks for any, each handed out once, and
none that a worker beside this one would take."""

import os
import random
import socket

LOWEST, HIGHEST = 10_000, 32_000

_given: set[int] = set()


def free_port() -> int:
    (port,) = free_ports(1)
    return port


def free_ports(count: int) -> list[int]:
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ours = range(LOWEST + number, HIGHEST, int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")))
    found: list[int] = []
    while len(found) < count:
        port = random.choice(ours)
        if port not in _given and _nobody_listens(port):
            _given.add(port)
            found.append(port)
    return found


def _nobody_listens(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
