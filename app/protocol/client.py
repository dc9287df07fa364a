"""Make a call and believe only a signed answer to it; used by both sides of the interface."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from app.protocol import signing
from app.protocol.calls import Call
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write
from app.protocol.reach import AddressRefused, Reach
from app.protocol.signing import Key

MOST_ANSWER = 80 * 1024 * 1024

_RETRYABLE = frozenset(int(code) for code in Code if code.retryable)


class CallFailed(Exception):
    """The call brought no usable answer."""


class Refused(CallFailed):
    """The other side said no, signed; sending it again changes nothing."""

    def __init__(self, code: int, message: str, data: Mapping[str, Any]) -> None:
        self.code, self.message, self.data = code, message, dict(data)
        super().__init__(f"{code} {message}")


class Garbled(CallFailed):
    """The answer is signed but not what the interface says; somebody has to look at it."""


class NotAllowed(CallFailed):
    """The address leads where calls must not go; nothing was sent."""


class Unreachable(CallFailed):
    """No believable answer. The request may or may not have been done: send it again, same request id."""


class Busy(Unreachable):
    """Answered 5001 or 5002: the same request, later."""


class Untrusted(Unreachable):
    """Something answered, but its signature does not hold; `content` is what it said, for a person to read."""

    def __init__(self, message: str, content: bytes = b"") -> None:
        self.content = content
        super().__init__(message)


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Client:
    """One party's way to another. `keys`: the keys whose signature on an answer is believed.

    Thread-safe; keeps connections. `connect` and `patience` are seconds. `reach`: where its calls may go at all.
    """

    base_url: str
    app_id: str
    key: Key
    keys: Iterable[Key]
    connect: float = 3.0
    patience: float = 10.0
    clock: Callable[[], datetime] = _now
    connections: int = 8
    reach: Reach | None = None
    _pool: urllib3.PoolManager = field(init=False, repr=False)
    _believed: dict[str, Key] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.base_url = self.base_url.rstrip("/")
        self._believed = {key.id: key for key in self.keys}
        options: dict[str, Any] = {"num_pools": 4, "maxsize": self.connections}
        self._pool = self.reach.pool(**options) if self.reach else urllib3.PoolManager(retries=False, **options)

    def call(
        self,
        call: Call,
        body: Mapping[str, Any] | None = None,
        *,
        request_id: str,
        query: Mapping[str, str] | None = None,
        env: str = "",
        **numbers: str,
    ) -> dict[str, Any]:
        """The answer's data as Python values; `numbers` fill the path.

        Raises Refused, Garbled, NotAllowed, or Unreachable (Busy, Untrusted).
        """
        raw = b"" if call.body is None else orjson.dumps(write(call.body, body or {}))
        status, envelope = self.send(
            call.method, call.at(**numbers), raw, request_id=request_id, query=urlencode(query or {}), env=env
        )
        code, message, data = _opened(envelope)
        if code == Code.OK:
            try:
                return read(call.answer, data)
            except Refusal as error:
                raise Garbled(f"{call.id}：{error.message}") from error
        if code in _RETRYABLE:
            raise Busy(f"{code} {message}")
        if status == 429 or status >= 500:
            raise Busy(f"HTTP {status} {message}")
        raise Refused(code, message, data)

    def send(
        self, method: str, path: str, raw: bytes, *, request_id: str, query: str = "", env: str = ""
    ) -> tuple[int, object]:
        """Sign and send one request; the HTTP status and JSON of its answer, once its signature held."""
        now = self.clock()
        asked = signing.stamp(self.app_id, self.key, request_id, now, env)
        whole = urlsplit(self.base_url).path + path
        headers = signing.sign_request(self.key, asked, method, whole, query, raw)
        headers["Accept"] = "application/json"
        if raw:
            headers["Content-Type"] = "application/json"
        url = f"{self.base_url}{path}{'?' + query if query else ''}"
        timeout = urllib3.Timeout(connect=self.connect, read=self.patience)
        try:
            response = self._pool.request(
                method,
                url,
                body=raw or None,
                headers=headers,
                timeout=timeout,
                redirect=False,
                preload_content=False,
            )
            try:
                content = response.read(MOST_ANSWER + 1)
            finally:
                response.release_conn()
        except AddressRefused as error:
            raise NotAllowed(f"{method} {whole}: {error}") from error
        except (HTTPError, OSError) as error:
            raise Unreachable(f"{method} {whole}: {error}") from error
        if len(content) > MOST_ANSWER:
            raise Untrusted(f"{method} {whole}: answer above {MOST_ANSWER} bytes")
        try:
            signing.verify_answer(
                asked=asked,
                status=response.status,
                headers=response.headers,
                body=content,
                keys=lambda _app, key_id, _env: self._believed.get(key_id),
                now=self.clock(),
            )
        except Refusal as error:
            raise Untrusted(f"{method} {whole}: HTTP {response.status} {error.message}", content) from error
        try:
            return response.status, orjson.loads(content)
        except orjson.JSONDecodeError as error:
            raise Garbled(f"{method} {whole}: {error}") from error


def _opened(envelope: object) -> tuple[int, str, dict[str, Any]]:
    if isinstance(envelope, dict):
        code, message, data = envelope.get("code"), envelope.get("message", ""), envelope.get("data") or {}
        if isinstance(code, int) and isinstance(message, str) and isinstance(data, dict):
            return code, message, data
    raise Garbled("应答不是{code, message, data}")
