"""The interface, described: OpenAPI documents, and the same as a page an institution's engineer reads."""

from typing import Any

import orjson
from flask import Blueprint, Response, current_app, render_template

from app.gateway.door import bp as door
from app.gateway.door import signed
from app.institutions.own_key import platform_key
from app.protocol import openapi, worked
from app.protocol import reference as spoken
from app.protocol.calls import CALLBACKS, CALLS, INSTITUTION, PLATFORM, TRADING
from app.protocol.codes import Code
from app.protocol.messages.lots import VerifyQuery

bp = Blueprint("reference", __name__, url_prefix="/openapi")
DOCUMENTS = ("openapi.json", "institution.json", "trading.json")
_ADDRESS = CALLBACKS.removesuffix("callbacks/")


@door.get(f"{_ADDRESS}openapi.json")
def openapi_document() -> Response:
    """What the platform serves."""
    return _document(PLATFORM, current_app.config["PUBLIC_URL"])


@door.get(f"{_ADDRESS}institution.json")
def institution_document() -> Response:
    """What the platform asks of institutions."""
    return _document(INSTITUTION)


@door.get(f"{_ADDRESS}trading.json")
def trading_document() -> Response:
    """What the platform asks of the trading platform."""
    return _document(TRADING)


def _document(answerer: str, server: str = "") -> Response:
    return signed(platform_key(), None, 200, orjson.dumps(openapi.document(answerer, server=server)))


@bp.get("/")
def index() -> str:
    return render_template(
        "gateway/reference.html",
        groups=_groups(),
        headers=openapi.HEADERS,
        required=[name for name in openapi.HEADERS if name != "X-Env"],
        codes=[code for code in Code if code],
        parts=_parts(),
        worked=worked.example(),
        worked_secret=worked.SECRET,
        documents=[f"{_ADDRESS}{name}" for name in DOCUMENTS],
        base=current_app.config["PUBLIC_URL"],
    )


def _groups() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for call in CALLS.values():
        found.setdefault(openapi.group_of(call), []).append(
            {
                "call": call,
                "purpose": openapi.purpose(call),
                "signed": call.id not in openapi.OPEN,
                "fields": _rows(VerifyQuery if call.id in openapi.OPEN else call.body),
                "answer": _rows(call.answer),
                "example": _json(spoken.example(call.body)) if call.body else "",
                "answered": _json({"code": 0, "message": "成功", "data": spoken.example(call.answer)}),
                "refusals": openapi.refusals(call),
            }
        )
    return found


def _parts() -> dict[str, list[dict[str, Any]]]:
    """The messages that stand inside others."""
    tops = {message for call in CALLS.values() for message in (call.body, call.answer) if message is not None}
    inner = [one for one in spoken.parts(*sorted(tops, key=lambda one: one.__name__)) if one not in tops]
    again = [one for one in tops if any(one is spoken.part_of(f) for top in tops for _n, f in spoken.fields_of(top))]
    return {one.__name__: _rows(one) for one in sorted({*inner, *again}, key=lambda one: one.__name__)}


def _rows(message: Any) -> list[dict[str, Any]]:
    return [
        {"name": name, "kind": spoken.kind(field), "required": field.required, "text": spoken.said(message, name),
         "part": part.__name__ if (part := spoken.part_of(field)) else ""}
        for name, field in (spoken.fields_of(message) if message is not None else ())
    ]  # fmt: skip


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
