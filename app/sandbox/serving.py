"""Serve WSGI applications on loopback ports in one process, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from typing import Any, Protocol

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

log = logging.getLogger("sandbox")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Nothing: tests and chaos make too many."""


class Worker(Protocol):
    """Works in threads of its own between start and stop."""

    def start(self) -> None: ...
    def stop(self) -> None: ...


def serve(parts: list[tuple[int, Any]], workers: list[Worker]) -> None:
    """`parts`: (port, application). Workers start once the ports are taken and stop when nothing is served any more."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    servers: list[BaseWSGIServer] = [
        make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet) for port, app in parts
    ]
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    threads = [threading.Thread(target=server.serve_forever, daemon=True) for server in servers]
    for thread in threads:
        thread.start()
    for worker in workers:
        worker.start()
    sys.stderr.write(f"sandbox on {', '.join(f'127.0.0.1:{port}' for port, _ in parts)}\n")
    sys.stderr.flush()
    over.wait()
    for server in servers:
        server.shutdown()
        server.server_close()
    for worker in workers:
        worker.stop()
