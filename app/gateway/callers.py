"""Who calls: an institution or a trading platform, told by its app id."""

from dataclasses import dataclass

from app.audit import Actor
from app.db import db
from app.gateway.models import TradingPlatform
from app.institutions import Institution, InstitutionState
from app.institutions.catalogue import find_app
from app.protocol.calls import INSTITUTION, TRADING
from app.protocol.codes import Code, Refusal

ANSWERING = {InstitutionState.ONLINE, InstitutionState.OFFLINE}


@dataclass(frozen=True)
class Caller:
    """`code` is the institution's, "" for a trading platform."""

    app_id: str
    kind: str
    actor: Actor
    code: str = ""


def caller(app_id: str, *, test: bool = False) -> Caller:
    """The party behind a verified app id; raises Refusal if it may not call (now)."""
    institution = find_app(app_id)
    if institution is not None:
        return _institution(institution, test)
    platform = db.session.get(TradingPlatform, app_id)
    if platform is None:
        raise Refusal(Code.UNKNOWN_APP, known=False)
    return Caller(app_id, TRADING, Actor(f"trading:{app_id}", platform.name))


def _institution(institution: Institution, test: bool) -> Caller:
    """Offline ones keep serving what they sold. In the acceptance test one need not be online yet."""
    if institution.state not in ANSWERING and not test:
        raise Refusal(Code.INSTITUTION_UNAVAILABLE, "机构尚未上线")
    actor = Actor(f"institution:{institution.code}", institution.name)
    return Caller(institution.app_id, INSTITUTION, actor, institution.code)
