"""One call of the acceptance test as it went over the wire: signed rightly, or wrongly on purpose."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, NewConnectionError, TimeoutError

from app import clock
from app.protocol import signing, trial
from app.protocol.canonical import Stamp
from app.protocol.codes import Refusal
from app.protocol.reach import AddressRefused, Reach, same_origin
from app.protocol.signing import Key

MOST = 20 * 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """How a call is signed and sent. Left as it is, rightly: `key` signs, `late` dates the stamp back, `signed` is
    what the signature is for if not the body, `headers` replace signed ones afterwards (None drops one)."""

    key: Key | None = None
    app_id: str = ""
    late: timedelta = timedelta()
    signed: bytes | None = None
    env: str = trial.ENV
    headers: Mapping[str, str | None] = field(default_factory=dict)


@dataclass
class Exchange:
    """A request and what came back. `trouble`: no answer, or one that can't be believed; `silent`: nothing came."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    status: int = 0
    answer_headers: dict[str, str] = field(default_factory=dict)
    answer: bytes = b""
    ms: int = 0
    trouble: str = ""
    silent: bool = False

    @property
    def envelope(self) -> dict[str, Any]:
        """{code, message, data}, or {} if it is none."""
        try:
            said = orjson.loads(self.answer)
        except orjson.JSONDecodeError:
            return {}
        right = isinstance(said, dict) and isinstance(said.get("code"), int) and not isinstance(said["code"], bool)
        return said if right else {}


@dataclass
class Wire:
    """The way to one institution's endpoint. `believed`: the keys whose signature on an answer holds."""

    endpoint: str
    app_id: str
    key: Key
    believed: list[Key]
    reach: Reach
    patience: float = 10.0
    connect: float = 3.0
    _pool: urllib3.PoolManager = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.endpoint = self.endpoint.rstrip("/")
        self._pool = self.reach.pool(num_pools=4, maxsize=8)

    def stamp(self, request_id: str, letter: Letter) -> Stamp:
        return signing.stamp(
            letter.app_id or self.app_id, letter.key or self.key, request_id, clock.now() - letter.late, letter.env
        )

    def send(self, method: str, path: str, body: bytes, stamp: Stamp, letter: Letter) -> Exchange:
        """Send one request; the answer's signature is judged for that very stamp."""
        signed = body if letter.signed is None else letter.signed
        whole = urlsplit(self.endpoint).path + path
        headers = signing.sign_request(letter.key or self.key, stamp, method, whole, "", signed)
        headers["Accept"] = "application/json"
        if body:
            headers["Content-Type"] = "application/json"
        for name, value in letter.headers.items():
            if value is None:
                headers.pop(name, None)
            else:
                headers[name] = value
        exchange = Exchange(method, self.endpoint + path, headers, body)
        self._request(exchange)
        if not exchange.silent:
            self._judge(exchange, stamp)
        return exchange

    def fetch(self, url: str) -> bytes | None:
        """A file the institution offers at its own endpoint; None if it can't be had."""
        if not same_origin(url, self.endpoint):
            return None
        exchange = Exchange("GET", url, {}, b"")
        self._request(exchange)
        return exchange.answer if exchange.status == 200 else None

    def _request(self, exchange: Exchange) -> None:
        timeout = urllib3.Timeout(connect=self.connect, read=self.patience, total=self.patience + self.connect)
        began = time.monotonic()
        try:
            response = self._pool.request(
                exchange.method, exchange.url, body=exchange.body or None, headers=exchange.headers,
                timeout=timeout, redirect=False, preload_content=False,
            )  # fmt: skip
            try:
                exchange.answer = response.read(MOST + 1)
            finally:
                response.release_conn()
            exchange.status, exchange.answer_headers = response.status, dict(response.headers)
            if len(exchange.answer) > MOST:
                exchange.trouble, exchange.answer = "应答过长", b""
        except AddressRefused as error:
            exchange.trouble, exchange.silent = str(error), True
        except NewConnectionError:
            exchange.trouble, exchange.silent = "无法连接", True
        except TimeoutError:
            exchange.trouble, exchange.silent = f"{self.patience:g}秒内没有应答", True
        except (HTTPError, OSError) as error:
            exchange.trouble, exchange.silent = f"连接中断：{type(error).__name__}", True
        finally:
            exchange.ms = round((time.monotonic() - began) * 1000)

    def _judge(self, exchange: Exchange, stamp: Stamp) -> None:
        ring = {key.id: key for key in self.believed}
        try:
            signing.verify_answer(
                asked=stamp,
                status=exchange.status,
                headers=urllib3.HTTPHeaderDict(exchange.answer_headers),
                body=exchange.answer,
                keys=lambda _app, key_id, _env: ring.get(key_id),
                now=clock.now(),
            )
        except Refusal as refusal:
            exchange.trouble = refusal.message
