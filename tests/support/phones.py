"""The SMS provider on the loopback, and the phones it reaches."""

import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.db import transaction
from app.notices import telling
from app.settings import ROOT
from tests.support.work import work


class Phones:
    """`got`: what the provider was given; `status`: how it answers."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.status = 200
        self.app: Flask | None = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}/sms"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def texts(self, phone: str) -> list[str]:
        """Everything this phone has received, once the work that is due has been done."""
        assert self.app is not None
        work(self.app)
        return [one["text"] for one in self.got if one["phone"] == phone]

    def code(self, client: FlaskClient, phone: str, purpose: str) -> str:
        """【获取验证码】, and the six digits that arrive."""
        answer = client.post(
            "/codes", data={"phone": phone, "purpose": purpose}, headers={"Accept": "application/json"}
        )
        assert answer.status_code == 200, answer.text
        found = re.search(r"\d{6}", self.texts(phone)[-1])
        assert found is not None
        return found[0]

    def _handler(phones: "Phones") -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if phones.status < 400 and all(one["reference"] != body["reference"] for one in phones.got):
                    phones.got.append(body)
                self.send_response(phones.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture(scope="session")
def _phones() -> Iterator[Phones]:
    phones = Phones()
    yield phones
    phones.server.shutdown()
    phones.server.server_close()


@pytest.fixture
def phones(app: Flask, _phones: Phones) -> Phones:
    """`app` sends its SMS here; the shipped texts are entered."""
    _phones.got.clear()
    _phones.status, _phones.app = 200, app
    app.config["SMS_URL"] = _phones.url
    with app.app_context(), transaction():
        telling.seed_texts(ROOT / "config/messages.yaml")
    return _phones
