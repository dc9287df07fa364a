"""Who calls: an institution or a trading platform, told by its app id; and the platform's own key."""

from dataclasses import dataclass

from app import clock
from app.audit import Actor
from app.db import db, insert_new, transaction
from app.gateway.models import TradingPlatform
from app.institutions import ApiKey, Institution, InstitutionState, keys
from app.institutions.catalogue import find_app
from app.protocol.calls import INSTITUTION, TRADING
from app.protocol.codes import Code, Refusal
from app.protocol.signing import Algorithm, Key, new_sm2_key

PLATFORM_APP = "PLATFORM"
PLATFORM_KEY = "PLATFORM-1"
ANSWERING = {InstitutionState.ONLINE, InstitutionState.OFFLINE}


@dataclass(frozen=True)
class Caller:
    """`code` is the institution's, "" for a trading platform."""

    app_id: str
    kind: str
    actor: Actor
    code: str = ""


def caller(app_id: str) -> Caller:
    """The party behind a verified app id; raises Refusal if it may not call (now)."""
    institution = find_app(app_id)
    if institution is not None:
        return _institution(institution)
    platform = db.session.get(TradingPlatform, app_id)
    if platform is None:
        raise Refusal(Code.UNKNOWN_APP, known=False)
    return Caller(app_id, TRADING, Actor(f"trading:{app_id}", platform.name))


def _institution(institution: Institution) -> Caller:
    """Offline ones keep serving what they sold."""
    if institution.state not in ANSWERING:
        raise Refusal(Code.INSTITUTION_UNAVAILABLE, "机构尚未上线")
    actor = Actor(f"institution:{institution.code}", institution.name)
    return Caller(institution.app_id, INSTITUTION, actor, institution.code)


def platform_key() -> Key:
    """The platform's SM2 pair: signs answers to callers not known, and calls to institutions that use SM2-SM3."""
    found = keys.valid(PLATFORM_APP)
    if not found:
        _make_platform_key()
        found = keys.valid(PLATFORM_APP)
    return found[0]


def _make_platform_key() -> None:
    made = new_sm2_key(PLATFORM_KEY)
    with transaction():
        insert_new(
            ApiKey,
            app_id=PLATFORM_APP,
            key_id=made.id,
            env="",
            algorithm=Algorithm.SM2_SM3,
            secret=made.secret,
            public=made.public,
            valid_from=clock.now(),
        )
