"""The payment page, where the bidder pays in the demo, and the files an institution offers by address."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from app.sandbox import clock
from app.sandbox.institution import money
from app.sandbox.institution.ledger import Row, moment
from app.sandbox.institution.office import Office

CHANNELS = ("企业网银", "对公转账", "扫码支付")


def blueprint(office: Office) -> Blueprint:
    bp = Blueprint("counter", __name__)

    def found(token: str) -> Row:
        order = office.ledger.row("SELECT * FROM orders WHERE token = ?", token)
        if order is None:
            abort(404)
        return order

    def page(order: Row, status: int = 200) -> tuple[str, int]:
        facts: dict[str, Any] = {
            "institution": office.institution(order["institution"]),
            "order_no": order["order_no"],
            "premium": f"{order['premium'] // 100:,}.{order['premium'] % 100:02d}",
            "until": clock.shown(moment(order["pay_until"])),
            "return_url": order["return_url"],
            "channels": CHANNELS,
            "standing": _standing(order),
        }
        return render_template("pay.html", **facts), status

    @bp.get("/pay/<token>")
    def ask(token: str) -> tuple[str, int]:
        return page(found(token))

    @bp.post("/pay/<token>")
    def pay(token: str) -> tuple[str, int] | AnyResponse:
        order = found(token)
        channel = request.form.get("channel") or CHANNELS[0]
        with office.ledger.write() as books:
            order = office.order(books, order["institution"], order["order_no"])
            if _standing(order) == "open":
                money.take(office, books, order, channel=channel if channel in CHANNELS else CHANNELS[0])
            elif _standing(order) != "paid":
                return page(order, 409)
        return redirect(order["return_url"], 303)

    @bp.get("/files/<sm3>.pdf")
    def file(sm3: str) -> Response:
        row = office.ledger.row("SELECT content FROM files WHERE sm3 = ?", sm3)
        if row is None:
            abort(404)
        return Response(row["content"], content_type="application/pdf")

    return bp


def _standing(order: Row) -> str:
    """open, paid, closed or expired."""
    if order["pay_status"] in ("PAID", "REPAID"):
        return "paid"
    if order["pay_status"] == "CLOSED":
        return "closed"
    return "open" if clock.now() < moment(order["pay_until"]) else "expired"
