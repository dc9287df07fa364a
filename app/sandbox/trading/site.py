"""The trading platform's page, its answer to C5, and the SMS receiver with its inbox."""

from __future__ import annotations

import hmac
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from flask import Flask, Response, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.protocol import signing
from app.protocol.calls import C5
from app.protocol.canonical import Stamp
from app.protocol.client import Client
from app.protocol.codes import Code, Refusal, envelope
from app.protocol.messages.lots import EligibilityQuestion, Lot
from app.protocol.messages.message import read, write
from app.sandbox import cast, clock, demo
from app.sandbox.demo import Demo
from app.sandbox.trading.board import EVENTS, Board

CATEGORIES = {
    "works": "工程", "goods": "货物", "services": "服务", "survey": "勘察", "design": "设计",
    "procurement": "政府采购", "land": "土地", "mining": "矿业权", "property": "产权",
}  # fmt: skip
_LOOPBACK = ("127.", "::1")
BARRED = {entity["uscc"] for entity in cast.ENTITIES if entity["sub"] == "entity-06"}
"""Who may not bid, to see what the platform does about it."""


def build(config: Demo) -> tuple[Flask, Board]:
    """The application and its board, not started."""
    trading, key = config["trading"], demo.key(config["trading"]["key"])
    platform = config["platform"]
    believed = [key, demo.key(platform["sm2"])]
    client = Client(platform["base_url"], trading["app_id"], key, believed, clock=clock.now)
    board = Board(config.own / "trading.sqlite", client)
    app = Flask(__name__, template_folder="templates", static_folder=str(Path(__file__).parent.parent / "static"))
    door = _Door(key, trading["app_id"])

    @app.get("/livez")
    def alive() -> ResponseReturnValue:
        return jsonify({"ok": True})

    @app.get("/")
    def lots() -> ResponseReturnValue:
        return render_template(
            "lots.html", lots=board.lots(), events=EVENTS, categories=CATEGORIES, regions=cast.PREFECTURES,
            shown=clock.shown, sms=config["sms"]["inbox_url"],
        )  # fmt: skip

    @app.get("/lots.json")
    def lots_json() -> ResponseReturnValue:
        """lot_id, state and what is owed about each; the C1 body as the interface writes it."""
        return jsonify(
            [
                {"lot_id": lot["lot_id"], "state": lot["state"], "owed": lot["owed"], "lot": write(Lot, lot)}
                for lot in board.lots()
            ]
        )

    @app.post("/lots/<lot_id>/events")
    def event(lot_id: str) -> ResponseReturnValue:
        what = request.form.get("event", "")
        if what not in EVENTS or not board.knows(lot_id):
            return "没有这个标段或事件", 404
        board.happen(lot_id, what)
        return redirect("/", 303)

    @app.post(f"{C5.path.replace('{', '<').replace('}', '>')}")
    def eligibility(lot_id: str) -> ResponseReturnValue:
        def judge() -> dict[str, Any]:
            asked = read(EligibilityQuestion, orjson.loads(request.get_data()))
            if not board.knows(lot_id):
                raise Refusal(Code.UNKNOWN, f"没有标段{lot_id}")
            barred = asked["bidder"]["uscc"] in BARRED
            return {"eligible": not barred, "reason": "该投标人处于限制投标期" if barred else None}

        return door.answer(judge)

    @app.post("/sms/send")
    def send_text() -> ResponseReturnValue:
        """{"phone", "text", "key" or Idempotency-Key}: kept for the inbox; a wrong token is 401."""
        if not (request.remote_addr or "").startswith(_LOOPBACK):
            return jsonify({"error": "loopback only"}), 403
        header = request.authorization
        if header is not None and not hmac.compare_digest(header.token or "", config["sms"]["token"]):
            return jsonify({"error": "wrong token"}), 401
        said = request.get_json(silent=True)
        if not isinstance(said, dict) or not all(isinstance(said.get(name), str) for name in ("phone", "text")):
            return jsonify({"error": "phone and text are required"}), 400
        key = request.headers.get("Idempotency-Key") or said.get("key") or said.get("reference")
        board.receive(said["phone"][:30], said["text"][:1000], key[:200] if isinstance(key, str) else None)
        return jsonify({"ok": True})

    @app.get("/sms")
    def inbox() -> ResponseReturnValue:
        phone = request.args.get("phone", "").strip()
        return render_template("texts.html", texts=board.texts(phone), phone=phone, shown=clock.shown)

    @app.get("/sms.json")
    def inbox_json() -> ResponseReturnValue:
        texts = board.texts(request.args.get("phone", ""))
        return jsonify([{**text, "at": text["at"].isoformat()} for text in texts])

    return app, board


class _Door:
    """Verifies the platform's calls and signs the answers; nonces are remembered while the process lives."""

    def __init__(self, key: signing.Key, app_id: str) -> None:
        self._key, self._app_id = key, app_id
        self._nonces: dict[str, datetime] = {}
        self._lock = threading.Lock()

    def answer(self, judge: Any) -> Response:
        asked: Stamp | None = None
        try:
            asked = signing.verify_request(
                method=request.method,
                path=request.path,
                query=request.query_string.decode("ascii", "replace"),
                headers=request.headers,
                body=request.get_data(),
                keys=lambda app_id, _key_id, _env: self._key if app_id == self._app_id else None,
                now=clock.now(),
                remember=self._remember,
            )
            status, body = 200, envelope(data=write(C5.answer, judge()))
        except orjson.JSONDecodeError:
            status, body = 400, envelope(Code.FORMAT, "请求体不是JSON")
        except Refusal as refusal:
            asked = asked or refusal.asked
            status, body = refusal.status, refusal.envelope()
        content = orjson.dumps(body)
        headers = signing.sign_answer(self._key, asked, status, content, clock.now())
        return Response(content, status, headers=headers, content_type="application/json")

    def _remember(self, app_id: str, nonce: str, until: datetime) -> bool:
        with self._lock:
            now = clock.now()
            self._nonces = {known: end for known, end in self._nonces.items() if end > now}
            fresh = nonce not in self._nonces
            self._nonces[nonce] = until
            return fresh
