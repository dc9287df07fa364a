"""A small platform for the sandbox to talk to: it checks every callback's signature and remembers them all."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, request
from werkzeug.serving import make_server

from app.protocol import signing
from app.protocol.calls import CALLBACKS, CALLS, INSTITUTION, TRADING
from app.protocol.client import Client
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.messages.message import read, write
from app.protocol.signing import Key
from app.sandbox import demo
from app.sandbox.demo import Demo
from tests.support.ports import free_port

PATIENCE = 40.0  # a machine under load starts a process slowly


def until(found: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """Poll until `found()` is true; its value."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.01)
    raise AssertionError(f"not within {seconds} s: {what}")


@dataclass
class Message:
    call: str
    body: dict[str, Any]
    request_id: str
    env: str
    key_id: str
    path: str


class Platform:
    """`messages`: first sight of each request id, in order; `repeats`: the same again; `refused`: by code."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.messages: list[Message] = []
        self.repeats: list[Message] = []
        self.refused: list[Code] = []
        self.down = False
        self.answers: dict[str, Callable[[Message], Code]] = {}
        self._nonces: set[tuple[str, str]] = set()
        self._lock = threading.Lock()
        self.config: Demo | None = None
        app = Flask("receiver")
        app.add_url_rule("/<path:path>", view_func=self._receive, methods=["GET", "POST", "PUT"])
        self._server = make_server("127.0.0.1", self.port, app, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def client(self, code: str, *, sm2: bool = False, env: str = "", patience: float = 5) -> Client:
        """The platform's way to an institution."""
        assert self.config
        institution = self.config.institution(code)
        assert institution
        own = demo.key(institution["test_key" if env else "key"])
        key = demo.key(self.config["platform"]["sm2"]) if sm2 else own
        believed = [own, demo.key(institution["sm2"])]
        return Client(institution["endpoint_url"], institution["app_id"], key, believed, patience=patience)

    def of(self, order_no: str, call: str = "") -> list[Message]:
        with self._lock:
            return [
                message
                for message in self.messages
                if message.body.get("order_no") == order_no and call in ("", message.call)
            ]

    def wait(self, order_no: str, call: str, number: int = 1) -> list[Message]:
        return until(
            lambda: len(self.of(order_no, call)) >= number and self.of(order_no, call),
            f"{number} {call} for {order_no}, have {[m.call for m in self.of(order_no)]}",
        )

    def _key(self, app_id: str, key_id: str, env: str) -> Key | None:
        assert self.config
        if app_id == self.config["trading"]["app_id"]:
            return demo.key(self.config["trading"]["key"])
        institution = self.config.institution(app_id)
        if institution is None:
            return None
        parts = (institution["test_key"],) if env else (institution["key"], institution["sm2"])
        return {key.id: key for key in map(demo.key, parts)}.get(key_id)

    def _remember(self, app_id: str, nonce: str, until: datetime) -> bool:
        with self._lock:
            fresh = (app_id, nonce) not in self._nonces
            self._nonces.add((app_id, nonce))
        return fresh

    def _receive(self, path: str) -> Response:
        if self.down:
            return Response("", 503)
        asked, key, data = None, None, {}
        raw = request.get_data()
        try:
            asked = signing.verify_request(
                method=request.method,
                path=request.path,
                query=request.query_string.decode(),
                headers=request.headers,
                body=raw,
                keys=self._key,
                now=datetime.now(UTC),
                remember=self._remember,
            )
            key = self._key(asked.app_id, asked.key_id, asked.env)
            call = _call(request.method, path)
            assert call.body
            body = read(call.body, json.loads(raw))
            message = Message(call.id, body, asked.request_id, asked.env, asked.key_id, request.path)
            with self._lock:
                known = any(before.request_id == message.request_id for before in self.messages)
                (self.repeats if known else self.messages).append(message)
            code = self.answers.get(call.id, lambda _message: Code.OK)(message)
            if code is not Code.OK:
                raise Refusal(code)
            values = {"received_at": datetime.now(UTC), "lot_id": path.split("/")[-1], **body}
            status, data = 200, envelope(data=write(call.answer, values))
        except Refusal as refusal:
            asked = asked or refusal.asked
            self.refused.append(refusal.code)
            status, data = refusal.status, refusal.envelope()
        content = json.dumps(data).encode()
        assert self.config
        signer = key if key and not key.public else demo.key(self.config["platform"]["sm2"])
        headers = signing.sign_answer(signer, asked, status, content, datetime.now(UTC))
        return Response(content, status, headers=headers, content_type="application/json")


def _call(method: str, path: str):
    for call in CALLS.values():
        if call.asker not in (INSTITUTION, TRADING) or call.method != method:
            continue
        if call.path.startswith(CALLBACKS) and call.path == f"/{path}":
            return call
        parts, seen = call.path.strip("/").split("/"), path.split("/")
        if len(parts) == len(seen) and all(p.startswith("{") or p == s for p, s in zip(parts, seen, strict=True)):
            return call
    raise Refusal(Code.UNKNOWN, path)
