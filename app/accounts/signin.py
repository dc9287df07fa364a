"""Who is signed in, in this session: since when, in which role, and until when.

The session holds the account's id, the role's code and two times. Polling (`X-Fragment`) is no activity.
"""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import structlog
from flask import current_app, g, request, session

from app import clock
from app.accounts import user
from app.accounts.models import Account, seen
from app.accounts.sessions import WITHOUT, Sessions
from app.db import db

log = structlog.get_logger("signin")

TOUCH = 60  # seconds between two writes of the time last seen
KEPT = ("region", "lang")  # what a visitor chose stays theirs


def begin(account: Account, role: str, *, hint: str = "") -> user.User:
    """Sign in: a new session, whatever was there before."""
    _renew(KEPT)
    now = _seconds()
    session.update(account=account.id, role=role, since=now, seen=now)
    if hint:
        session["hint"] = hint
    g.user = user.of(account, role)
    return g.user


def switch(role: str) -> None:
    """Go on in another role, under a new session id."""
    _renew(tuple(session))
    session["role"] = role
    g.user = user.of(db.session.get(Account, session["account"]), role)  # type: ignore[arg-type]


def end() -> str:
    """Sign out; returns the hint for the platform's own sign-out."""
    hint: str = session.get("hint", "")
    _renew(KEPT)
    g.user = None
    return hint


def load() -> None:
    """Before each request: `g.user`, or None; an idle or too old session is emptied."""
    g.user = None
    g.signed_out = ""
    if request.path.startswith(WITHOUT):
        return
    if getattr(session, "lost", False):
        g.signed_out = "expired"
    account_id = session.get("account")
    if account_id is None:
        return
    now = _seconds()
    config = current_app.config
    if now - session["seen"] > config["IDLE_MINUTES"] * 60:
        _expire("idle")
        return
    if now - session["since"] > config["SESSION_HOURS"] * 3600:
        _expire("old")
        return
    account = seen(account_id)
    if account is None or account.locked or account.left_at is not None or not account.roles:
        _expire("locked")
        return
    if account.sessions_from is not None and session["since"] < account.sessions_from.timestamp():
        _expire("ended")
        return
    g.user = user.of(account, session.get("role"))
    if now - session["seen"] >= TOUCH and "X-Fragment" not in request.headers:
        session["seen"] = now


def _expire(why: str) -> None:
    end()
    session["again"] = True  # the platform asks for the password anew
    g.signed_out = why
    log.info("signed out", why=why)


def lifetime(config: dict[str, Any]) -> timedelta:
    """How long Redis keeps a session nobody uses: a little longer than it is valid, so that we can say why."""
    return timedelta(minutes=config["IDLE_MINUTES"] * 2)


def _seconds() -> int:
    return int(clock.now().timestamp())


def _renew(names: Iterable[str]) -> None:
    kept = {name: session[name] for name in names if name in session}
    sessions: Sessions = current_app.session_interface  # type: ignore[assignment]
    sessions.rotate(session)  # type: ignore[arg-type]
    session.update(kept)
