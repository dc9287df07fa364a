"""The platform's signature on what people take away, and the public keys to check it with.

A signed document is a flat JSON object; what is signed is the object without `signature`, its names in order, without
blanks, in UTF-8: any JSON library writes it. Keys outlive their use: each is kept under its id for ever.
"""

import hmac
import json
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app import clock
from app.db import db, insert_new, transaction
from app.errors import Misconfigured
from app.evidence.models import SigningKey
from app.institutions.own_key import platform_key
from app.protocol.signing import Key
from app.protocol.sm2 import verify
from app.sealing import blind


def key() -> Key:
    """The key to sign with; an edge of its own, where the key is new and is to be kept."""
    found = platform_key()
    kept = db.session.get(SigningKey, found.id)
    db.session.rollback()
    if kept is None:
        with transaction():
            insert_new(
                SigningKey,
                key_id=found.id,
                public=found.public,
                since=clock.now(),
                proof=_proof(found.id, found.public),
            )
    elif kept.public != found.public:
        raise Misconfigured(f"平台密钥已更换而编号 {found.id} 未变：请给新的密钥一个新的编号")
    return found


def signed(with_key: Key, document: Mapping[str, Any]) -> dict[str, Any]:
    whole = {**document, "key_id": with_key.id}
    return {**whole, "signature": with_key.sign(text(whole))}


def text(document: Mapping[str, Any]) -> bytes:
    """What is signed."""
    said = {name: value for name, value in document.items() if name != "signature"}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def wrong(document: Mapping[str, Any]) -> str:
    """Why the document's signature does not hold; "" if it does."""
    return wrong_text(str(document.get("key_id", "")), text(document), str(document.get("signature", "")))


def wrong_text(key_id: str, said: bytes, signature: str) -> str:
    kept = db.session.get(SigningKey, key_id)
    if kept is None:
        return _("签名密钥 %(key)s 不是本平台的密钥", key=key_id)
    if not hmac.compare_digest(kept.proof, _proof(kept.key_id, kept.public)):
        return _("登记的公钥 %(key)s 被改动", key=key_id)
    return "" if verify(kept.public, said, signature) else _("签名无效：内容被改动，或不是本平台签发")


def published() -> list[dict[str, str]]:
    """Every key, the newest first, for whoever checks."""
    keys = db.session.scalars(db.select(SigningKey).order_by(SigningKey.since.desc(), SigningKey.key_id))
    return [
        {
            "key_id": one.key_id,
            "algorithm": "SM2-SM3",
            "public_key": f"04{one.public}",
            "since": clock.local(one.since).isoformat(timespec="seconds"),
        }
        for one in keys
    ]


def _proof(key_id: str, public: str) -> str:
    return blind("signing.key", key_id, public)
