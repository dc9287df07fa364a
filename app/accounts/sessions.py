"""Sessions live in Redis, as msgpack; the browser holds a random id, Redis only that id's hash.

They hold ids, never names. A session that has been deleted is not brought back by a request still on its way.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any

import msgspec
import structlog
from flask import Flask, Request, Response
from flask_session.base import Serializer, ServerSideSession
from flask_session.redis import RedisSessionInterface
from redis import Redis, RedisError

log = structlog.get_logger("sessions")

WITHOUT = ("/static/", "/openapi/", "/livez", "/readyz", "/metrics")


class Session(ServerSideSession):
    """`stored`: it stood in Redis when the request began. `lost`: the browser named one that is gone.
    `unreachable`: Redis did not answer; nothing can be kept."""

    stored = lost = unreachable = False


class Msgpack(Serializer):
    """Nothing but msgpack is ever read, so that who can write to Redis can't run code here."""

    def encode(self, session: ServerSideSession) -> bytes:
        return msgspec.msgpack.encode(dict(session))

    def decode(self, serialized_data: bytes) -> dict[str, Any]:
        return msgspec.msgpack.decode(serialized_data, type=dict[str, Any])


class Sessions(RedisSessionInterface):
    """Opens and keeps the session of every page; static files and machines have none."""

    session_class = Session

    def __init__(self, app: Flask, client: Redis):
        super().__init__(app, client, key_prefix="session:", permanent=False)
        self.serializer = Msgpack()

    def _get_store_id(self, sid: str) -> str:
        return self.key_prefix + hashlib.sha256(sid.encode()).hexdigest()

    def open_session(self, app: Flask, request: Request) -> Session:
        fresh = Session(sid=secrets.token_urlsafe(32))
        sid = request.cookies.get(self.get_cookie_name(app), "")
        if not sid or request.path.startswith(WITHOUT):
            return fresh
        try:
            saved = self._retrieve_session_data(self._get_store_id(sid))
        except RedisError:
            log.exception("redis")
            fresh.unreachable = True
            return fresh
        except msgspec.DecodeError:
            saved = None
        if saved is None:
            fresh.lost = True
            return fresh
        opened = Session(saved, sid=sid)
        opened.stored = True
        return opened

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if not session.unreachable:
            super().save_session(app, session, response)

    def rotate(self, session: Session) -> None:
        """Empty the session and give it a new id: before and after signing in are never the same session."""
        if session.stored:
            self._delete_session(self._get_store_id(session.sid))
        session.sid = secrets.token_urlsafe(32)
        session.stored = session.lost = False
        for name in tuple(session):
            del session[name]
        session.modified = True

    def _upsert_session(self, session_lifetime: timedelta, session: Any, store_id: str) -> None:
        self.client.set(
            store_id, self.serializer.encode(session), ex=int(session_lifetime.total_seconds()), xx=session.stored
        )
