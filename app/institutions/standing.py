"""An institution 下线 and back: no new orders; guarantees in force and orders under way are served on."""

from app import clock
from app.audit import Actor
from app.institutions.joining import held
from app.institutions.models import InstitutionState
from app.states import move


def take_offline(code: str, reason_code: str, reason: str, *, by: Actor) -> None:
    row = held(code)
    move(row, InstitutionState.OFFLINE, by=by)
    row.reason_code, row.reason = reason_code, reason


def bring_back(code: str, *, by: Actor) -> None:
    row = held(code)
    move(row, InstitutionState.ONLINE, by=by)
    row.reason_code = row.reason = ""
    row.online_since = clock.now()
