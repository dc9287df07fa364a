"""What is to be done later: callbacks and decisions, in each order's own order, sent again until they are answered."""

from __future__ import annotations

import secrets
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from app.partner.card import Card
from app.partner.script import Script
from app.protocol.calls import CALLS
from app.protocol.client import Client, Garbled, Refused, Unreachable

PAUSES = (1, 2, 4, 8, 15, 30, 60)
Act = Callable[[], object]


class Outbox:
    """One thread for each order that has something to do; it ends when there is nothing more."""

    def __init__(self, card: Card, script: Script, said: Callable[[str], None]) -> None:
        self._card, self._script, self._said = card, script, said
        self._lock, self._stopped = threading.Lock(), threading.Event()
        self._lines: dict[tuple[str, str], deque[tuple[float, Act]]] = {}
        self._clients: dict[str, Client] = {}

    def later(self, env: str, subject: str, seconds: float, act: Act) -> None:
        """Do `act` for this order, `seconds` after what was put here before it is done."""
        with self._lock:
            line = self._lines.get((env, subject))
            if line is not None:
                line.append((seconds, act))
                return
            self._lines[env, subject] = deque([(seconds, act)])
        threading.Thread(target=self._work, args=((env, subject),), daemon=True).start()

    def tell(self, env: str, subject: str, call: str, values: Mapping[str, Any]) -> None:
        """Send a callback after the script's delay, under one request id, until it is answered."""
        request_id = secrets.token_hex(12)
        self.later(env, subject, self._script.wait(call), lambda: self._send(env, subject, call, values, request_id))

    def stop(self) -> None:
        self._stopped.set()

    def _work(self, place: tuple[str, str]) -> None:
        while not self._stopped.is_set():
            with self._lock:
                if not self._lines[place]:
                    del self._lines[place]
                    return
                seconds, act = self._lines[place][0]
            self._stopped.wait(seconds)
            try:
                act()
            except Exception as error:
                self._said(f"{place[1]}: {type(error).__name__}: {error}")
            with self._lock:
                self._lines[place].popleft()

    def _send(self, env: str, subject: str, call: str, values: Mapping[str, Any], request_id: str) -> None:
        for attempt in range(1000):
            try:
                self._client(env).call(CALLS[call], values, request_id=request_id, env=env)
            except (Unreachable, Garbled) as failure:
                self._said(f"{subject} {call}: {failure}")
                if self._stopped.wait(PAUSES[min(attempt, len(PAUSES) - 1)]):
                    return
            except Refused as refused:
                self._said(f"{subject} {call}: 被拒绝 / refused {refused}")
                return
            else:
                self._said(f"{subject} {call}: 已发送 / sent")
                return

    def _client(self, env: str) -> Client:
        with self._lock:
            if env not in self._clients:
                self._clients[env] = self._card.client(env)
            return self._clients[env]
