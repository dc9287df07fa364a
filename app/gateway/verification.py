"""C4: whether a guarantee is real (保函查验), for everyone who holds its number and code."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from app import institutions, projects
from app.db import db
from app.errors import NotFound
from app.gateway import limits
from app.gateway.door import bp, signed
from app.guarantees import secrets as guarantees
from app.guarantees.models import GuaranteeState
from app.institutions.own_key import platform_key
from app.protocol.calls import C4
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.digests import same
from app.protocol.messages.lots import VerifyQuery
from app.protocol.messages.message import read, write


def verdict(number: str, code: str) -> dict[str, Any]:
    """Before opening only that it exists and its state; a wrong code is as if there were none."""
    try:
        guarantee = guarantees.find(number)
    except NotFound:
        return {"exists": False}
    if not same(guarantee.verify_code, code):
        return {"exists": False}
    state = GuaranteeState(guarantee.state)  # type: ignore[call-arg]
    said: dict[str, Any] = {"exists": True, "status": str(state), "status_text": state.label, "opened": False}
    content = guarantees.content(guarantee)
    lot = projects.get(content.lot_no)
    if lot.opened_at is None:
        return said
    return said | {
        "opened": True,
        "guarantee_no": guarantee.no,
        "institution_name": institutions.get(guarantee.institution).name,
        "bidder_name": content.bidder_name,
        "beneficiary_name": lot.tenderer_name,
        "lot_name": lot.name,
        "amount": content.amount,
        "valid_from": content.begins,
        "valid_to": content.ends,
    }


@bp.get(C4.path, endpoint="c4")
def verify() -> Response:
    """Unsigned questions; the answer carries the platform's own signature."""
    try:
        limits.at_the_door(request.remote_addr or "", "")
        limits.guesses(request.remote_addr or "")
        asked = read(VerifyQuery, _single(request.args))
        said = verdict(asked["guarantee_no"], asked["verify_code"])
        db.session.rollback()
        return signed(platform_key(), None, 200, envelope(data=write(C4.answer, said)))
    except Refusal as refusal:
        answer = signed(platform_key(), None, refusal.status, refusal.envelope())
        if refusal.code is Code.RETRY_LATER:
            answer.headers["Retry-After"] = "1"
        return answer


def _single(arguments: MultiDict[str, str]) -> Mapping[str, str]:
    return {name: arguments[name] for name in arguments}
