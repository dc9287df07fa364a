"""Logins on their way, kept in the visitor's session: each is good once, for ten minutes."""

from flask import session

from app import clock
from app.accounts.oidc import Attempt

MINUTES = 10
AT_ONCE = 5  # tabs somebody may be signing in from


def keep(attempt: Attempt, back: str) -> None:
    waiting = {state: entry for state, entry in session.get("logins", {}).items() if _fresh(entry)}
    for oldest in sorted(waiting, key=lambda state: waiting[state]["at"])[: max(0, len(waiting) - AT_ONCE + 1)]:
        del waiting[oldest]
    waiting[attempt.state] = {"nonce": attempt.nonce, "verifier": attempt.verifier, "back": back, "at": _now()}
    session["logins"] = waiting


def taken(state: str) -> tuple[Attempt | None, str]:
    """The attempt this answer belongs to, and where to go after it; None if it is unknown, used or too old."""
    waiting = dict(session.get("logins", {}))
    entry = waiting.pop(state, None)
    if entry is None:
        return None, ""
    session["logins"] = waiting
    attempt = Attempt(state, entry["nonce"], entry["verifier"]) if _fresh(entry) else None
    return attempt, entry["back"]


def _fresh(entry: dict[str, float]) -> bool:
    return _now() - entry["at"] < MINUTES * 60


def _now() -> int:
    return int(clock.now().timestamp())
