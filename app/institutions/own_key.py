"""The platform's own SM2 pair: signs answers to callers not known, and calls to institutions that use SM2-SM3."""

import json
from functools import cache
from pathlib import Path

from flask import current_app

from app import clock
from app.db import insert_new, transaction
from app.errors import Misconfigured
from app.institutions import keys
from app.institutions.keys import ApiKey
from app.protocol.signing import Algorithm, Key, new_sm2_key
from app.protocol.sm2 import public_key_of, read_public_key

PLATFORM_APP = "PLATFORM"
PLATFORM_KEY = "PLATFORM-1"


def platform_key() -> Key:
    """PLATFORM_SM2_KEY_FILE if it is set; else a pair made once and kept sealed in the database."""
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
