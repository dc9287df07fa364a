"""The acceptance test under way: what checks ask, expect to be refused, and wait to hear."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.acceptance import evidence
from app.acceptance.checks import Failed
from app.acceptance.wire import Exchange, Letter, Wire
from app.protocol import trial
from app.protocol.calls import Call
from app.protocol.codes import Code, Refusal
from app.protocol.messages.message import read, write
from app.protocol.signing import Key

PLAIN = Letter()
POLL = 0.03
NOT_KNOWN = frozenset({Code.SIGNATURE, Code.UNKNOWN_APP})  # who asks is not known, so nobody can sign for him


@dataclass(frozen=True)
class Pace:
    """Seconds: an answer may take so long, is waited for so long, a callback is waited for, the whole run may take."""

    answer: float = 3.0
    patience: float = 10.0
    callback: float = 30.0
    whole: float = 200.0


@dataclass(frozen=True)
class Heard:
    """A callback: `body` as Python values if it was taken, else `refused` says why."""

    call: str
    number: str
    request_id: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]
    refused: str = ""
    again: bool = False  # answered 5001 on purpose


@dataclass(frozen=True)
class Sent:
    """A call that was accepted, to be sent again."""

    call: Call
    path: str
    raw: bytes
    request_id: str
    answer: Mapping[str, Any]


@dataclass
class Play:
    """`prefix` makes the run's numbers; `listen` gives all callbacks heard so far, oldest first; `known` is what
    earlier checks learned."""

    prefix: str
    wire: Wire
    pace: Pace
    listen: Callable[[], Sequence[Heard]]
    certificate: str = ""
    platform: Key | None = None  # our SM2 pair, if the institution has one of its own
    known: dict[str, Any] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    slow: list[tuple[str, int]] = field(default_factory=list)
    proof: list[dict[str, Any]] = field(default_factory=list)  # of the check under way
    silences: int = 0  # calls in a row that nobody answered
    beat: Callable[[], object] = lambda: None  # called while waiting: the run is alive
    over: float = field(init=False)  # when the whole run must be over, on the monotonic clock

    def __post_init__(self) -> None:
        self.over = time.monotonic() + self.pace.whole

    def number(self, *words: str) -> str:
        return trial.number(self.prefix, *words)

    def ask(
        self, call: Call, body: Mapping[str, Any] | None = None, *, letter: Letter = PLAIN, **numbers: str
    ) -> dict[str, Any]:
        """Make the call; the answer's data as Python values. Fails unless it is signed, 0, and of the right shape."""
        raw = b"" if call.body is None else orjson.dumps(write(call.body, body or {}))
        request_id, path = self._request_id(call), call.at(**numbers)
        exchange = self._send(call, path, raw, request_id, letter)
        self._believable(exchange)
        said = exchange.envelope
        if said.get("code") != Code.OK:
            raise Failed(f"{call.id}应答{said.get('code', '不是约定的格式')} {said.get('message', '')}".strip())
        if exchange.status != 200:
            raise Failed(f"{call.id}成功时HTTP状态应为200，实为{exchange.status}")
        try:
            data = read(call.answer, said.get("data") or {})
        except Refusal as wrong:
            raise Failed(f"{call.id}应答的内容不符合约定：{wrong.message}") from wrong
        self.sent.setdefault(call.id, Sent(call, path, raw, request_id, said))
        return data

    def refused(
        self,
        call: Call,
        body: Mapping[str, Any] | bytes | None,
        *codes: Code,
        letter: Letter = PLAIN,
        request_id: str = "",
        **numbers: str,
    ) -> None:
        """Make a call that must be refused with one of these codes. A caller who is not known need get no signature."""
        if isinstance(body, bytes):
            raw = body
        else:
            raw = b"" if call.body is None else orjson.dumps(write(call.body, body or {}))
        exchange = self._send(call, call.at(**numbers), raw, request_id or self._request_id(call), letter)
        self.must_refuse(call, exchange, *codes)

    def must_refuse(self, call: Call, exchange: Exchange, *codes: Code) -> None:
        if exchange.silent:
            raise Failed(exchange.trouble)
        code = exchange.envelope.get("code")
        wanted = "或".join(str(int(one)) for one in codes)
        if code not in {int(one) for one in codes}:
            said = "已被接受" if code == 0 else f"应答{code if code is not None else '不是约定的格式'}"
            raise Failed(f"{call.id}应拒绝并应答{wanted}，{said}")
        if exchange.status < 400:
            raise Failed(f"{call.id}拒绝时HTTP状态应为4xx，实为{exchange.status}")
        if exchange.trouble and not NOT_KNOWN & set(codes):
            raise Failed(f"拒绝的应答：{exchange.trouble}")

    def raw(self, call: Call, raw: bytes) -> Exchange:
        """Send a body as it is, under a request id of its own."""
        return self._send(call, call.at(), raw, self._request_id(call), PLAIN)

    def again(self, sent: Sent, *, raw: bytes | None = None, request_id: str = "") -> Exchange:
        """Send an accepted call once more, under its request id, with a new stamp."""
        return self._send(sent.call, sent.path, raw or sent.raw, request_id or sent.request_id, PLAIN)

    def at_once(self, call: Call, body: Mapping[str, Any], times: int) -> list[Exchange]:
        """The same call several times at the same moment, under one request id."""
        assert call.body is not None
        raw, request_id, path = orjson.dumps(write(call.body, body)), self._request_id(call), call.at()

        def send(_: int) -> Exchange:
            return self.wire.send(call.method, path, raw, self.wire.stamp(request_id, PLAIN), PLAIN)

        with ThreadPoolExecutor(times) as pool:
            exchanges = list(pool.map(send, range(times)))
        for exchange in exchanges:
            self._note(call, exchange)
        return exchanges

    def twice(self, call: Call, body: Mapping[str, Any]) -> Exchange:
        """Send a request, and then the very same one, stamp and all; the second's exchange."""
        assert call.body is not None
        raw, stamp = orjson.dumps(write(call.body, body)), self.wire.stamp(self._request_id(call), PLAIN)
        for _ in range(2):
            exchange = self.wire.send(call.method, call.at(), raw, stamp, PLAIN)
            self._note(call, exchange)
        return exchange

    def hear(self, call: Call, number: str, count: int = 1) -> list[Heard]:
        """Wait for the callbacks about a number; fails if they do not come in time."""
        until = min(time.monotonic() + self.pace.callback, self.over)
        while True:
            found = self.heard(call, number)
            if len(found) >= count:
                self.proof += [
                    evidence.callback(one.call, dict(one.headers), _wire(call, one.body), "") for one in found
                ]
                return found
            if time.monotonic() > until:
                break
            self.beat()
            time.sleep(POLL)
        wrong = [one for one in self.listen() if one.refused and one.call == call.id]
        self.proof += [evidence.callback(one.call, dict(one.headers), one.body, one.refused) for one in wrong]
        some = f"收到{len(found)}条" if found else "未收到"
        why = f"；收到但已拒绝：{wrong[-1].refused}" if wrong else ""
        raise Failed(f"{self.pace.callback:g}秒内应收到{count}条{call.id}，{some}{why}")

    def heard(self, call: Call, number: str = "") -> list[Heard]:
        """What has come so far and was taken."""
        return [
            one
            for one in self.listen()
            if one.call == call.id and not one.refused and not one.again and number in ("", one.number)
        ]

    def _believable(self, exchange: Exchange) -> None:
        if exchange.trouble:
            raise Failed(exchange.trouble)

    def _send(self, call: Call, path: str, raw: bytes, request_id: str, letter: Letter) -> Exchange:
        exchange = self.wire.send(call.method, path, raw, self.wire.stamp(request_id, letter), letter)
        self._note(call, exchange)
        return exchange

    def _note(self, call: Call, exchange: Exchange) -> None:
        self.proof.append(evidence.of(exchange))
        self.silences = self.silences + 1 if exchange.silent else 0
        if not exchange.silent and exchange.ms > self.pace.answer * 1000:
            self.slow.append((call.id, exchange.ms))

    def _request_id(self, call: Call) -> str:
        return f"{call.id}-{secrets.token_hex(12)}"


def _wire(call: Call, body: Mapping[str, Any]) -> Any:
    return write(call.body, body) if call.body is not None else {}
