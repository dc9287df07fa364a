"""A12–A14: hear of a lot, give the day's books, say hello; B10."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.partner.books import now
from app.partner.hall import Ask, Hall
from app.protocol.codes import Code, Refusal
from app.protocol.trial import Play, played


def hear(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A12"""
    return {"received_at": now()}


def reconcile(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A13"""
    try:
        day = date.fromisoformat(ask.numbers["date"])
    except ValueError:
        raise Refusal(Code.FORMAT, "日期应如2026-11-23") from None
    return {"date": day, "entries": hall.books.entries(ask.env, day)}


def pong(hall: Hall, ask: Ask) -> dict[str, Any]:
    """A14"""
    echo = ask.body.get("echo")
    if ask.env and played(echo or "") is Play.PRODUCTS:
        hall.outbox.tell(ask.env, echo or "", "B10", {"status": "OPEN", "products": hall.script.products})
    return {"at": now(), "echo": echo, "accepting": True}
