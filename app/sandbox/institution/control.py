"""For tests and chaos, on loopback only: the books, the manners, the clock."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, abort, jsonify, request
from flask.typing import ResponseReturnValue

from app.sandbox import clock
from app.sandbox.institution import applications
from app.sandbox.institution.behaviour import KINDS, PRESETS, BadRule
from app.sandbox.institution.ledger import BOOKS
from app.sandbox.institution.office import Office


def blueprint(office: Office) -> Blueprint:
    bp = Blueprint("control", __name__)

    @bp.before_request
    def loopback_only() -> None:
        if not (request.remote_addr or "").startswith(("127.", "::1")):
            abort(403)

    @bp.get("/ledger")
    def ledger() -> ResponseReturnValue:
        """orders, payments, guarantees, repayments, applications, chores (all but what is done, or ?chores=all).
        Money in fen."""
        wanted = {name: request.args[name] for name in ("institution", "order_no") if name in request.args}
        where = " AND ".join(["1", *(f"{name} = ?" for name in wanted)])
        books: dict[str, Any] = {}
        for book in BOOKS:
            more = " AND state <> 'done'" if book == "chores" and request.args.get("chores") != "all" else ""
            rows = office.ledger.rows(f"SELECT * FROM {book} WHERE {where}{more} ORDER BY rowid", *wanted.values())  # noqa: S608
            books[book] = [{k: row[k] for k in row.keys() if k not in ("body", "token", "verdict")} for row in rows]  # noqa: SIM118
        return jsonify(books)

    @bp.get("/misbehave")
    def manners() -> ResponseReturnValue:
        return jsonify({"rules": office.manners.all(), "kinds": KINDS, "presets": list(PRESETS)})

    @bp.post("/misbehave")
    def misbehave() -> ResponseReturnValue:
        """{"institution": code or "*", "order_no": optional, "kinds" or "random": …}; {"clear": true} forgets all."""
        said = request.get_json()
        if said.pop("clear", False):
            office.manners.clear()
        institution, order_no = said.pop("institution", "*"), said.pop("order_no", "")
        try:
            office.manners.set(institution, order_no, said)
        except BadRule as error:
            return jsonify({"error": str(error)}), 422
        return jsonify({"rules": office.manners.all()})

    @bp.post("/decide")
    def decide() -> ResponseReturnValue:
        """{"institution", "number"}: the verdict on an application; the reviewer who asks says it at the platform."""
        said = request.get_json()
        with office.ledger.write() as books:
            verdict = applications.conclude(office, books, said["institution"], said["number"])
        return Response(json.dumps(verdict, default=datetime.isoformat), content_type="application/json")

    @bp.post("/clock")
    def move() -> ResponseReturnValue:
        """{"offset": seconds}: chores that become due by it are done."""
        clock.move(float(request.get_json()["offset"]))
        office.posted.set()
        return jsonify({"now": clock.now().isoformat()})

    @bp.get("/livez")
    def alive() -> ResponseReturnValue:
        return jsonify({"ok": True})

    return bp
