"""Serve as an institution until Ctrl-C."""

from __future__ import annotations

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from app.partner import script
from app.partner.books import Books
from app.partner.card import Card, Mistake
from app.partner.door import Door
from app.partner.hall import Hall
from app.partner.outbox import Outbox
from app.partner.press import Press

MOST = 80 * 1024 * 1024


class Institution:
    """A played institution; `serve` until `stop`."""

    def __init__(self, card: Card, path: Path, said: Callable[[str], None]) -> None:
        self.script = script.load(path)
        self.outbox = Outbox(card, self.script, said)
        self.press = Press(self.script)
        self.door = Door(card, Hall(self.script, Books(), self.outbox, self.press))
        handler = type("Handler", (_Handler,), {"door": self.door, "said": staticmethod(said)})
        try:
            self.server = ThreadingHTTPServer((self.script.host, self.script.port), handler)
        except OSError as error:
            raise Mistake(f"{self.script.listen}: 无法监听 / cannot listen ({error})") from error

    def serve(self) -> None:
        self.server.serve_forever(poll_interval=0.2)

    def stop(self) -> None:
        self.outbox.stop()
        threading.Thread(target=self.server.shutdown).start()


def run(card: Card, path: Path, *, said: Callable[[str], None]) -> None:
    institution = Institution(card, path, said)
    told = institution.script
    said(f"接口地址 / endpoint: {told.address}{told.path}")
    said(f"出函证书 / certificate: {told.file(told.certificate)}（{institution.press.subject}）")
    try:
        institution.serve()
    finally:
        institution.stop()


class _Handler(BaseHTTPRequestHandler):
    door: Door
    said: Callable[[str], None]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MOST:
            self.send_error(413)
            return
        body = self.rfile.read(length)
        status, headers, content = self.door.answer(self.command, self.path, self.headers, body)
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(content))} | dict(headers)).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _serve  # http.server's names

    def log_message(self, format: str, *values: Any) -> None:
        """Addresses of payment pages are secrets: their tokens are not said."""
        first = str(values[0]) if values else ""
        if "/pay/" not in first:
            self.said(" ".join(str(value) for value in values[:2]))
