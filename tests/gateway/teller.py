"""An institution's counter on the loopback: verifies what it is asked, answers what the test says, signed."""

import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson

from app import clock
from app.protocol import signing
from app.protocol.codes import Code, envelope
from app.protocol.signing import Key


@dataclass
class Told:
    """One answer; `sign_with` another key is a forged one, `raw` another body."""

    data: dict[str, Any] = field(default_factory=dict)
    code: Code = Code.OK
    status: int = 0
    sign_with: Key | None = None
    raw: bytes | None = None


class Teller:
    def __init__(self, key: Key, accepted: list[Key] | None = None):
        self.key, self.accepted = key, {one.id: one for one in accepted or [key]}
        self.asked: list[dict[str, Any]] = []
        self.answers: dict[str, list[Told]] = {}
        self.files: dict[str, bytes] = {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/bank"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, path: str, *told: Told) -> None:
        """What to say to calls of `path`, one after the other, the last one again and again."""
        self.answers[path] = list(told)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        teller = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                parts = urlsplit(self.path)
                if self.path in teller.files:
                    self._send(200, {}, teller.files[self.path])
                    return
                asked = signing.verify_request(
                    method=self.command, path=parts.path, query=parts.query, headers=self.headers, body=body,
                    keys=lambda _app, key_id, _env: teller.accepted.get(key_id), now=clock.now(),
                    remember=lambda *_: True,
                )  # fmt: skip
                path = parts.path.removeprefix("/bank")
                teller.asked.append(
                    {
                        "method": self.command,
                        "path": path,
                        "body": orjson.loads(body) if body else None,
                        "request_id": asked.request_id,
                        "key": asked.key_id,
                    }
                )
                told = teller.answers.get(path) or [Told(code=Code.UNKNOWN)]
                one = told.pop(0) if len(told) > 1 else told[0]
                raw = one.raw if one.raw is not None else orjson.dumps(envelope(one.code, data=one.data))
                status = one.status or one.code.status
                key = one.sign_with or teller.key
                self._send(status, signing.sign_answer(key, asked, status, raw, clock.now()), raw)

            do_GET = do_POST

            def _send(self, status: int, headers: dict[str, str], raw: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
