"""Who calls: an institution or a trading platform, told by its app id; and the platform's own key."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import current_app

from app import clock
from app.audit import Actor
from app.db import db, insert_new, transaction
from app.errors import Misconfigured
from app.gateway.models import TradingPlatform
from app.institutions import ApiKey, Institution, InstitutionState, keys
from app.institutions.catalogue import find_app
from app.protocol.calls import INSTITUTION, TRADING
from app.protocol.codes import Code, Refusal
from app.protocol.signing import Algorithm, Key, new_sm2_key
from app.protocol.sm2 import public_key_of, read_public_key

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
    """The platform's SM2 pair: signs answers to callers not known, and calls to institutions that use SM2-SM3.

    PLATFORM_SM2_KEY_FILE if it is set; else a pair made once and kept sealed in the database.
    """
    if path := current_app.config["PLATFORM_SM2_KEY_FILE"]:
        return read_key(path)
    found = keys.valid(PLATFORM_APP)
    if not found:
        _make_platform_key()
        found = keys.valid(PLATFORM_APP)
    return found[0]


@cache
def read_key(path: str) -> Key:
    """JSON: key_id, private_key, public_key (hex)."""
    try:
        said = json.loads(Path(path).read_text())
        public = read_public_key(said["public_key"])
        if public_key_of(said["private_key"]) != public:
            raise ValueError("the two keys are no pair")
        return Key(said["key_id"], Algorithm.SM2_SM3, said["private_key"], public)
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise Misconfigured("PLATFORM_SM2_KEY_FILE 应为含 key_id、private_key、public_key 的 JSON 文件") from error


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
