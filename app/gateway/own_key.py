"""The platform's SM2 public key, for whoever wants to check what the platform signs."""

from flask import Response, request

from app.db import db
from app.gateway import limits
from app.gateway.door import bp, signed
from app.institutions.own_key import platform_key
from app.protocol.calls import OWN_KEY
from app.protocol.codes import Refusal, envelope


@bp.get(OWN_KEY)
def own_key() -> Response:
    """Unsigned questions; the answer is signed with the very key it tells."""
    key = platform_key()
    db.session.rollback()
    try:
        limits.at_the_door(request.remote_addr or "", "")
        said = {"key_id": key.id, "algorithm": key.algorithm, "public_key": f"04{key.public}"}
        return signed(key, None, 200, envelope(data=said))
    except Refusal as refusal:
        answer = signed(key, None, refusal.status, refusal.envelope())
        answer.headers["Retry-After"] = "1"
        return answer
