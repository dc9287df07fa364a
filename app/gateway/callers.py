"""Who calls: an institution or a trading platform, told by its app id."""

from dataclasses import dataclass

from app.audit import Actor
from app.db import db
from app.gateway.models import TradingPlatform
from app.institutions import InstitutionState, keys
from app.protocol.calls import INSTITUTION, TRADING
from app.protocol.codes import Code, Refusal
from app.protocol.signing import Key
from app.statements import Statement, rows

ANSWERING = {InstitutionState.ONLINE, InstitutionState.OFFLINE}


@dataclass(frozen=True)
class Caller:
    """`code` is the institution's, "" for a trading platform."""

    app_id: str
    kind: str
    actor: Actor
    code: str = ""


@dataclass(frozen=True)
class Party:
    """An institution, as the door needs it."""

    code: str
    name: str
    state: str


_PARTY = Statement("SELECT code, name, state FROM institution WHERE app_id = :app_id")


def party(app_id: str, key_id: str, env: str) -> tuple[Key | None, Party | None]:
    """The key that a call says it is signed with, and the institution of that app id: one round trip."""
    known, found = rows(
        (keys.FIND, {"app_id": app_id, "key_id": key_id, "env": env}),
        (_PARTY, {"app_id": app_id}),
    )
    return keys.read(known[0]) if known else None, Party(*found[0]) if found else None


def caller(app_id: str, institution: Party | None, *, test: bool = False) -> Caller:
    """The party behind a verified app id; raises Refusal if it may not call (now).

    Offline institutions keep serving what they sold. In the acceptance test one need not be online yet.
    """
    if institution is not None:
        if institution.state not in ANSWERING and not test:
            raise Refusal(Code.INSTITUTION_UNAVAILABLE, "机构尚未上线")
        actor = Actor(f"institution:{institution.code}", institution.name)
        return Caller(app_id, INSTITUTION, actor, institution.code)
    platform = db.session.get(TradingPlatform, app_id)
    if platform is None:
        raise Refusal(Code.UNKNOWN_APP, known=False)
    return Caller(app_id, TRADING, Actor(f"trading:{app_id}", platform.name))
