"""【获取验证码】: asked by the field's script, which counts down in place; without scripts it answers a page."""

from typing import Any

from flask import Blueprint, jsonify, render_template, request

from app.codes import sending
from app.db import retrying, transaction
from app.errors import BadInput, TooMany
from app.web import wants_json

bp = Blueprint("codes", __name__)


@bp.post("/codes")
def send() -> Any:
    """Takes phone and purpose; says after how many seconds another one may be asked for."""
    said = request.get_json(silent=True) if request.is_json else request.form
    if not isinstance(said, dict):
        raise BadInput()
    return asked(str(said.get("phone", "")), str(said.get("purpose", "")))


def asked(phone: str, purpose: str) -> Any:
    """The answer to whoever asked for a code; pages that know the phone themselves give it too."""

    def edge() -> int:
        with transaction():
            return sending.send(phone, purpose=purpose, address=request.remote_addr or "")

    try:
        seconds = retrying(edge)
    except TooMany as often:
        if not wants_json() or "retry_after" not in often.facts:
            raise
        left = int(str(often.facts["retry_after"]))
        return jsonify(code=often.code, message=often.message, retry_after=left), 429, {"Retry-After": str(left)}
    return {"retry_after": seconds} if wants_json() else render_template("codes/sent.html", seconds=seconds)
