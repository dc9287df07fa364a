"""Logins under way, codes and access tokens: short-lived, in memory, each good for one thing."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Kept = TypeVar("Kept")
LOGIN_SECONDS, CODE_SECONDS, TOKEN_SECONDS, SESSION_SECONDS = 1800, 60, 600, 8 * 3600


@dataclass(frozen=True, slots=True)
class Wish:
    """A checked authorization request."""

    redirect_uri: str
    state: str
    nonce: str
    challenge: str
    scopes: frozenset[str]
    acr: str


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody signed in for a wish; `session` names the browser's session here."""

    sub: str
    wish: Wish
    acr: str
    session: str
    at: float = field(default_factory=time.time)


class Shelf(Generic[Kept]):
    """Things kept under a random name for a while; the oldest go when there are too many."""

    def __init__(self, seconds: float, most: int = 5000) -> None:
        self._seconds, self._most = seconds, most
        self._kept: dict[str, tuple[float, Kept]] = {}
        self._lock = threading.Lock()

    def put(self, thing: Kept) -> str:
        name = secrets.token_urlsafe(32)
        with self._lock:
            while len(self._kept) >= self._most:
                del self._kept[next(iter(self._kept))]
            self._kept[name] = (time.monotonic() + self._seconds, thing)
        return name

    def get(self, name: str) -> Kept | None:
        with self._lock:
            return self._valid(self._kept.get(name))

    def take(self, name: str) -> Kept | None:
        """Get it and forget it."""
        with self._lock:
            return self._valid(self._kept.pop(name, None))

    @staticmethod
    def _valid(kept: tuple[float, Kept] | None) -> Kept | None:
        return kept[1] if kept is not None and time.monotonic() < kept[0] else None
